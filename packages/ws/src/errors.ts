// Turns the closes and errors of a WebSocket into errors of a session. When an open WebSocket ends, the peer or the
// connection to it is always the origin: nothing else can end it.

import { MuxadoError } from "@muxado/core";
import type { WebSocketLike } from "./web-socket.ts";

/** Close codes of an ordinary end: normal, going away (the user leaves the page), and no code given. */
const ENDS: readonly unknown[] = [1000, 1001, 1005];

/**
 * Closes the WebSocket and tells the peer why. The close code is one for applications, because a browser reserves those
 * below 3000; the reason is the name of the error. The wire codes of our own errors are at most 255. The only exception
 * is an error that never ends a session.
 */
export function closeBecause(socket: WebSocketLike, { code, wireCode }: MuxadoError): void {
  socket.close(4000 + (wireCode & 0xff), code);
}

/** Returns the error for a close of the WebSocket; undefined if it is an ordinary end. */
export function closeError(code: number, reason: string): MuxadoError | undefined {
  return ENDS.includes(code) ? undefined : failed("TRANSPORT_FAILED", closure(code, reason));
}

/** Returns an error like the platform's that tells how the WebSocket has closed. */
export function closure(code: number, reason: string): Error {
  const meaning = reason || (code === 1006 ? "the connection was lost" : "");
  const detail = `closed with code ${code}${meaning && `: ${meaning}`}`;
  return Object.assign(new Error(detail), { code, reason });
}

/** The WebSocket has failed or closed before it was open. Nothing was sent. */
export function unopenedError(cause: unknown): MuxadoError {
  return unconnected(messageOf(cause), cause);
}

/** An open WebSocket has failed, and the platform tells why. */
export function transportError(error: unknown): MuxadoError {
  return failed("TRANSPORT_FAILED", error);
}

/** The peer has sent a message that is not binary. */
export function messageError(data: unknown): MuxadoError {
  const kind = typeof data === "string" ? "a text message" : "a message that is no bytes";
  return failed("PROTOCOL_ERROR", new TypeError(`${kind} has come, and muxado is binary`));
}

/** There is no connection. Nothing was sent. */
export function connectError(url: string | URL, cause: unknown): MuxadoError {
  // Keeps only host and path, because messages are logged and the parts around them may contain tokens. `url` need not
  // be a whole URL.
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
