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
export function transportError(error: Error): MuxadoError {
  const { code = "" } = error as NodeJS.ErrnoException;
  return new MuxadoError({
    code: "TRANSPORT_FAILED",
    scope: "session",
    origin: PEER_GONE.has(code) || PEER_ALERT.test(code) ? "remote" : "local",
    detail: error.message,
    cause: error,
  });
}

/** A connection could not be made; certificate and handshake errors among the causes. Nothing was sent. */
export function connectError(target: string, error: Error): MuxadoError {
  // With several addresses to try, Node reports one error with no message of its own.
  const errors = error instanceof AggregateError ? (error.errors as Error[]) : [error];
  const detail = `${target}: ${errors.map(({ message }) => message).join("; ")}`;
  return new MuxadoError({
    code: "CONNECT_FAILED",
    scope: "session",
    origin: "local",
    detail,
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
