// Answers the question that code above sessions asks after an error: can the present session still be used?

import { MuxadoError } from "../base/errors.ts";
import type { SessionState } from "./shutdown.ts";

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
