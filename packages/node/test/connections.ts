// Pairs of connections, for tests that compare a stream's Duplex with Node's own sockets.

import { once } from "node:events";
import * as net from "node:net";
import type { Duplex } from "node:stream";
import type { Session, SessionOptions } from "@muxado/core";
import { attach, type DuplexOptions, type StreamDuplex, toDuplex } from "@muxado/node";
import { expect, onTestFinished, vi } from "vitest";
import { duplexPair } from "./duplex-pair.ts";
import { ending, HOST, ignore } from "./peers.ts";

/** The members that programs for sockets use. */
export interface Connection extends Duplex {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly connecting: boolean;
  readonly pending: boolean;
  readonly readyState: string;
  readonly timeout?: number | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly remoteFamily?: string | undefined;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly localFamily?: string | undefined;
  address(): object;
  destroySoon(): void;
  setTimeout(milliseconds: number, callback?: () => void): this;
  setNoDelay(noDelay?: boolean): this;
  setKeepAlive(enable?: boolean, initialDelay?: number): this;
  ref(): this;
  unref(): this;
}

/** Makes two connections that are each other's far end. */
export type ConnectionPair = (options?: {
  readonly allowHalfOpen?: boolean;
}) => Promise<[Connection, Connection]>;

const closings = new WeakMap<Duplex, Promise<void>>();

/** Waits until a watched connection has closed. Returns at once if it already has. */
export function closed(connection: Duplex): Promise<void> {
  return closings.get(connection)!;
}

/** Makes `connection` known to {@link closed}, and ignores its errors here: a test can still listen to them. */
export function watched<Each extends Duplex>(connection: Each): Each {
  const closing = new Promise<void>((done) => void connection.once("close", () => done()));
  closings.set(connection, closing);
  return connection.on("error", ignore);
}

/** Returns two sessions in one process, over the least cooperative transport. */
export function sessionPair(options: SessionOptions = {}): [client: Session, server: Session] {
  const [left, right] = duplexPair();
  return [
    ending(attach(left, { ...options, role: "client" })),
    ending(attach(right, { ...options, role: "server" })),
  ];
}

/** Returns two sessions over a connection of loopback. */
export async function tcpSessions(
  options: SessionOptions = {},
): Promise<[client: Session, server: Session]> {
  const [left, right] = await socketPair();
  return [
    ending(attach(left, { ...options, role: "client" })),
    ending(attach(right, { ...options, role: "server" })),
  ];
}

/** Returns both ends of one stream of `sessions`. */
export async function streamPair(
  options: DuplexOptions = {},
  [client, server] = sessionPair(),
): Promise<[StreamDuplex, StreamDuplex]> {
  const opened = client.open();
  const accepted = await server.accept();
  return [watched(toDuplex(opened, options)), watched(toDuplex(accepted, options))];
}

/** Waits until every stream of `sessions` has ended, on both sides. */
export async function nothingOpen(sessions: readonly Session[]): Promise<void> {
  const open = (): number[] => sessions.map((session) => session.stats().openStreams);
  await vi.waitFor(() => expect(open()).toEqual(sessions.map(() => 0)));
}

/** Returns both ends of one connection of loopback. */
export async function socketPair(
  options: { readonly allowHalfOpen?: boolean } = {},
): Promise<[net.Socket, net.Socket]> {
  const { allowHalfOpen = false } = options;
  const server = net.createServer({ allowHalfOpen }).listen(0, HOST);
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  const left = net.connect({ host: HOST, port, allowHalfOpen });
  const [[right]] = (await Promise.all([once(server, "connection"), once(left, "connect")])) as [
    [net.Socket],
    unknown,
  ];
  server.close();
  for (const socket of [left, right]) {
    watched(socket);
    onTestFinished(() => void socket.destroy());
  }
  return [left, right];
}
