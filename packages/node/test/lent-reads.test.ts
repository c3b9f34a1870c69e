// Sessions whose sockets read into memory that is used again: no reader may notice.

import { type Session, type Stream } from "@muxado/core";
import { attach, connect, type ConnectOptions, type ServerOptions } from "@muxado/node";
import { concatenated, firstDifference, patterned } from "@muxado/testkit";
import * as net from "node:net";
import { describe, expect, test } from "vitest";
import { carrierOf } from "../src/carrier.ts";
import { lendReads } from "../src/lent-reads.ts";
import { certificate } from "./certificate.ts";
import { socketPair } from "./connections.ts";
import { ask, deferred, echo, ending, HOST as host, serve } from "./peers.ts";
import { leaveNothingOpen, socketPath } from "./resources.ts";

leaveNothingOpen();

const KIB = 1024;
const credentials = certificate([host]);

/** Bun has no way to give memory to a socket that exists. */
const lends = !("Bun" in globalThis);

const kinds: [name: string, server: ServerOptions, client: () => ConnectOptions][] = [
  ["TCP", {}, () => ({ host })],
  ["TLS", { tls: credentials }, () => ({ host, tls: { ca: credentials.cert } })],
  ["a Unix socket", {}, () => ({ path: socketPath() })],
];

/** Returns both sides of a session, and the socket of each. */
async function connected(
  serverOptions: ServerOptions,
  clientOptions: ConnectOptions,
): Promise<{ sessions: [client: Session, server: Session]; sockets: net.Socket[] }> {
  const accepted = deferred<[Session, net.Socket]>();
  const { path } = clientOptions;
  const { port } = await serve(
    serverOptions,
    (session, socket) => accepted.resolve([session, socket]),
    path === undefined ? { host, port: 0 } : { path },
  );
  const client = ending(await connect(path === undefined ? { ...clientOptions, port } : { path }));
  const [server, socket] = await accepted.promise;
  return {
    sessions: [client, ending(server)],
    sockets: [carrierOf(client) as net.Socket, socket],
  };
}

/** Reads a stream to its end in one way, and keeps each chunk. */
type Reader = (stream: Stream) => Promise<Uint8Array[]>;

function pause(): Promise<void> {
  return new Promise((next) => setTimeout(next, 1));
}

/** All that `read` returns until null. */
async function allOf(read: () => Promise<Uint8Array | null>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for (let chunk = await read(); chunk !== null; chunk = await read()) chunks.push(chunk);
  return chunks;
}

async function iterating(source: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return chunks;
}

async function taking<Piece>(take: () => Piece | undefined): Promise<Piece> {
  for (;;) {
    const piece = take();
    if (piece !== undefined) return piece;
    await pause();
  }
}

function filling(
  stream: Stream,
  length: number,
  fill: (view: Uint8Array) => Promise<number | null>,
): Promise<Uint8Array[]> {
  return allOf(async () => {
    const view = new Uint8Array(length);
    const count = await fill(view);
    return count === null ? null : view.subarray(0, count);
  });
}

const readers: Record<string, Reader> = {
  read: (stream) => allOf(() => stream.read()),
  "a slow read": (stream) => allOf(() => pause().then(() => stream.read())),
  iteration: (stream) => iterating(stream),
  take: (stream) => allOf(() => taking(() => stream.take())),
  readInto: (stream) => filling(stream, 30 * KIB, (view) => stream.readInto(view)),
  takeInto: (stream) => filling(stream, 5 * KIB, (view) => taking(() => stream.takeInto(view))),
  readable: async (stream) => {
    const reader = stream.readable.getReader();
    return allOf(async () => (await reader.read()).value ?? null);
  },
  BYOB: async (stream) => {
    const reader = stream.readable.getReader({ mode: "byob" });
    return allOf(async () => {
      const { value, done } = await reader.read(new Uint8Array(20 * KIB));
      return done ? null : value;
    });
  },
};

/** Lengths of writes: tiny ones, those about the lengths of memory and frames, and bulk. */
const LENGTHS = [1, 7, 100, 1000, 4 * KIB, 10_000, 16 * KIB + 3, 64 * KIB, 65 * KIB, 300 * KIB];

async function send(stream: Stream, content: Uint8Array): Promise<void> {
  for (let at = 0, turn = content[0]!; at < content.length; turn++) {
    const end = at + LENGTHS[turn % LENGTHS.length]!;
    await stream.write(content.subarray(at, end));
    at = end;
  }
  await stream.closeWrite();
}

describe.each(kinds)("over %s", (_, serverOptions, clientOptions) => {
  test("no reader's bytes change, in either direction", async () => {
    const { sessions } = await connected(serverOptions, clientOptions());
    const contentOf = (stream: Stream): Uint8Array => patterned(700 * KIB, stream.id * 13);
    const ways = Object.entries(readers);
    const kept = await Promise.all(
      sessions.flatMap((session, side) => {
        const peer = sessions[1 - side]!;
        return ways
          .flatMap((reader) => [reader, reader])
          .map(async ([name, reader]) => {
            const stream = session.open();
            const sending = send(stream, contentOf(stream));
            const inbound = await peer.accept();
            const chunks = await reader(inbound);
            await sending;
            return [name, inbound, chunks] as const;
          });
      }),
    );
    // Compared now, when the memory of each read has been used again many times.
    for (const [name, stream, chunks] of kept) {
      expect([name, firstDifference(concatenated(chunks), contentOf(stream))]).toEqual([name, -1]);
    }
  });

  test("both sockets read into memory of ours, unless this runtime has no way", async () => {
    const { sessions, sockets } = await connected(serverOptions, clientOptions());
    const emitting = new Set<net.Socket>();
    for (const socket of sockets) socket.on("data", () => emitting.add(socket));
    void echo(sessions[1]);
    expect(await ask(sessions[0], "hello")).toBe("hello");
    expect(emitting.size).toBe(lends ? 0 : 2);
    for (const socket of sockets) expect(socket.bytesRead).toBeGreaterThan(0);
  });

  test("a session may be destroyed in the middle of a chunk", async () => {
    const { sessions } = await connected(serverOptions, clientOptions());
    const [client, server] = sessions;
    const stream = client.open();
    const inbound = await server.accept();
    inbound.observe({ onReadable: () => server.destroy(), onWritable() {} });
    stream.write(patterned(1000 * KIB)).catch(() => {});
    expect((await server.closed).localError).toMatchObject({ code: "SESSION_CLOSED" });
    await client.closed;
  });
});

describe("a socket that cannot be given memory", () => {
  test.each<[string, (socket: net.Socket) => void]>([
    ["because others listen to its bytes", (socket) => void socket.on("data", () => {})],
    [
      "because its handle takes none",
      (socket) => {
        const { _handle } = socket as unknown as { _handle: object };
        Object.defineProperty(_handle, "useUserBuffer", { value: undefined });
      },
    ],
    [
      "because bytes were put back into it",
      (socket) => {
        socket.pause();
        socket.unshift(Buffer.alloc(0));
      },
    ],
  ])("%s carries a session all the same", async (_, prepare) => {
    const [left, right] = await socketPair();
    prepare(left);
    prepare(right);
    const client = ending(attach(left, { role: "client" }));
    const server = ending(attach(right, { role: "server" }));
    void echo(server);
    expect(await ask(client, "hello".repeat(50_000))).toBe("hello".repeat(50_000));
  });
});

test.runIf(lends)("the memory of a kept chunk shows no bytes of earlier reads", async () => {
  const [left, right] = await socketPair();
  const reads: Uint8Array[] = [];
  let read = deferred<void>();
  lendReads(right, (chunk) => {
    reads.push(chunk);
    read.resolve();
    return chunk.length === 1;
  });
  for (const length of [5 * KIB, 1]) {
    read = deferred();
    left.write(Buffer.alloc(length, 0xa5));
    await read.promise;
  }
  const kept = reads.at(-1)!;
  expect(new Uint8Array(kept.buffer).filter((byte) => byte !== 0)).toEqual(kept);
});

test("bytes that came before the session, and were put back, come first", async () => {
  const [left, right] = await socketPair();
  const client = ending(attach(left, { role: "client" }));
  const asking = ask(client, "hello");
  const [first] = await new Promise<[Buffer]>((have) => {
    right.once("data", (chunk: Buffer) => {
      right.pause();
      have([chunk]);
    });
  });
  right.unshift(first);
  void echo(ending(attach(right, { role: "server" })));
  expect(await asking).toBe("hello");
});
