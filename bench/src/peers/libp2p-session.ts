// Both sides of a benchmark over @libp2p/yamux, with events or with async iteration as in our own rows.

// This import must come before the library.
import "@muxado/peers/node-20";
import { yamux } from "@libp2p/yamux";
import type { Stream, StreamMuxer } from "@libp2p/interface";
import type { Uint8ArrayList } from "uint8arraylist";
import { bulkChunks, BulkReader, bulkReply, MessageReader, replyTo } from "../payload.ts";
import type { Connection } from "../peer.ts";
import type { ServerKind } from "../workload.ts";
import { SocketStream } from "./libp2p-socket.ts";
import { connectTcp, listenTcp } from "./tcp-connections.ts";

const createMuxer = yamux({
  maxInboundStreams: 1_000_000,
  maxOutboundStreams: 1_000_000,
  maxEarlyStreams: 1_000_000,
})();

/** How a variant uses the library. */
export interface Style {
  /** Whether frames that are written together are gathered into one system call. */
  readonly gathers: boolean;
  /** Whether streams are read to their end by `for await`. Otherwise by listeners. */
  readonly iterates: boolean;
}

export function serve(kind: ServerKind, { gathers, iterates }: Style): Promise<number> {
  return listenTcp((socket) => {
    const muxer = createMuxer.createStreamMuxer(new SocketStream(socket, "inbound", gathers));
    muxer.addEventListener("stream", ({ detail }) => void handlers[kind]!(detail, iterates));
  });
}

export async function connect(port: number, { gathers, iterates }: Style): Promise<Connection> {
  const socket = await connectTcp(port);
  const carrier = new SocketStream(socket, "outbound", gathers);
  return new Libp2pConnection(createMuxer.createStreamMuxer(carrier), iterates);
}

type Handler = (stream: Stream, iterates: boolean) => Promise<void>;

const handlers: Partial<Record<ServerKind, Handler>> = {
  async open(stream, iterates) {
    stream.send(replyTo(await readToEnd(stream, iterates)));
    await stream.close();
  },

  async bulk(stream, iterates) {
    stream.send(bulkReply(await readBulk(stream, iterates)));
    await stream.close();
  },

  async idle(stream) {
    stream.send(replyTo(await readFirst(stream)));
    kept.push(stream);
  },
};

const kept: Stream[] = [];

class Libp2pConnection implements Connection {
  readonly #muxer: StreamMuxer;
  readonly #iterates: boolean;

  constructor(muxer: StreamMuxer, iterates: boolean) {
    this.#muxer = muxer;
    this.#iterates = iterates;
  }

  async exchange(body: Uint8Array): Promise<Uint8Array> {
    const stream = await this.#muxer.createStream();
    const reply = readToEnd(stream, this.#iterates);
    stream.send(body);
    await stream.close();
    return reply;
  }

  async upload(length: number, size: number): Promise<Uint8Array> {
    const stream = await this.#muxer.createStream();
    const reply = readToEnd(stream, this.#iterates);
    for (const chunk of bulkChunks(length, size)) {
      if (!stream.send(chunk)) await drained(stream);
    }
    await stream.close();
    return reply;
  }

  async hold(body: Uint8Array): Promise<Uint8Array> {
    const stream = await this.#muxer.createStream();
    stream.send(body);
    kept.push(stream);
    return readFirst(stream);
  }
}

/** Reads the only message of a stream. Its sender then half-closes the stream. */
function readToEnd(stream: Stream, iterates: boolean): Promise<Uint8Array> {
  const message = new MessageReader();
  return (iterates ? iterated : untilEnd)(
    stream,
    (chunk) => message.add(chunk),
    () => message.end(),
  );
}

/** Checks a bulk transfer, and returns its length when its sender has half-closed the stream. */
function readBulk(stream: Stream, iterates: boolean): Promise<number> {
  const bulk = new BulkReader();
  return (iterates ? iterated : untilEnd)(
    stream,
    (chunk) => bulk.add(chunk),
    () => bulk.length,
  );
}

async function iterated<T>(
  stream: Stream,
  add: (chunk: Uint8Array) => void,
  end: () => T,
): Promise<T> {
  for await (const data of stream) for (const chunk of chunksOf(data)) add(chunk);
  return end();
}

function untilEnd<T>(stream: Stream, add: (chunk: Uint8Array) => void, end: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    stream.addEventListener("message", ({ data }) => {
      for (const chunk of chunksOf(data)) add(chunk);
    });
    stream.addEventListener("end", () => resolve(end()));
    stream.addEventListener("close", ({ error }) => error && reject(error));
  });
}

/** Reads the first message of a stream that stays open. */
function readFirst(stream: Stream): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const message = new MessageReader();
    stream.addEventListener("message", ({ data }) => {
      for (const chunk of chunksOf(data)) {
        const body = message.add(chunk);
        if (body !== undefined) resolve(body);
      }
    });
    stream.addEventListener("close", ({ error }) => error && reject(error));
  });
}

/** The pieces in which the data arrived, without copying. */
function chunksOf(data: Uint8Array | Uint8ArrayList): Iterable<Uint8Array> {
  return data instanceof Uint8Array ? [data] : data;
}

/**
 * Resolves when the stream accepts more bytes. It does not use `onDrain()`, because that keeps its first promise, so
 * only the first wait of a stream would really wait.
 */
async function drained(stream: Stream): Promise<void> {
  while (stream.writableNeedsDrain) {
    await new Promise((resolve) => stream.addEventListener("drain", resolve, { once: true }));
  }
}
