// The urgency of a stream's output, and its share of the turns. Both concern only our own sending. They are not sent to
// the peer, which decides about its own sending.

import { checkNumber } from "../base/numbers.ts";

/**
 * When a stream's output is sent, compared with other streams of the session.
 *
 * Urgency is that of RFC 9218, section 4.1: classes that are served strictly in order. Weight is that of RFC 7540,
 * section 5.3.2: inside a class, streams share the transport in proportion to their weights, as long as they have
 * enough to send.
 */
export interface Priority {
  /** 0 to 7; 0 is served first. Default: 3. */
  readonly urgency?: number | undefined;
  /** 1 to 256. Default: 16. */
  readonly weight?: number | undefined;
}

/** The number of urgency classes. */
export const URGENCIES = 8;

const MOST_WEIGHT = 256;

/**
 * Both numbers are packed into one, so that no stream needs an object for them. The urgency is in the bits above the
 * weight.
 */
const SHIFT = 9;

/** The priority of a stream for which none was given. */
export const DEFAULT_PRIORITY: number = (3 << SHIFT) | 16;

/** Returns `priority` as one number. Omitted fields keep their value in `before`. Throws a RangeError. */
export function packPriority(priority: Priority, before: number): number {
  const urgency = checkNumber("urgency", priority.urgency ?? urgencyOf(before), 0, URGENCIES - 1);
  const weight = checkNumber("weight", priority.weight ?? weightOf(before), 1, MOST_WEIGHT);
  return (urgency << SHIFT) | weight;
}

/** Returns the urgency in a packed priority. */
export function urgencyOf(packed: number): number {
  return packed >> SHIFT;
}

/** Returns the weight in a packed priority. */
export function weightOf(packed: number): number {
  return packed & ((1 << SHIFT) - 1);
}
