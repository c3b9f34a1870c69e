import { once } from "node:events";
import { createServer as createHttpServer, request } from "node:http";
import * as net from "node:net";
import type { AddressInfo } from "node:net";
import { Duplex, PassThrough, Readable, Writable } from "node:stream";
import * as tls from "node:tls";
import type { Session, Stream } from "@muxado/core";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { certificate } from "../test/certificate.ts";
import { duplexPair } from "../test/duplex-pair.ts";
import {
  ask,
  closedPort,
  dialSocket,
  echo,
  ending,
  HOST,
  ignore,
  serveSockets,
} from "../test/peers.ts";
import { leaveNothingOpen } from "../test/resources.ts";
import { attach } from "./attach.ts";

leaveNothingOpen();

function sessions(): { client: Session; server: Session; transports: [Duplex, Duplex] } {
  const transports = duplexPair();
  const client = ending(attach(transports[0], { role: "client" }));
  const server = ending(attach(transports[1], { role: "server" }));
  return { client, server, transports };
}

describe("a Duplex", () => {
  test("carries a session", async () => {
    const { client, server } = sessions();
    void echo(server);
    expect(await ask(client, "hello")).toBe("hello");
  });

  test("may keep written bytes for longer than it reports", async () => {
    const { client, server } = sessions();
    const stream = client.open();
    const inbound = readAll(server.accept());
    // Bodies that are copied into frames, and bodies that are passed by reference.
    const lengths = [1, 100, 4_096, 4_097, 70_000];
    for (const [value, length] of lengths.entries()) {
      const chunk = new Uint8Array(length).fill(value);
      await stream.write(chunk);
      chunk.fill(0xff);
    }
    await stream.closeWrite();
    const expected = lengths.map((length, value) => Buffer.alloc(length, value));
    expect((await inbound).equals(Buffer.concat(expected))).toBe(true);
  });

  test("gives its readers plain byte arrays", async () => {
    const { client, server } = sessions();
    for (const length of [3, 50_000]) {
      await client.open().write(Buffer.alloc(length));
      const chunk = await (await server.accept()).read();
      expect(Object.getPrototypeOf(chunk)).toBe(Uint8Array.prototype);
    }
  });

  test("gets all output of one turn in one write", async () => {
    const write = vi.fn((_chunk: Uint8Array, _encoding: string, done: () => void) => done());
    const session = attach(new Duplex({ read() {}, write }), { role: "client" });
    for (const byte of "abc") await session.open().write(Buffer.from(byte));
    await vi.waitFor(() => expect(write).toHaveBeenCalled());
    // A header and a byte for each write.
    expect(write.mock.calls.map(([chunk]) => chunk.length)).toEqual([27]);
  });

  test("may deliver more streams at once than may wait, while the other side is about to write", async () => {
    // All of this happens in one run of the tick queue: the server's flush is due, and comes right after the bytes.
    const [there, back] = [new PassThrough(), new PassThrough()];
    const client = ending(attach({ readable: back, writable: there }, { role: "client" }));
    const server = ending(attach({ readable: there, writable: back }, { role: "server" }));
    void echo(server);
    const asked = Array.from({ length: 500 }, (_, index) => ask(client, `${index}`));
    for (let count = 0; count < 500; count++) server.open();
    const answers = await Promise.all(asked);
    expect(answers).toEqual(answers.map((_, index) => `${index}`));
  });

  test("is woken if somebody had paused it, and unread bytes are not lost", async () => {
    const [left, right] = duplexPair();
    const client = ending(attach(left, { role: "client" }));
    void client.open().write(Buffer.from("early"));
    const [head] = (await once(right, "data")) as [Buffer];
    right.pause();
    right.unshift(head);
    const server = ending(attach(right, { role: "server" }));
    const stream = await server.accept();
    expect(Buffer.from((await stream.read())!).toString()).toBe("early");
  });

  test("is destroyed when its session ends, on both sides", async () => {
    const { client, server, transports } = sessions();
    await client.close();
    expect((await client.closed).localError).toBeUndefined();
    expect((await server.closed).localError).toBeUndefined();
    expect(transports.map(({ destroyed }) => destroyed)).toEqual([true, true]);
  });

  test("that fails takes the session with it, and everything that waits", async () => {
    const { client, transports } = sessions();
    const stream = client.open();
    const waiting = [stream.read(), client.accept()];
    const error = new Error("wire cut");
    transports[0].destroy(error);
    for (const promise of waiting) {
      await expect(promise).rejects.toMatchObject({ code: "TRANSPORT_FAILED" });
    }
    const { localError } = await client.closed;
    expect(localError).toMatchObject({ code: "TRANSPORT_FAILED", origin: "local", cause: error });
    expect(localError!.message).toContain("wire cut");
  });

  test.each([true, false])(
    "whose writes fail ends the session (destroyed by that: %s)",
    async (autoDestroy) => {
      const error = Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
      const broken = new Duplex({
        autoDestroy,
        read() {},
        write: (_chunk, _encoding, done) => done(error),
      });
      const session = attach(broken, { role: "client" });
      const outcome = session.open().write(new Uint8Array(100_000));
      await expect(outcome).rejects.toMatchObject({ code: "TRANSPORT_FAILED" });
      expect((await session.closed).localError).toMatchObject({ origin: "remote", cause: error });
      expect(broken.destroyed).toBe(true);
    },
  );

  test("that somebody else destroys ends the session", async () => {
    const { client, transports } = sessions();
    transports[0].destroy();
    expect((await client.closed).localError).toMatchObject({ code: "PEER_EOF" });
  });

  test("that somebody else destroys without an event ends the session with its next write", async () => {
    const silent = new Duplex({ emitClose: false, read() {}, write: (_c, _e, done) => done() });
    const session = attach(silent, { role: "client" });
    silent.destroy();
    void session.open();
    expect((await session.closed).localError).toMatchObject({
      code: "TRANSPORT_FAILED",
      cause: { code: "ERR_STREAM_DESTROYED" },
    });
  });
});

describe("a transport that is over before it is attached gives a session that is over", () => {
  async function endOf(transport: Duplex): Promise<unknown> {
    const session = attach(transport, { role: "client" });
    expect(() => session.open()).toThrow();
    expect(transport.destroyed).toBe(true);
    return (await session.closed).localError;
  }

  test("destroyed", async () => {
    const [transport] = duplexPair();
    transport.destroy();
    await closeOf(transport);
    expect(await endOf(transport)).toMatchObject({ code: "PEER_EOF" });
  });

  test("failed", async () => {
    const [transport] = duplexPair();
    const error = new Error("wire cut");
    transport.destroy(error);
    await closeOf(transport);
    expect(await endOf(transport)).toMatchObject({ code: "TRANSPORT_FAILED", cause: error });
  });

  test("ended by the peer", async () => {
    const [transport, other] = duplexPair();
    other.end();
    await once(transport.resume(), "end");
    expect(await endOf(transport)).toMatchObject({ code: "PEER_EOF" });
  });

  test("ended here", async () => {
    const [transport] = duplexPair();
    transport.end();
    expect(await endOf(transport)).toMatchObject({ code: "PEER_EOF" });
  });

  test("a socket that the peer has reset", async () => {
    const port = await serveSockets((peer) => peer.once("data", () => peer.resetAndDestroy()));
    const socket = await dialSocket(port);
    socket.write("x");
    await closeOf(socket);
    expect(await endOf(socket)).toMatchObject({
      code: "TRANSPORT_FAILED",
      origin: "remote",
      cause: { code: "ECONNRESET" },
    });
  });
});

describe("a socket that is connecting when it is attached", () => {
  async function failureOf(socket: net.Socket): Promise<unknown> {
    const session = ending(attach(socket, { role: "client" }));
    const stream = session.open();
    const outcomes = [stream.write(new Uint8Array(100_000)), stream.read()];
    for (const outcome of outcomes) {
      await expect(outcome).rejects.toMatchObject({ code: "CONNECT_FAILED", retry: "safe" });
    }
    const { localError } = await session.closed;
    expect(localError).toMatchObject({ code: "CONNECT_FAILED", scope: "session", origin: "local" });
    return localError!.cause;
  }

  test("carries the session once it stands", async () => {
    const port = await serveSockets((peer) => void echo(attach(peer, { role: "server" })));
    const session = ending(attach(net.connect(port, HOST), { role: "client" }));
    expect(await ask(session, "hello")).toBe("hello");
  });

  test("and is refused has sent nothing: every stream is safe to retry", async () => {
    const cause = await failureOf(net.connect(await closedPort(), HOST));
    expect(cause).toMatchObject({ code: "ECONNREFUSED" });
  });

  test("and is destroyed has sent nothing", async () => {
    const socket = net.connect({ host: "nowhere", port: 1, lookup: ignore });
    const cause = failureOf(socket);
    setImmediate(() => socket.destroy());
    expect(await cause).toBeInstanceOf(Error);
  });

  test("and meets a certificate that it does not trust has sent nothing", async () => {
    const server = tls.createServer(certificate([HOST]), ignore).on("tlsClientError", ignore);
    onTestFinished(() => void server.close());
    server.listen(0, HOST);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    expect(await failureOf(tls.connect({ port, host: HOST }))).toBeInstanceOf(Error);
  });

  test.each<[string, (peer: net.Socket) => void]>([
    ["ended", (peer) => peer.end()],
    ["reset", (peer) => peer.resetAndDestroy()],
  ])("and is %s in the middle of its TLS handshake has sent nothing", async (_, act) => {
    const port = await serveSockets((peer) => peer.once("data", () => act(peer)));
    expect(await failureOf(tls.connect({ port, host: HOST }))).toBeInstanceOf(Error);
  });

  test("and fails later may have sent something", async () => {
    const port = await serveSockets((peer) => peer.once("data", () => peer.resetAndDestroy()));
    const session = ending(attach(net.connect(port, HOST), { role: "client" }));
    await expect(session.open().read()).rejects.toMatchObject({
      code: "TRANSPORT_FAILED",
      retry: "unknown",
    });
  });
});

describe("a pair of a Readable and a Writable", () => {
  function pairs(): { left: [Readable, Writable]; right: [Readable, Writable] } {
    const there = new PassThrough();
    const back = new PassThrough();
    return { left: [back, there], right: [there, back] };
  }

  test("carries a session, and is destroyed when it ends", async () => {
    const { left, right } = pairs();
    const client = attach({ readable: left[0], writable: left[1] }, { role: "client" });
    const server = attach({ readable: right[0], writable: right[1] }, { role: "server" });
    void echo(server);
    expect(await ask(client, "hello")).toBe("hello");
    await client.close();
    await server.closed;
    expect([...left, ...right].map(({ destroyed }) => destroyed)).toEqual([true, true, true, true]);
  });

  test.each([0, 1])("fails if one of them does (%i)", async (which) => {
    const { left } = pairs();
    const session = attach({ readable: left[0], writable: left[1] }, { role: "client" });
    const error = new Error("wire cut");
    left[which]!.destroy(error);
    expect((await session.closed).localError).toMatchObject({ cause: error });
    expect(left.map(({ destroyed }) => destroyed)).toEqual([true, true]);
  });
});

describe("a pair whose Writable closes", () => {
  function pair(): { readable: PassThrough; writable: PassThrough; session: Session } {
    const [readable, writable] = [new PassThrough(), new PassThrough()];
    const session = attach({ readable, writable }, { role: "client" });
    return { readable, writable, session };
  }

  test("ends the session, also if the Readable stays silent", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const { readable, writable, session } = pair();
    writable.destroy();
    await closeOf(writable);
    vi.advanceTimersByTime(1_000);
    expect((await session.closed).localError).toMatchObject({ code: "PEER_EOF" });
    expect(readable.destroyed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("the session still delivers the bytes that the peer had sent", async () => {
    const { readable, writable, session } = pair();
    writable.destroy();
    await closeOf(writable);
    // DATA on stream 2 with SYN and FIN, of 2 bytes.
    readable.end(Buffer.from("00000213000000026869", "hex"));
    const stream = await session.accept();
    expect(Buffer.from((await stream.read())!).toString()).toBe("hi");
    expect((await session.closed).localError).toMatchObject({ code: "PEER_EOF" });
  });
});

describe("bad input", () => {
  test.each([
    ["a child process", { stdin: new PassThrough(), stdout: new PassThrough() }],
    ["a child without a stdout", { readable: null, writable: new PassThrough() }],
    ["Web Streams", new TransformStream()],
    ["nothing", undefined],
  ])("%s is not a transport, and the error explains what is needed", (_, transport) => {
    const attempt = (): Session => attach(transport as unknown as Duplex, { role: "client" });
    expect(attempt).toThrow(TypeError);
    expect(attempt).toThrow("{ readable: child.stdout, writable: child.stdin }");
  });

  test.each([
    ["objects to read", { readableObjectMode: true }],
    ["objects to write", { writableObjectMode: true }],
    ["text", { encoding: "utf8" }],
  ] as const)("a transport of %s is refused and left alone", (_, options) => {
    const transport = new Duplex({ ...options, read() {}, write: (_c, _e, done) => done() });
    expect(() => attach(transport, { role: "client" })).toThrow(TypeError);
    expect(transport.destroyed).toBe(false);
    expect(transport.listenerCount("data")).toBe(0);
  });

  test.each([
    ["role", TypeError, { role: "both" }],
    ["windowSize", RangeError, { role: "client", windowSize: 2 ** 31 }],
    ["closeTimeout", RangeError, { role: "client", closeTimeout: -1 }],
    ["busyPoll", RangeError, { role: "client", busyPoll: -1 }],
  ])("an option out of range is named: %s", (name, kind, options) => {
    const [transport] = duplexPair();
    const attempt = (): Session => attach(transport, options as { role: "client" });
    expect(attempt).toThrow(kind);
    expect(attempt).toThrow(name);
    expect(transport.listenerCount("data")).toBe(0);
  });
});

test("a socket of an HTTP upgrade carries a session", async () => {
  const http = createHttpServer().on("upgrade", (_request, socket, head) => {
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: muxado\r\n\r\n",
    );
    socket.unshift(head);
    void echo(ending(attach(socket, { role: "server" })));
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const headers = { Connection: "upgrade", Upgrade: "muxado" };
  const upgrade = request({ host: "127.0.0.1", port, headers }).end();
  const [, socket, head] = (await once(upgrade, "upgrade")) as [unknown, Duplex, Buffer];
  socket.unshift(head);
  const session = ending(attach(socket, { role: "client" }));
  expect(await ask(session, "hello")).toBe("hello");
  await session.close();
  http.close();
});

/** Waits until `transport` has closed, for any reason. */
function closeOf(transport: Duplex): Promise<void> {
  return new Promise((resolve) => transport.on("error", ignore).on("close", resolve).resume());
}

async function readAll(accepted: Promise<Stream>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await accepted) chunks.push(chunk);
  return Buffer.concat(chunks);
}
