// Ourselves: the public API of @muxado/node with its default options, in promises and async iteration.

import type { AddressInfo } from "node:net";
import type { Session, Stream } from "@muxado/core";
import { connect, createServer } from "@muxado/node";
import { bulkChunks, BulkReader, bulkReply, MessageReader, replyTo } from "../payload.ts";
import { type Connection, LOOPBACK, type Peer } from "../peer.ts";
import type { WorkloadKind } from "../workload.ts";

export const muxado: Peer = {
  name: "muxado",
  description: "@muxado/node: promises and async iteration, default options",
  idleStreams: 100_000,
  multiplexes: true,
  supports: () => true,
  serve: (kind) => serve(handlers[kind]),
  connect: async (port) => new MuxadoConnection(await connect({ host: LOOPBACK, port }), keepOnly),
};

/** A stream rests more cheaply while nobody waits for its next bytes; most servers do wait. */
export const muxadoReading: Peer = {
  ...muxado,
  name: "muxado-reading",
  description: "the same, with a read() pending on each idle stream",
  supports: ({ kind }) => kind === "idle",
  serve: () => serve((stream) => answerFirst(stream, readOn)),
  connect: async (port) => new MuxadoConnection(await connect({ host: LOOPBACK, port }), readOn),
};

type Handler = (stream: Stream) => Promise<void>;

async function serve(handler: Handler): Promise<number> {
  const server = createServer({}, async (session) => {
    for await (const stream of session) void handler(stream);
  });
  await server.listen({ host: LOOPBACK, port: 0 });
  return (server.address as AddressInfo).port;
}

const handlers: Record<WorkloadKind, Handler> = {
  async open(stream) {
    const message = new MessageReader();
    for await (const chunk of stream) message.add(chunk);
    await stream.write(replyTo(message.end()));
    await stream.close();
  },

  async bulk(stream) {
    const bulk = new BulkReader();
    for await (const chunk of stream) bulk.add(chunk);
    await stream.write(bulkReply(bulk.length));
    await stream.close();
  },

  idle: (stream) => answerFirst(stream, keepOnly),
};

const kept: Stream[] = [];

type Rest = (stream: Stream) => void;

function keepOnly(stream: Stream): void {
  kept.push(stream);
}

function readOn(stream: Stream): void {
  kept.push(stream);
  void stream.read();
}

async function answerFirst(stream: Stream, rest: Rest): Promise<void> {
  await stream.write(replyTo(await readMessage(stream)));
  rest(stream);
}

async function readMessage(stream: Stream): Promise<Uint8Array> {
  const message = new MessageReader();
  for (;;) {
    const chunk = await stream.read();
    if (chunk === null) throw new Error("the stream ended early");
    const body = message.add(chunk);
    if (body !== undefined) return body;
  }
}

class MuxadoConnection implements Connection {
  readonly #session: Session;
  readonly #rest: Rest;

  constructor(session: Session, rest: Rest) {
    this.#session = session;
    this.#rest = rest;
  }

  async exchange(body: Uint8Array): Promise<Uint8Array> {
    const stream = this.#session.open();
    await stream.write(body);
    await stream.closeWrite();
    const message = new MessageReader();
    for await (const chunk of stream) message.add(chunk);
    return message.end();
  }

  async upload(length: number, size: number): Promise<Uint8Array> {
    const stream = this.#session.open();
    for (const chunk of bulkChunks(length, size)) await stream.write(chunk);
    await stream.closeWrite();
    const message = new MessageReader();
    for await (const chunk of stream) message.add(chunk);
    return message.end();
  }

  async hold(body: Uint8Array): Promise<Uint8Array> {
    const stream = this.#session.open();
    await stream.write(body);
    const reply = await readMessage(stream);
    this.#rest(stream);
    return reply;
  }
}
