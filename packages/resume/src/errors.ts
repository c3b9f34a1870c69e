// The errors of sessions that outlive their connections.

import { MuxadoError } from "@muxado/core";

/** Returns the error after a record that is none. */
export function brokenBy(detail: string): MuxadoError {
  return new MuxadoError({ code: "PROTOCOL_ERROR", scope: "session", origin: "remote", detail });
}

/** Returns the error when nothing has arrived for some time. */
export function silent(milliseconds: number): Error {
  return new Error(`nothing has arrived for ${milliseconds} ms`);
}

/** Returns the error at the end of a session that has found no other connection. The session gives it a code. */
export function notResumed(detail: string, cause?: unknown): Error {
  return new Error(detail, { cause });
}

/** Returns the error of a handshake that came to nothing. Nothing of a session was sent. */
export function refused(detail: string, cause?: unknown): MuxadoError {
  return new MuxadoError({
    code: "CONNECT_FAILED",
    scope: "session",
    origin: "remote",
    detail,
    cause,
    retry: "safe",
  });
}
