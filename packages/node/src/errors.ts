// Turns Node's errors into errors of a session. Only this file knows the error codes of the system and of TLS. The
// original error always becomes the cause.

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

/** Returns the error of an open connection that has failed. */
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

/**
 * Returns the error of a connection that could not be established. `error` may also concern a certificate or a
 * handshake. Nothing was sent.
 */
export function connectError(error: unknown, target?: string): MuxadoError {
  // When Node has tried several addresses, it reports one error that has no message.
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

/** Returns the error of a client that could not complete its TLS handshake with a server. */
export function handshakeError(error: Error, socket: TLSSocket): Error {
  // If Node does not trust a certificate, it closes the connection, and its error says only that the connection was
  // closed.
  const { authorizationError } = socket;
  if (!authorizationError) return error;
  return new Error(`client certificate refused: ${String(authorizationError)}`, { cause: error });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
