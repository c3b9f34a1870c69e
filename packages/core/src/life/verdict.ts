// Decides whether the work of a stream may safely be done again. Spec §8.3.

import type { Failure, RetryVerdict } from "../base/errors.ts";

/** The part of a stream that this decision uses. */
interface Retriable {
  /** True if this side opened it. */
  readonly isLocal: boolean;
  /** True if the peer has never been told of it. */
  readonly unsent: boolean;
  /** When a frame of the peer last arrived on it; negative if none has. */
  readonly heardAt: number;
}

/**
 * Returns whether it is safe to do the work of `stream` again. `safe` needs a proof. A frame of the peer on the stream
 * proves the contrary.
 */
export function verdictOn(stream: Retriable, failure: Failure): RetryVerdict {
  if (!stream.isLocal) return "unknown";
  if (stream.unsent) return "safe";
  if (stream.heardAt >= 0) return "unsafe";
  return failure.unprocessed ? "safe" : "unknown";
}
