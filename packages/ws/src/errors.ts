// How WebSockets close and fail, as errors of a session. Whatever ends one that is open is the peer, or the way
// to it: nothing else can.

import { MuxadoError } from "@muxado/core";
import type { WebSocketLike } from "./web-socket.ts";

/** Close codes by which nothing has gone wrong: normal, going away (a page that is left), and none given. */
const ENDS: readonly unknown[] = [1000, 1001, 1005];

/**
 * Says why a session ends: with an application's own code, since a browser leaves those below 3000 to itself, and the
 * name of the error. No error of ours has a number above 255 but one, which never ends a session.
 */
export function closeBecause(socket: WebSocketLike, { code, wireCode }: MuxadoError): void {
  socket.close(4000 + (wireCode & 0xff), code);
}

/** The WebSocket has closed: the error that this is; undefined if it is an ordinary end. */
export function closeError(code: number, reason: string): MuxadoError | undefined {
  return ENDS.includes(code) ? undefined : failed("TRANSPORT_FAILED", closure(code, reason));
}

/** How a WebSocket has closed, as an error of the platform's. */
export function closure(code: number, reason: string): Error {
  const meaning = reason || (code === 1006 ? "the connection was lost" : "");
  const detail = `closed with code ${code}${meaning && `: ${meaning}`}`;
  return Object.assign(new Error(detail), { code, reason });
}

/** A WebSocket has failed, or closed, before it was open. Nothing was sent. */
export function unopenedError(cause: unknown): MuxadoError {
  return unconnected(messageOf(cause), cause);
}

/** An open WebSocket has failed, and the platform says how. */
export function transportError(error: unknown): MuxadoError {
  return failed("TRANSPORT_FAILED", error);
}

/** The peer has sent what is not binary. */
export function messageError(data: unknown): MuxadoError {
  const kind = typeof data === "string" ? "a text message" : "a message that is no bytes";
  return failed("PROTOCOL_ERROR", new TypeError(`${kind} has come, and muxado is binary`));
}

/** No connection. Nothing was sent. */
export function connectError(url: string | URL, cause: unknown): MuxadoError {
  // The host and the path: tokens are before and behind them, and messages are logged. It need not be a whole URL.
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
