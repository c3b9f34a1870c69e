// Ourselves as a Duplex of Node's, with events: for programs that were written for sockets.

import type { AddressInfo } from "node:net";
import type { Session } from "@muxado/core";
import { connect, createServer, type StreamDuplex, toDuplex } from "@muxado/node";
import { bulkReply, replyTo } from "../payload.ts";
import { type Connection, LOOPBACK, type NodePeer } from "../peer.ts";
import type { WorkloadKind } from "../workload.ts";
import { readBulk, readFirst, readToEnd, writeBulk } from "./node-streams.ts";

export const muxadoDuplex: NodePeer = {
  name: "muxado-duplex",
  description: "@muxado/node's toDuplex: events, default options",
  idleStreams: 20_000,
  multiplexes: true,
  supports: () => true,
  serve,
  connect: async (port) => new DuplexConnection(await connect({ host: LOOPBACK, port })),
};

async function serve(kind: WorkloadKind): Promise<number> {
  const handle = handlers[kind];
  const server = createServer(async (session) => {
    for await (const stream of session) void handle(toDuplex(stream));
  });
  await server.listen({ host: LOOPBACK, port: 0 });
  return (server.address as AddressInfo).port;
}

const handlers: Record<WorkloadKind, (stream: StreamDuplex) => Promise<void>> = {
  async open(stream) {
    stream.end(replyTo(await readToEnd(stream)));
  },

  async bulk(stream) {
    stream.end(bulkReply(await readBulk(stream)));
  },

  async idle(stream) {
    stream.write(replyTo(await readFirst(stream)));
    kept.push(stream);
  },
};

const kept: StreamDuplex[] = [];

class DuplexConnection implements Connection {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  exchange(body: Uint8Array): Promise<Uint8Array> {
    const stream = toDuplex(this.#session.open());
    stream.end(body);
    return readToEnd(stream);
  }

  async upload(length: number, size: number): Promise<Uint8Array> {
    const stream = toDuplex(this.#session.open());
    const reply = readToEnd(stream);
    await writeBulk(stream, length, size);
    return reply;
  }

  hold(body: Uint8Array): Promise<Uint8Array> {
    const stream = toDuplex(this.#session.open());
    stream.write(body);
    kept.push(stream);
    return readFirst(stream);
  }
}
