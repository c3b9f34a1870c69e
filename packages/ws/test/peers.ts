// Peers for tests. All use free ports of loopback, and all are gone when the test ends.

import { once } from "node:events";
import * as net from "node:net";
import type { Session, Stream } from "@muxado/core";
import {
  createServer,
  type Server,
  type ServerOptions,
  type SessionHandler,
} from "@muxado/ws/server";
import { onTestFinished } from "vitest";
import { type ClientOptions, WebSocket, WebSocketServer } from "ws";

export const HOST = "127.0.0.1";

/** A server of sessions that listens. */
export async function serve(
  options: ServerOptions,
  onSession: SessionHandler,
): Promise<{ server: Server; port: number; url: string }> {
  const server = createServer(options, onSession);
  onTestFinished(() => server.close({ timeout: 0 }));
  await server.listen({ host: HOST, port: 0 });
  return { server, port: server.port!, url: `ws://${HOST}:${server.port}/` };
}

/** Starts a server of bare WebSockets. Returns its URL. */
export async function serveSockets(
  onSocket: (socket: WebSocket) => void,
  options: object = {},
): Promise<string> {
  const server = new WebSocketServer({ host: HOST, port: 0, ...options });
  onTestFinished(() => {
    server.close();
    for (const socket of server.clients) socket.terminate();
  });
  server.on("connection", (socket) => onSocket(socket.on("error", ignore)));
  await once(server, "listening");
  return `ws://${HOST}:${(server.address() as net.AddressInfo).port}/`;
}

/** Starts a server of bare connections. Returns its URL. */
export async function serveTcp(onSocket: (socket: net.Socket) => void): Promise<string> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket.on("error", ignore));
    onSocket(socket);
  });
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  server.listen(0, HOST);
  await once(server, "listening");
  return `ws://${HOST}:${(server.address() as net.AddressInfo).port}/`;
}

/** Returns a bare WebSocket, open or not. */
export function socketTo(url: string, options: ClientOptions = {}): WebSocket {
  const socket = new WebSocket(url, "muxado", { perMessageDeflate: false, ...options });
  onTestFinished(() => socket.terminate());
  return socket.on("error", ignore);
}

/** Returns a bare WebSocket that is open. */
export async function dial(url: string, options: ClientOptions = {}): Promise<WebSocket> {
  const socket = socketTo(url, options);
  await once(socket, "open");
  return socket;
}

/** Returns two bare WebSockets that are each other's peers: the client's and the server's. */
export async function socketPair(options: object = {}): Promise<[WebSocket, WebSocket]> {
  const accepted = deferred<WebSocket>();
  const url = await serveSockets(accepted.resolve, options);
  return [await dial(url, options), await accepted.promise];
}

/** Returns the code and the reason of the close of `socket`. */
export async function closeOf(socket: WebSocket): Promise<[code: number, reason: string]> {
  const [code, reason] = (await once(socket, "close")) as [number, Buffer];
  return [code, reason.toString()];
}

/** Ends `session` at once when the test ends. */
export function ending(session: Session): Session {
  onTestFinished(() => session.destroy());
  return session;
}

/** Sends back all bytes, on every stream. */
export async function echo(session: Session): Promise<void> {
  for await (const stream of session) stream.readable.pipeTo(stream.writable).catch(ignore);
}

/** Sends `text` on a new stream. Returns all that comes back until the end. */
export async function ask(session: Session, text: string): Promise<string> {
  const stream = session.open();
  const reply = new Response(stream.readable).text();
  reply.catch(ignore);
  await stream.write(Buffer.from(text));
  await stream.closeWrite();
  return reply;
}

/** Returns everything up to the end. */
export async function readAll(stream: Stream): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A promise, and the functions that settle it. */
export function deferred<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

export function ignore(): void {}
