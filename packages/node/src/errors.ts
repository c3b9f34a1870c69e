// Node's errors, as errors of a session. The only place that knows codes of the system's and of TLS; the
// cause is always kept.

import type { TLSSocket } from "node:tls";
import { MuxadoError } from "@muxado/core";

/** Codes by which the system says that the peer, or the way to it, is gone. */
const PEER_GONE: ReadonlySet<string> = new Set([
  "ECONNABORTED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPIPE",
  "ETIMEDOUT",
]);

/** OpenSSL's name for an alert of the peer's, such as ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED. */
const PEER_ALERT = /^ERR_SSL_.*_ALERT_/;

/** A connection that was open has failed. */
export function transportError(error: unknown): MuxadoError {
  const code = String((error as NodeJS.ErrnoException | undefined)?.code);
  return new MuxadoError({
    code: "TRANSPORT_FAILED",
    scope: "session",
    origin: PEER_GONE.has(code) || PEER_ALERT.test(code) ? "remote" : "local",
    detail: messageOf(error),
    cause: error,
  });
}

/** A connection could not be made; certificate and handshake errors among the causes. Nothing was sent. */
export function connectError(error: unknown, target?: string): MuxadoError {
  // With several addresses to try, Node reports one error with no message of its own.
  const errors = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
  const what = errors.map(messageOf).join("; ");
  return new MuxadoError({
    code: "CONNECT_FAILED",
    scope: "session",
    origin: "local",
    detail: target === undefined ? what : `${target}: ${what}`,
    retry: "safe",
    cause: error,
  });
}

/** A client could not complete its TLS handshake with a server. */
export function handshakeError(error: Error, socket: TLSSocket): Error {
  // Node hangs up on a certificate that it does not trust, and then reports no more than the hang-up.
  const { authorizationError } = socket;
  if (!authorizationError) return error;
  return new Error(`client certificate refused: ${String(authorizationError)}`, { cause: error });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
