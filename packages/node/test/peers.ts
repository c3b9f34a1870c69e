// Peers for tests. All use free ports of loopback, and all are gone when the test ends.

import { once } from "node:events";
import * as net from "node:net";
import type { Session } from "@muxado/core";
import {
  createServer,
  type ListenOptions,
  type Server,
  type ServerOptions,
  type SessionHandler,
} from "@muxado/node";
import { onTestFinished } from "vitest";

export const HOST = "127.0.0.1";

/** Starts a server of sessions, by default on a free port. Returns the server with its port. */
export async function serve(
  options: ServerOptions,
  onSession: SessionHandler,
  where: ListenOptions = { host: HOST, port: 0 },
): Promise<{ server: Server; port: number }> {
  const server = createServer(options, onSession);
  onTestFinished(() => server.close({ timeout: 0 }));
  await server.listen(where);
  return { server, port: server.port ?? 0 };
}

/** Starts a server of bare connections. */
export async function serveSockets(onSocket: (socket: net.Socket) => void): Promise<number> {
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
  return (server.address() as net.AddressInfo).port;
}

/** Returns a port of loopback that nobody listens on. */
export async function closedPort(): Promise<number> {
  const server = net.createServer().listen(0, HOST);
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Returns a bare connection. */
export async function dialSocket(port: number): Promise<net.Socket> {
  const socket = net.connect(port, HOST).on("error", ignore);
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** Ends `session` at once when the test ends. */
export function ending(session: Session): Session {
  onTestFinished(() => session.destroy());
  return session;
}

/** Sends back all bytes, on every stream. */
export async function echo(session: Session): Promise<void> {
  for await (const stream of session) {
    stream.readable.pipeTo(stream.writable).catch(ignore);
  }
}

/** Sends `text` on a new stream. Returns all that comes back until the end. */
export async function ask(session: Session, text: string): Promise<string> {
  const stream = session.open();
  await stream.write(Buffer.from(text));
  await stream.closeWrite();
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** A promise, and the function that resolves it. */
export function deferred<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

export function ignore(): void {}
