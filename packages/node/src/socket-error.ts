// Errors of streams as errors of sockets: with the codes by which programs decide whether to try again. And back: what a
// peer is told of a connection that its program has destroyed.

import { MuxadoError, type MuxadoErrorCode, type ResetCode } from "@muxado/core";

/** Codes that say that nothing was done with the stream, or that there was nobody to do it. */
const REFUSED: ReadonlySet<MuxadoErrorCode> = new Set<MuxadoErrorCode>([
  "ACCEPT_QUEUE_FULL",
  "CONNECT_FAILED",
  "REMOTE_GONE_AWAY",
  "STREAM_LIMIT",
  "STREAM_REFUSED",
  "STREAMS_EXHAUSTED",
]);

/** Codes that say that the peer, or the way to it, was silent for too long. */
const TIMED_OUT: ReadonlySet<MuxadoErrorCode> = new Set<MuxadoErrorCode>([
  "DRAIN_TIMEOUT",
  "HEARTBEAT_TIMEOUT",
  "WRITE_TIMEOUT",
]);

/**
 * `error` as programs know it of a socket: with ECONNREFUSED, ETIMEDOUT, EPIPE or ECONNRESET as its `code`, and itself as
 * the `cause`. What is no error of a stream stays as it is.
 */
export function socketError(error: unknown): Error {
  if (!MuxadoError.is(error)) return error as Error;
  return withCode(codeOf(error.code), error);
}

/** There is no stream for a connection, because of `reason`: nothing was sent. */
export function refusedError(reason: unknown): Error {
  return withCode("ECONNREFUSED", reason);
}

/** A write was under way when its connection was destroyed. */
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

/** Whether the peer has lost interest, and nothing has failed. */
export function isCancelled(error: unknown): boolean {
  return MuxadoError.is(error) && error.code === "STREAM_CANCELLED" && error.origin === "remote";
}

/** Whether a program takes its leave of a connection, such as one that has been idle for long. */
export function isGoodbye({ code }: Error & { code?: unknown }): boolean {
  return GOODBYE.has(code);
}

/** Codes of undici's with which it destroys connections that it does not need any more. */
const GOODBYE: ReadonlySet<unknown> = new Set([
  "UND_ERR_CLOSED",
  "UND_ERR_DESTROYED",
  "UND_ERR_INFO",
]);

/** The code for the peer when a program destroys its connection with `error`. A program that lost interest has not failed. */
export function resetCodeFor(error: (Error & { code?: unknown }) | null): ResetCode {
  const isGone = error === null || error.name === "AbortError" || GONE.has(error.code);
  return isGone ? "STREAM_CANCELLED" : "INTERNAL_ERROR";
}

/** Codes that say that somebody has gone: the program, or the other end of a pipeline. */
const GONE: ReadonlySet<unknown> = new Set([
  ...GOODBYE,
  "ABORT_ERR",
  "ECONNRESET",
  "EPIPE",
  "ERR_STREAM_PREMATURE_CLOSE",
  "UND_ERR_ABORTED",
  "UND_ERR_SOCKET",
]);
