// Whether work that was begun on a stream may safely be done again. Spec §8.3.

import type { Failure, RetryVerdict } from "../base/errors.ts";

/** A stream, as far as its work may be done again. */
interface Retriable {
  /** Opened here. */
  readonly isLocal: boolean;
  /** The peer has never been told of it. */
  readonly unsent: boolean;
  /** A frame of the peer's has come on it. */
  readonly heard: boolean;
}

/** Safe is only what is proved to be safe. An answer on the stream proves the contrary. */
export function verdictOn(stream: Retriable, failure: Failure): RetryVerdict {
  if (!stream.isLocal) return "unknown";
  if (stream.unsent) return "safe";
  if (stream.heard) return "unsafe";
  return failure.unprocessed ? "safe" : "unknown";
}
