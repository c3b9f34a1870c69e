// Answers two questions after a failure: may the work of a stream safely be done again (spec §8.3), and does it need
// another session?

import { type Failure, MuxadoError, type RetryVerdict, streamError } from "../base/errors.ts";
import type { SessionState } from "./session-end.ts";

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
function verdictOn(stream: Retriable, failure: Failure): RetryVerdict {
  if (!stream.isLocal) return "unknown";
  if (stream.unsent) return "safe";
  if (stream.heardAt >= 0) return "unsafe";
  return failure.unprocessed ? "safe" : "unknown";
}

/** Returns `failure` as an error of the stream with this id. */
export function errorOf(
  stream: Retriable & { readonly id: number },
  failure: Failure,
): MuxadoError {
  return streamError(failure, stream.id, verdictOn(stream, failure));
}

/** Causes of causes that are looked at. An error may be its own cause. */
const DEEPEST = 16;

/**
 * Returns whether new streams need another session.
 *
 * @param value a session, or an error that was caught. An error counts if it says that its session opens no more
 * streams; if it is no MuxadoError, the errors that caused it are looked at. Every other value returns false, such as
 * an error of a single stream.
 */
export function needsNewSession(value: unknown): boolean {
  const error = muxadoErrorIn(value);
  if (error !== undefined) {
    const { scope, code } = error;
    return scope === "session" ? code !== "STREAM_LIMIT" : code === "REMOTE_GONE_AWAY";
  }
  const { state } = Object(value) as { state?: SessionState };
  return state === "draining" || state === "ended";
}

/** Returns `value`, or the error that caused it, if it is a MuxadoError. */
function muxadoErrorIn(value: unknown): MuxadoError | undefined {
  let found = value;
  for (let depth = 0; depth < DEEPEST && found instanceof Error; depth++) {
    if (MuxadoError.is(found)) return found;
    found = found.cause;
  }
  return undefined;
}
