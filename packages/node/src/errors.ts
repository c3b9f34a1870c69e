// Turns Node's errors into errors of a session. Only this file knows the error codes of the system and of TLS. The
// original error is always kept as the cause.

import type { TLSSocket } from "node:tls";
import { MuxadoError } from "@muxado/core";

/** System codes that mean that the peer, or the network to it, is gone. */
const PEER_GONE: ReadonlySet<string> = new Set([
  "ECONNABORTED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPIPE",
  "ETIMEDOUT",
]);

/** OpenSSL's name for an alert from the peer, such as ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED. */
const PEER_ALERT = /^ERR_SSL_.*_ALERT_/;

/** An open connection has failed. */
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

/** The connection could not be made; `error` may also be one of a certificate or a handshake. Nothing was sent. */
export function connectError(error: unknown, target?: string): MuxadoError {
  // When Node has tried several addresses, it reports one error without a message of its own.
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
  // Node closes the connection if it does not trust a certificate, and then reports only that the connection was
  // closed.
  const { authorizationError } = socket;
  if (!authorizationError) return error;
  return new Error(`client certificate refused: ${String(authorizationError)}`, { cause: error });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
