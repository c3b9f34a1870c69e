// A stream joined to a socket: to one of TCP, of TLS and of a Unix socket, to a Duplex of any other kind, and to the
// socket of another process.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import * as net from "node:net";
import type { Duplex } from "node:stream";
import * as tls from "node:tls";
import { MuxadoError, type RelayResult, type Stream } from "@muxado/core";
import { relay, toDuplex } from "@muxado/node";
import { firstDifference, patterned } from "@muxado/testkit";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { certificate } from "./certificate.ts";
import { nothingOpen, socketPair, tcpSessions, watched } from "./connections.ts";
import { duplexPair } from "./duplex-pair.ts";
import { HOST, ignore } from "./peers.ts";
import { leaveNothingOpen, socketPath } from "./resources.ts";

leaveNothingOpen();

const MIB = 1024 * 1024;
/** The types of `tls.connect` do not know the option. */
const HALF_OPEN: object = { allowHalfOpen: true };

const credentials = certificate([HOST]);

/** Two ends of a connection: one for the relay, and one for its visitor. */
type Connect = () => Promise<[relayed: Duplex, visitor: Duplex]>;

const connections: Record<string, Connect> = {
  TCP: () => socketPair({ allowHalfOpen: true }),
  "TCP, of a server that is not half-open": async () => {
    const [visitor, relayed] = await socketPair();
    visitor.allowHalfOpen = true;
    return [relayed, visitor];
  },
  TLS: () => served(tls.createServer({ ...credentials, allowHalfOpen: true }), "secureConnection"),
  "a Unix socket": () => served(net.createServer({ allowHalfOpen: true }), "connection"),
  "a Duplex": async () => duplexPair(),
  "the Duplex of another stream": async () => {
    const [client, server] = await tcpSessions();
    const opened = client.open();
    return [
      toDuplex(opened, { allowHalfOpen: true }),
      toDuplex(await server.accept(), { allowHalfOpen: true }),
    ];
  },
};

/** The two ends of one connection to `server`. */
async function served(server: net.Server, event: string): Promise<[Duplex, Duplex]> {
  const isSecure = server instanceof tls.Server;
  const path = isSecure ? undefined : socketPath();
  server.listen(path ?? { port: 0, host: HOST });
  await once(server, "listening");
  const accepting = once(server, event);
  const { port } = isSecure ? (server.address() as net.AddressInfo) : { port: 0 };
  const visitor = isSecure
    ? tls.connect({ port, host: HOST, ca: credentials.cert, ...HALF_OPEN })
    : net.connect({ path: path!, allowHalfOpen: true });
  const [relayed] = (await accepting) as [Duplex];
  server.close();
  return [relayed, visitor];
}

interface Joined {
  readonly socket: Duplex;
  readonly visitor: Duplex;
  readonly stream: Stream;
  /** The other end of the stream. */
  readonly far: Stream;
  readonly relayed: Promise<RelayResult>;
}

async function joined(connect: Connect, signal?: AbortSignal): Promise<Joined> {
  const [socket, visitor] = await connect();
  for (const each of [socket, visitor]) {
    watched(each);
    onTestFinished(() => void each.destroy());
  }
  const [client, server] = await tcpSessions();
  const stream = client.open();
  const far = await server.accept();
  return { socket, visitor, stream, far, relayed: relay(stream, socket, { signal }) };
}

describe.each(Object.entries(connections))("relay between a stream and %s", (name, connect) => {
  test("moves everything both ways at once, and says how much", async () => {
    const { visitor, far, relayed } = await joined(connect);
    const [there, back] = [patterned(3 * MIB), patterned(2 * MIB, 7)];
    visitor.end(there);
    const sending = sendAll(far, back);
    const [arrived, answered] = await Promise.all([readAll(far), collect(visitor)]);
    expect(firstDifference(arrived, there)).toBe(-1);
    expect(firstDifference(answered, back)).toBe(-1);
    await sending;
    expect(await relayed).toEqual({ fromOne: back.length, fromOther: there.length });
  });

  test("passes the half-close of the socket on, and the other direction continues", async () => {
    const { visitor, far, relayed, socket } = await joined(connect);
    visitor.end("question");
    expect((await readAll(far)).toString()).toBe("question");
    expect(socket.writableEnded).toBe(false);
    await sendAll(far, Buffer.from("answer"));
    expect((await collect(visitor)).toString()).toBe("answer");
    expect(await relayed).toEqual({ fromOne: 6, fromOther: 8 });
  });

  test("passes the half-close of the stream on, and the other direction continues", async () => {
    const { visitor, far, relayed } = await joined(connect);
    await sendAll(far, Buffer.from("question"));
    expect((await collect(visitor)).toString()).toBe("question");
    visitor.end("answer");
    expect((await readAll(far)).toString()).toBe("answer");
    expect(await relayed).toEqual({ fromOne: 8, fromOther: 6 });
  });

  test("destroys the socket when the stream is reset", async () => {
    const { visitor, far, relayed, stream, socket } = await joined(connect);
    const closed = once(visitor, "close").catch(ignore);
    visitor.resume().on("end", () => visitor.end());
    far.reset(777);
    await failsWith(relayed, stream);
    expect(socket.destroyed).toBe(true);
    await closed;
  });

  test("resets the stream when the socket is destroyed", async () => {
    const { far, relayed, socket } = await joined(connect);
    socket.destroy();
    await expect(relayed).rejects.toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
    await expect(far.read()).rejects.toMatchObject({ code: "STREAM_CANCELLED" });
  });

  test("resets the stream with INTERNAL_ERROR when the socket fails for another reason", async () => {
    const { far, relayed, socket } = await joined(connect);
    const error = new Error("out of order");
    socket.destroy(error);
    await expect(relayed).rejects.toBe(error);
    await expect(far.read()).rejects.toMatchObject({ code: "INTERNAL_ERROR" });
  });

  test("destroys the socket when the session is lost", async () => {
    const { far, relayed, stream, socket } = await joined(connect);
    far.session.destroy();
    await failsWith(relayed, stream);
    expect(stream.error).toMatchObject({ scope: "session" });
    expect(socket.destroyed).toBe(true);
  });

  test("ends both when its signal aborts", async () => {
    const controller = new AbortController();
    const { far, relayed, socket } = await joined(connect, controller.signal);
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(relayed).rejects.toBe(reason);
    expect(socket.destroyed).toBe(true);
    await expect(far.read()).rejects.toMatchObject({ code: "STREAM_CANCELLED" });
  });

  test("holds the stream back while nobody reads the socket, and the socket while nobody reads the stream", async () => {
    // The ends of that Duplex take everything at once.
    if (name === "a Duplex") return;
    const { visitor, far, relayed, stream } = await joined(connect);
    const [there, back] = [patterned(40 * MIB), patterned(40 * MIB, 7)];
    visitor.end(there);
    let isSent = false;
    const sending = sendAll(far, back).then(() => (isSent = true));
    await vi.waitFor(() => {
      const { bytesUnread, writeBlockedBy } = stream.stats();
      expect(bytesUnread).toBeGreaterThan(0);
      expect(writeBlockedBy).toBe("window");
    });
    expect(isSent).toBe(false);
    const [arrived, answered] = await Promise.all([readAll(far), collect(visitor), sending]);
    expect(arrived.equals(there)).toBe(true);
    expect(answered.equals(back)).toBe(true);
    expect(await relayed).toEqual({ fromOne: back.length, fromOther: there.length });
  });
});

describe("relay in @muxado/node", () => {
  test("sends what had arrived before, on both sides", async () => {
    const [socket, visitor] = await socketPair({ allowHalfOpen: true });
    const [client, server] = await tcpSessions();
    const stream = client.open();
    const far = await server.accept();
    socket.pause();
    socket.unshift(Buffer.from("first, "));
    visitor.end("then this");
    await far.write(Buffer.from("waits"));
    await vi.waitFor(() => expect(stream.stats().bytesUnread).toBe(5));
    const relayed = relay(stream, socket);
    expect((await readAll(far)).toString()).toBe("first, then this");
    await far.closeWrite();
    expect((await collect(visitor)).toString()).toBe("waits");
    expect(await relayed).toEqual({ fromOne: 5, fromOther: 16 });
  });

  test("waits for a socket that is connecting", async () => {
    const server = net.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
    server.listen(0, HOST);
    await once(server, "listening");
    const { port } = server.address() as net.AddressInfo;
    const [client, peer] = await tcpSessions();
    const stream = client.open();
    const far = await peer.accept();
    const relayed = relay(stream, net.connect({ port, host: HOST }));
    await sendAll(far, Buffer.from("echo"));
    expect((await readAll(far)).toString()).toBe("echo");
    expect(await relayed).toEqual({ fromOne: 4, fromOther: 4 });
    server.close();
  });

  test("gives TCP sockets a reset, which is no end", async () => {
    const { visitor, far, relayed } = await joined(connections["TCP"]!);
    relayed.catch(ignore);
    far.reset();
    const [error] = (await once(visitor.resume(), "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNRESET");
  });

  test("passes a reset of TCP on as STREAM_CANCELLED", async () => {
    const { visitor, far, relayed } = await joined(connections["TCP"]!);
    (visitor as net.Socket).resetAndDestroy();
    await expect(relayed).rejects.toMatchObject({ code: "ECONNRESET" });
    await expect(far.read()).rejects.toMatchObject({ code: "STREAM_CANCELLED" });
  });

  test("fails at once if one side is over", async () => {
    const [client, server] = await tcpSessions();
    const [socket, visitor] = await socketPair();
    const stream = client.open();
    stream.reset();
    await failsWith(relay(stream, socket), stream);
    expect(socket.destroyed).toBe(true);
    visitor.destroy();
    const next = client.open();
    const far = await server.accept();
    await expect(relay(next, socket)).rejects.toMatchObject({
      code: "ERR_STREAM_PREMATURE_CLOSE",
    });
    await expect(far.read()).rejects.toMatchObject({ code: "STREAM_CANCELLED" });
  });

  test("refuses misuse, and changes nothing", async () => {
    const [client] = await tcpSessions();
    const [socket] = await socketPair();
    const stream = client.open();
    expect(() => relay(stream, {} as Duplex)).toThrow(TypeError);
    expect(() => relay({} as Stream, socket)).toThrow(TypeError);
    const observer = { onReadable: ignore, onWritable: ignore };
    stream.observe(observer);
    expect(() => relay(stream, socket)).toThrow(TypeError);
    stream.observe(undefined);
    const reading = stream.read().catch(ignore);
    await expect(relay(stream, socket)).rejects.toMatchObject({ code: "READ_PENDING" });
    const aborted = relay(stream, socket, { signal: AbortSignal.abort(new Error("late")) });
    await expect(aborted).rejects.toThrow("late");
    void stream.close();
    await reading;
    const refused = relay(stream, socket);
    await expect(refused).rejects.toMatchObject({ code: "STREAM_CLOSED" });
    await expect(refused).rejects.toBeInstanceOf(MuxadoError);
    expect([socket.destroyed, socket.listenerCount("data"), socket.allowHalfOpen]).toEqual([
      false,
      0,
      false,
    ]);
    expect(() => relay(stream, socket.setEncoding("utf8"))).toThrow(TypeError);
  });

  test("joins two streams as well", async () => {
    const [client, server] = await tcpSessions();
    const [one, other] = [client.open(), client.open()];
    const [near, far] = [await server.accept(), await server.accept()];
    const relayed = relay(one, other);
    await Promise.all([sendAll(near, Buffer.from("to far")), sendAll(far, Buffer.from("to near"))]);
    expect((await readAll(far)).toString()).toBe("to far");
    expect((await readAll(near)).toString()).toBe("to near");
    expect(await relayed).toEqual({ fromOne: 6, fromOther: 7 });
    await nothingOpen([client, server]);
  });
});

describe("relay to another process", () => {
  test("waits for a slow reader, which gets every byte", async () => {
    const program = `
      const hash = require("crypto").createHash("sha256");
      const socket = require("net").connect(process.argv[1], "${HOST}");
      socket.on("data", (chunk) => {
        hash.update(chunk);
        socket.pause();
        setTimeout(() => socket.resume(), 1);
      });
      socket.on("end", () => socket.end(hash.digest("hex")));
    `;
    const { far, relayed } = await joinedTo(program);
    const bytes = patterned(20 * MIB);
    await sendAll(far, bytes);
    const answer = await readAll(far);
    expect(answer.toString()).toBe(createHash("sha256").update(bytes).digest("hex"));
    expect(await relayed).toEqual({ fromOne: bytes.length, fromOther: 64 });
  });

  test("resets the stream when the process is killed", async () => {
    const program = `
      const socket = require("net").connect(process.argv[1], "${HOST}");
      socket.once("data", () => process.kill(process.pid, "SIGKILL"));
    `;
    const { far, relayed } = await joinedTo(program);
    relayed.catch(ignore);
    const failing = sendForEver(far);
    await expect(relayed).rejects.toMatchObject({ code: /^(ECONNRESET|EPIPE)$/ });
    await expect(failing).rejects.toMatchObject({ code: "STREAM_CANCELLED", origin: "remote" });
  });
});

/** A stream that is joined to a connection of a process which runs `program`. */
async function joinedTo(program: string): Promise<Joined> {
  const server = net.createServer({ allowHalfOpen: true }).listen(0, HOST);
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  const child = spawn(process.execPath, ["-e", program, String(port)], { stdio: "inherit" });
  onTestFinished(() => void child.kill("SIGKILL"));
  return await joined(async () => {
    const [socket] = (await once(server, "connection")) as [net.Socket];
    server.close();
    return [socket, socket];
  });
}

async function readAll(stream: Stream): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Returns what arrives up to the end. It is no iteration: that would destroy the connection, with what it still sends. */
async function collect(connection: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  connection.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(connection, "end");
  return Buffer.concat(chunks);
}

/** Checks that the relay fails with the error of `stream`. */
async function failsWith(relayed: Promise<RelayResult>, stream: Stream): Promise<void> {
  await expect(relayed).rejects.toBeInstanceOf(MuxadoError);
  await relayed.catch((error: unknown) => expect(error).toBe(stream.error));
}

async function sendAll(stream: Stream, bytes: Uint8Array): Promise<void> {
  await stream.write(bytes);
  await stream.closeWrite();
}

async function sendForEver(stream: Stream): Promise<never> {
  for (;;) await stream.write(new Uint8Array(64 * 1024));
}
