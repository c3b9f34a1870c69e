// A TCP connection for each stream, over node:net: the usual way without a multiplexer.

import * as net from "node:net";
import { once } from "node:events";
import { pipeline } from "node:stream/promises";
import { bulkReply, type EchoPayload, replyTo } from "../payload.ts";
import { type Connection, type Conversation, LOOPBACK, type NodePeer } from "../peer.ts";
import type { ServerKind } from "../workload.ts";
import {
  answerAndEnd,
  DuplexConversation,
  echoThrough,
  readBulk,
  readFirst,
  readMixed,
  readToEnd,
  writeBulk,
} from "./node-streams.ts";

export const tcpConnections: NodePeer = {
  name: "tcp-connections",
  description: "node:net, a connection for each stream; a relay joins two by stream.pipeline",
  // Each stream needs a file descriptor on each side.
  idleStreams: 500,
  multiplexes: true,
  supports: ({ kind, streams }) => kind !== "bulk" || streams > 1,
  serve: (kind) => listenTcp((socket) => void handlers[kind](socket)),
  connect: async (port) => new TcpConnections(port),
  relay: (port) =>
    listenTcp((inward) => {
      const outward = net.connect({ host: LOOPBACK, port, ...options });
      void pipeline(inward, outward);
      void pipeline(outward, inward);
    }),
};

// Half-open, because the reply comes after the end of the request. No delay, because each write is a whole message.
const options = { allowHalfOpen: true, noDelay: true };

/** Serves connections on a free port, which it returns. */
export async function listenTcp(
  onConnection: (socket: net.Socket) => void,
  further: net.ServerOpts = {},
): Promise<number> {
  // The default backlog of 511 overflows when 256 clients reconnect at once and the server accepts slowly.
  const server = net.createServer({ ...options, ...further }, onConnection);
  server.listen({ host: LOOPBACK, port: 0, backlog: 4096 });
  await once(server, "listening");
  return (server.address() as net.AddressInfo).port;
}

/** Returns a connection when it is established. */
export async function connectTcp(port: number, onread?: net.OnReadOpts): Promise<net.Socket> {
  const socket = net.connect({ host: LOOPBACK, port, ...options, onread });
  await once(socket, "connect");
  return socket;
}

type Handler = (socket: net.Socket) => void | Promise<void>;

const handlers: Record<ServerKind, Handler> = {
  async open(socket) {
    socket.end(replyTo(await readToEnd(socket)));
  },

  async bulk(socket) {
    socket.end(bulkReply(await readBulk(socket)));
  },

  async idle(socket) {
    socket.write(replyTo(await readFirst(socket)));
    kept.push(socket);
  },

  echo(socket) {
    socket.pipe(socket);
  },

  messages: answerAndEnd,

  scale: answerAndEnd,

  async mixed(socket) {
    socket.end(await readMixed(socket));
  },
};

const kept: net.Socket[] = [];

class TcpConnections implements Connection {
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  exchange(body: Uint8Array): Promise<Uint8Array> {
    // The socket sends bytes that are written before it is connected as soon as it is connected.
    const socket = this.#connect();
    socket.end(body);
    return readToEnd(socket);
  }

  async upload(length: number, size: number): Promise<Uint8Array> {
    const socket = this.#connect();
    const reply = readToEnd(socket);
    await writeBulk(socket, length, size);
    return reply;
  }

  hold(body: Uint8Array): Promise<Uint8Array> {
    const socket = this.#connect();
    socket.write(body);
    kept.push(socket);
    return readFirst(socket);
  }

  async converse(): Promise<Conversation> {
    return new DuplexConversation(await connectTcp(this.#port));
  }

  echo(payload: EchoPayload): Promise<void> {
    return echoThrough(this.#connect(), payload);
  }

  #connect(): net.Socket {
    return net.connect({ host: LOOPBACK, port: this.#port, ...options });
  }
}
