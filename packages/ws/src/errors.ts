// Turns the closes and errors of a WebSocket into errors of a session. When an open WebSocket ends, the origin is
// always `remote`, because only the peer or the connection to it can end it.

import { MuxadoError } from "@muxado/core";
import type { WebSocketLike } from "./web-socket.ts";

/**
 * Close codes of an ordinary end: a normal end, a peer that goes away (for example, the user leaves the page), and a
 * close without a code.
 */
const ENDS: readonly unknown[] = [1000, 1001, 1005];

/**
 * Closes the WebSocket and tells the peer why. The close code is one for applications, because a browser does not let a
 * page use codes below 3000. The close reason is the name of the error. The wire codes of our own errors fit into eight
 * bits, except that of an error that never ends a session.
 */
export function closeBecause(socket: WebSocketLike, { code, wireCode }: MuxadoError): void {
  socket.close(4000 + (wireCode & 0xff), code);
}

/** Returns the error for a close of the WebSocket; undefined if it is an ordinary end. */
export function closeError(code: number, reason: string): MuxadoError | undefined {
  return ENDS.includes(code) ? undefined : failed("TRANSPORT_FAILED", closure(code, reason));
}

/** Returns an error that describes how the WebSocket has closed, in the form of an error of the platform. */
export function closure(code: number, reason: string): Error {
  const meaning = reason || (code === 1006 ? "the connection was lost" : "");
  const detail = `closed with code ${code}${meaning && `: ${meaning}`}`;
  return Object.assign(new Error(detail), { code, reason });
}

/** Returns the error of a WebSocket that has failed or closed before it was open. Nothing was sent. */
export function unopenedError(cause: unknown): MuxadoError {
  return unconnected(messageOf(cause), cause);
}

/** Returns the error of an open WebSocket that has failed for a known reason. */
export function transportError(error: unknown): MuxadoError {
  return failed("TRANSPORT_FAILED", error);
}

/** Returns the error of a session whose peer has sent a message that is not binary. */
export function messageError(data: unknown): MuxadoError {
  const kind = typeof data === "string" ? "a text message" : "a message that is not bytes";
  return failed("PROTOCOL_ERROR", new TypeError(`${kind} has arrived, but muxado is binary`));
}

/** Returns the error of a connection that could not be established. Nothing was sent. */
export function connectError(url: string | URL, cause: unknown): MuxadoError {
  // The message keeps only host and path of the URL, because messages are logged and the other parts may contain
  // tokens. `url` may be a relative URL.
  const where = `${url}`.replace(/[?#].*/s, "").replace(/^\w+:\/\/([^/@]*@)?/, "");
  return unconnected(`${where}: ${messageOf(cause)}`, cause);
}

function unconnected(detail: string, cause: unknown): MuxadoError {
  const [code, scope, origin, retry] = ["CONNECT_FAILED", "session", "local", "safe"] as const;
  return new MuxadoError({ code, scope, origin, detail, retry, cause });
}

function failed(code: "TRANSPORT_FAILED" | "PROTOCOL_ERROR", cause: unknown): MuxadoError {
  const detail = messageOf(cause);
  return new MuxadoError({ code, scope: "session", origin: "remote", detail, cause });
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
