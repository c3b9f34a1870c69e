// Raw TCP over node:net, the bar that no multiplexer can pass. One connection carries messages of a known length in
// both directions, and one connection carries a bulk transfer, whatever the number of streams. With one buffer for all
// reads the bar is higher.

import type * as net from "node:net";
import { MESSAGE_LENGTH, MessageReader, replyTo } from "../payload.ts";
import type { Connection, NodePeer } from "../peer.ts";
import { EchoPool, pooled } from "./echo-pool.ts";
import { intoOneBuffer, oneBuffer, replace } from "./one-buffer.ts";
import { connectTcp, listenTcp, tcpConnections } from "./tcp-connections.ts";
import { serveUnits, UnitConnection } from "./tcp-units.ts";

export const tcp: NodePeer = {
  name: "tcp",
  description:
    "node:net, one connection: 72 bytes or an echo back and forth; bulk; in mixed, a request behind each 256 KiB",
  idleStreams: 0,
  multiplexes: false,
  supports: ({ kind, streams }) =>
    kind === "bulk" || kind === "mixed" || ((kind === "open" || kind === "echo") && streams === 1),
  serve(kind) {
    if (kind === "mixed") return serveUnits();
    return kind === "open" ? listenTcp(pong) : tcpConnections.serve(kind);
  },
  async connect(port, kind) {
    if (kind === "mixed") return UnitConnection.to(port);
    if (kind === "echo") {
      return new EchoPool(async (receive) => (await connectTcp(port)).on("data", receive));
    }
    return new TcpConnection(await connectTcp(port), port);
  },
};

/** The bar of raw TCP for echoes over several streams. */
export const tcpPool: NodePeer = pooled(tcp, "node:net");

export const tcpOnread: NodePeer = oneBuffer(
  {
    dial: (port, receive) => connectTcp(port, intoOneBuffer(receive)),
    listen: (startsOn) =>
      listenTcp((socket) => replace(socket, startsOn), { pauseOnConnect: true }),
  },
  {
    name: "tcp-onread",
    description: "node:net as tcp, but each socket reads into one buffer of 64 KiB: onread",
  },
);

/** The length of the smallest header of a multiplexer, in bytes. With it, a message is as long as a frame. */
const HEADER_LENGTH = 8;
const FRAME_LENGTH = HEADER_LENGTH + MESSAGE_LENGTH;

function pong(socket: net.Socket): void {
  onEachFrame(socket, (body) => socket.write(framed(replyTo(body))));
}

class TcpConnection implements Connection {
  readonly #socket: net.Socket;
  readonly #port: number;
  #answered: (reply: Uint8Array) => void = () => {};

  constructor(socket: net.Socket, port: number) {
    this.#socket = socket;
    this.#port = port;
    onEachFrame(socket, (reply) => this.#answered(reply));
  }

  exchange(body: Uint8Array): Promise<Uint8Array> {
    this.#socket.write(framed(body));
    return new Promise((resolve) => {
      this.#answered = resolve;
    });
  }

  async upload(length: number, size: number): Promise<Uint8Array> {
    const connection = await tcpConnections.connect(this.#port, "bulk");
    return connection.upload(length, size);
  }

  hold(): Promise<Uint8Array> {
    throw new Error("one connection has no streams to hold");
  }
}

function framed(body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(FRAME_LENGTH);
  frame.set(body, HEADER_LENGTH);
  return frame;
}

/** Only one message is under way at a time, so a chunk never holds parts of two messages. */
function onEachFrame(socket: net.Socket, receive: (body: Uint8Array) => void): void {
  let reader = new MessageReader(FRAME_LENGTH);
  socket.on("data", (chunk: Buffer) => {
    const frame = reader.add(chunk);
    if (frame === undefined) return;
    reader = new MessageReader(FRAME_LENGTH);
    receive(frame.subarray(HEADER_LENGTH));
  });
}
