// Raw WebSockets of the ws package, the bar for muxado over WebSockets. One connection carries a bulk transfer,
// whatever the number of streams. A text message marks its end.

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import { bulkChunks, BulkReader, bulkReply, MessageReader } from "../payload.ts";
import { type Connection, LOOPBACK, type NodePeer } from "../peer.ts";

export const ws: NodePeer = {
  name: "ws",
  description: "ws, one connection: bulk in messages of at most 64 KiB",
  idleStreams: 0,
  multiplexes: false,
  supports: ({ kind }) => kind === "bulk",
  serve,
  connect: async (port) => new WsConnection(port),
};

/** As long as the longest message that @muxado/ws sends. */
const LONGEST_MESSAGE = 64 * 1024;

async function serve(): Promise<number> {
  const server = new WebSocketServer({ host: LOOPBACK, port: 0, perMessageDeflate: false });
  server.on("connection", (socket) => {
    const bulk = new BulkReader();
    socket.on("message", (data, isBinary) => {
      if (isBinary) bulk.add(bytesOf(data));
      else socket.send(bulkReply(bulk.length));
    });
  });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

class WsConnection implements Connection {
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  async upload(length: number, size: number): Promise<Uint8Array> {
    const url = `ws://${LOOPBACK}:${this.#port}/`;
    const socket = new WebSocket(url, { perMessageDeflate: false });
    const reply = new MessageReader();
    socket.on("message", (data) => reply.add(bytesOf(data)));
    await once(socket, "open");
    for (const chunk of bulkChunks(length, Math.min(size, LONGEST_MESSAGE))) {
      await new Promise((sent) => socket.send(chunk, sent));
    }
    const replied = once(socket, "message");
    socket.send("end");
    await replied;
    socket.close();
    return reply.end();
  }

  exchange(): never {
    throw new Error("only bulk");
  }

  hold(): never {
    throw new Error("only bulk");
  }
}

function bytesOf(data: RawData): Buffer {
  return data as Buffer;
}
