// How urgent a stream's output is, and how much of a turn it gets: a matter of our own sending. The wire says
// nothing of it, so the peer's sending is the peer's affair.

import { checkNumber } from "../base/numbers.ts";

/**
 * When a stream's output leaves, compared with that of other streams of the session.
 *
 * Urgency is that of RFC 9218, section 4.1: classes that are served strictly in order. Weight is that of RFC 7540,
 * section 5.3.2: inside a class, streams that have more to send than they may share the transport in proportion.
 */
export interface Priority {
  /** 0 to 7; 0 is served first. Default: 3. */
  readonly urgency?: number | undefined;
  /** 1 to 256. Default: 16. */
  readonly weight?: number | undefined;
}

/** The classes of urgency. */
export const URGENCIES = 8;

const MOST_WEIGHT = 256;

/** Both numbers in one, so that a stream needs no object for what few streams have: the urgency above the weight. */
const SHIFT = 9;

/** The priority of a stream that was given none. */
export const DEFAULT_PRIORITY: number = (3 << SHIFT) | 16;

/** `priority` as one number; what it leaves out stays as it is in `before`. Throws a RangeError. */
export function packPriority(priority: Priority, before: number): number {
  const urgency = checkNumber("urgency", priority.urgency ?? urgencyOf(before), 0, URGENCIES - 1);
  const weight = checkNumber("weight", priority.weight ?? weightOf(before), 1, MOST_WEIGHT);
  return (urgency << SHIFT) | weight;
}

/** The urgency in a packed priority. */
export function urgencyOf(packed: number): number {
  return packed >> SHIFT;
}

/** The weight in a packed priority. */
export function weightOf(packed: number): number {
  return packed & ((1 << SHIFT) - 1);
}
