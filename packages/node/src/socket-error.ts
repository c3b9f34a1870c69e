// Turns errors of streams into errors of sockets, with the codes by which programs decide whether to try again. It also
// chooses the reset code for a connection that a program has destroyed.

import { MuxadoError, type MuxadoErrorCode, type ResetCode } from "@muxado/core";

/** Codes which mean that the peer did nothing with the stream, or that there was no peer. */
const REFUSED: ReadonlySet<MuxadoErrorCode> = new Set<MuxadoErrorCode>([
  "ACCEPT_QUEUE_FULL",
  "CONNECT_FAILED",
  "REMOTE_GONE_AWAY",
  "STREAM_LIMIT",
  "STREAM_REFUSED",
  "STREAMS_EXHAUSTED",
]);

/** Codes which mean that the peer, or the network to it, was silent for too long. */
const TIMED_OUT: ReadonlySet<MuxadoErrorCode> = new Set<MuxadoErrorCode>([
  "DRAIN_TIMEOUT",
  "HEARTBEAT_TIMEOUT",
  "WRITE_TIMEOUT",
]);

/**
 * Returns `error` as programs know it from a socket. Its `code` is ECONNREFUSED, ETIMEDOUT, EPIPE or ECONNRESET, and
 * its `cause` is the original error. An error that is not a MuxadoError is returned unchanged.
 */
export function socketError(error: unknown): Error {
  if (!MuxadoError.is(error)) return error as Error;
  return withCode(codeOf(error.code), error);
}

/** Returns the error for a connection without a stream. `reason` explains why there is none. Nothing was sent. */
export function refusedError(reason: unknown): Error {
  return withCode("ECONNREFUSED", reason);
}

/** Returns the error for a write that was under way when its connection was destroyed. */
export function destroyedError(): Error {
  return socketError(
    new MuxadoError({
      code: "STREAM_CANCELLED",
      scope: "stream",
      origin: "local",
      detail: "its Duplex was destroyed",
    }),
  );
}

function codeOf(code: MuxadoErrorCode): string {
  if (REFUSED.has(code)) return "ECONNREFUSED";
  if (TIMED_OUT.has(code)) return "ETIMEDOUT";
  return code === "STREAM_CLOSED" ? "EPIPE" : "ECONNRESET";
}

function withCode(code: string, cause: unknown): Error {
  const message = cause instanceof Error ? cause.message : String(cause);
  return Object.assign(new Error(`${code}: ${message}`, { cause }), { code });
}

/** Returns whether the peer has cancelled the stream. In this case nothing has failed. */
export function isCancelled(error: unknown): boolean {
  return MuxadoError.is(error) && error.code === "STREAM_CANCELLED" && error.origin === "remote";
}

/**
 * Returns whether a program destroys a connection with this error because it does not need it any more, for example
 * after a long idle time.
 */
export function isGoodbye({ code }: Error & { code?: unknown }): boolean {
  return GOODBYE.has(code);
}

/** The codes with which undici destroys connections that it does not need any more. */
const GOODBYE: ReadonlySet<unknown> = new Set([
  "UND_ERR_CLOSED",
  "UND_ERR_DESTROYED",
  "UND_ERR_INFO",
]);

/**
 * Returns the reset code for a program that destroys its connection with `error`. If a program only cancels its work,
 * the code does not report a failure.
 */
export function resetCodeFor(error: (Error & { code?: unknown }) | null): ResetCode {
  const isGone = error === null || error.name === "AbortError" || GONE.has(error.code);
  return isGone ? "STREAM_CANCELLED" : "INTERNAL_ERROR";
}

/** Codes which mean that the program needs no answer any more, or that the other end of a pipeline is gone. */
const GONE: ReadonlySet<unknown> = new Set([
  ...GOODBYE,
  "ABORT_ERR",
  "ECONNRESET",
  "EPIPE",
  "ERR_STREAM_PREMATURE_CLOSE",
  "UND_ERR_ABORTED",
  "UND_ERR_SOCKET",
]);
