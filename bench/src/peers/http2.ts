// node:http2 without TLS: one session, one request per stream, with events. Its limits are raised.

import * as http2 from "node:http2";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { bulkReply, type EchoPayload, replyTo } from "../payload.ts";
import { type Connection, LOOPBACK, type NodePeer } from "../peer.ts";
import type { ServerKind } from "../workload.ts";
import {
  answerAndEnd,
  echoThrough,
  readBulk,
  readFirst,
  readMixed,
  readToEnd,
  writeBulk,
} from "./node-streams.ts";

export const nodeHttp2: NodePeer = {
  name: "http2",
  description: "node:http2 over TCP: events, windows and stream limits raised",
  idleStreams: 10_000,
  multiplexes: true,
  supports: ({ kind, payload }) => kind !== "echo" || payload < LARGE_ECHO,
  serve,
  connect: async (port) => {
    const session = http2.connect(`http://${LOOPBACK}:${port}`, options);
    await once(session, "connect");
    session.setLocalWindowSize(CONNECTION_WINDOW);
    return new Http2Connection(session);
  },
};

/**
 * From this number of bytes on, the peer takes part in no echo. A session of Node does not read while it writes. Then
 * both sides can fill the buffers of the system and wait for each other forever.
 */
const LARGE_ECHO = 1024 * 1024;

/** Measured for bulk: the defaults of 64 KiB give half the speed, and 16 MiB is slower again. */
const STREAM_WINDOW = 1024 * 1024;
const CONNECTION_WINDOW = 16 * 1024 * 1024;

const options = {
  settings: {
    initialWindowSize: STREAM_WINDOW,
    maxConcurrentStreams: 1_000_000,
    // A frame holds a whole read. The default is 16 KiB.
    maxFrameSize: 64 * 1024,
    enablePush: false,
  },
  // Megabytes. With the default of 10, the session refuses the idle streams.
  maxSessionMemory: 10_000,
};

type Handler = (stream: http2.ServerHttp2Stream) => void | Promise<void>;

async function serve(kind: ServerKind): Promise<number> {
  const handler = handlers[kind]!;
  const server = http2.createServer(options);
  server.on("session", (session) => session.setLocalWindowSize(CONNECTION_WINDOW));
  server.on("stream", (stream) => void handler(stream));
  server.listen({ host: LOOPBACK, port: 0 });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const handlers: Partial<Record<ServerKind, Handler>> = {
  async open(stream) {
    const reply = replyTo(await readToEnd(stream));
    stream.respond();
    stream.end(reply);
  },

  async bulk(stream) {
    const length = await readBulk(stream);
    stream.respond();
    stream.end(bulkReply(length));
  },

  async idle(stream) {
    const reply = replyTo(await readFirst(stream));
    stream.respond();
    stream.write(reply);
    kept.push(stream);
  },

  echo(stream) {
    stream.respond();
    stream.pipe(stream);
  },

  scale(stream) {
    stream.respond();
    answerAndEnd(stream);
  },

  async mixed(stream) {
    const reply = await readMixed(stream);
    stream.respond();
    stream.end(reply);
  },
};

const kept: http2.Http2Stream[] = [];

class Http2Connection implements Connection {
  readonly #session: http2.ClientHttp2Session;

  constructor(session: http2.ClientHttp2Session) {
    this.#session = session;
  }

  exchange(body: Uint8Array): Promise<Uint8Array> {
    const stream = this.#session.request(headers);
    stream.end(body);
    return readToEnd(stream);
  }

  async upload(length: number, size: number): Promise<Uint8Array> {
    const stream = this.#session.request(headers);
    const reply = readToEnd(stream);
    await writeBulk(stream, length, size);
    return reply;
  }

  hold(body: Uint8Array): Promise<Uint8Array> {
    const stream = this.#session.request(headers);
    stream.write(body);
    kept.push(stream);
    return readFirst(stream);
  }

  echo(payload: EchoPayload): Promise<void> {
    return echoThrough(this.#session.request(headers), payload);
  }
}

const headers = { ":method": "POST", ":path": "/" };
