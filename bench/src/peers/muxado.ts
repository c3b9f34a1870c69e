// Ourselves: the public API of @muxado/node with its default options, in promises and async iteration, on
// either of our wires; and the same over WebSocket.

import type { Session, SessionOptions, Stream } from "@muxado/core";
import { connect, createServer, type ListenOptions } from "@muxado/node";
import * as webSocket from "@muxado/ws";
import * as webSocketServer from "@muxado/ws/server";
import { yamux } from "@muxado/yamux";
import { WebSocket } from "ws";
import { bulkChunks, BulkReader, bulkReply, MessageReader, replyTo } from "../payload.ts";
import { type Connection, LOOPBACK, type NodePeer } from "../peer.ts";
import type { WorkloadKind } from "../workload.ts";

/** What sessions are carried by. */
interface Carrier {
  readonly createServer: (
    options: SessionOptions,
    onSession: (session: Session) => Promise<void>,
  ) => { listen(where: ListenOptions): Promise<void>; readonly port: number | undefined };
  readonly connect: (port: number, options: SessionOptions) => Promise<Session>;
}

const tcp: Carrier = {
  createServer,
  connect: (port, options) => connect({ ...options, host: LOOPBACK, port }),
};

export const muxado: NodePeer = peer({
  name: "muxado",
  description: "@muxado/node: promises and async iteration, default options",
});

/** A stream rests more cheaply while nobody waits for its next bytes; most servers do wait. */
export const muxadoReading: NodePeer = peer({
  name: "muxado-reading",
  description: "the same, with a read() pending on each idle stream",
  supports: ({ kind }) => kind === "idle",
  rest: readOn,
});

/** On the wire that the other Yamux peers speak. */
export const muxadoYamux: NodePeer = peer({
  name: "yamux",
  description: "@muxado/node on the wire of @muxado/yamux, otherwise as muxado",
  options: { wire: yamux() },
});

/** The fastest that a client of `ws` can be asked for: compressed, a message costs far more than it saves here. */
class PlainWebSocket extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols, { perMessageDeflate: false });
  }
}

/** Over WebSockets of the ws package, on both sides. */
export const muxadoWs: NodePeer = peer({
  name: "muxado-ws",
  description: "@muxado/ws over WebSockets of ws on both sides, otherwise as muxado",
  carrier: {
    createServer: webSocketServer.createServer,
    connect: (port, options) =>
      webSocket.connect(`ws://${LOOPBACK}:${port}/`, { ...options, WebSocket: PlainWebSocket }),
  },
});

interface Variant {
  readonly name: string;
  readonly description: string;
  /** Default: every workload. */
  readonly supports?: NodePeer["supports"];
  /** What happens to a stream that is done and stays open. Default: it is kept, and nothing else. */
  readonly rest?: Rest;
  /** Of the sessions on both sides. Default: none. */
  readonly options?: SessionOptions;
  /** Default: TCP. */
  readonly carrier?: Carrier;
}

function peer({
  name,
  description,
  supports = () => true,
  rest = keepOnly,
  options = {},
  carrier = tcp,
}: Variant): NodePeer {
  return {
    name,
    description,
    idleStreams: 100_000,
    multiplexes: true,
    supports,
    serve: (kind) =>
      serve(
        carrier,
        kind === "idle" ? (stream) => answerFirst(stream, rest) : handlers[kind],
        options,
      ),
    connect: async (port) => new MuxadoConnection(await carrier.connect(port, options), rest),
  };
}

type Handler = (stream: Stream) => Promise<void>;

async function serve(carrier: Carrier, handler: Handler, options: SessionOptions): Promise<number> {
  const server = carrier.createServer(options, async (session) => {
    for await (const stream of session) void handler(stream);
  });
  await server.listen({ host: LOOPBACK, port: 0 });
  return server.port!;
}

const handlers: Record<Exclude<WorkloadKind, "idle">, Handler> = {
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
