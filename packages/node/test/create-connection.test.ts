// A connection that still has to connect, for libraries that make their own: which events it emits, and when.

import { once } from "node:events";
import { text } from "node:stream/consumers";
import { MuxadoError, type Session } from "@muxado/core";
import { createConnection, StreamSocket, type StreamSource } from "@muxado/node";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { nothingOpen, sessionPair, tcpSessions } from "./connections.ts";
import { deferred, echo, ignore } from "./peers.ts";
import { leaveNothingOpen } from "./resources.ts";

leaveNothingOpen();

const LIFE = ["connect", "ready", "timeout", "end", "finish", "error", "close"];

/** Returns the events of a connection, in order, as they are emitted. */
function lifeOf(connection: StreamSocket): string[] {
  const events: string[] = [];
  for (const name of LIFE) connection.on(name, () => events.push(name));
  return events;
}

/** Returns the error and the events of a connection that fails, once it has closed. */
async function failure(
  connection: StreamSocket,
): Promise<{ error: Error & { code?: unknown }; life: string[] }> {
  const life = lifeOf(connection);
  const told = vi.fn();
  connection.on("error", told).resume();
  await new Promise((done) => connection.once("close", done));
  expect(told).toHaveBeenCalledTimes(1);
  return { error: told.mock.calls[0]![0] as Error, life };
}

/** Returns a session whose peer sends back all bytes. */
function echoing(): [client: Session, server: Session] {
  const sessions = sessionPair();
  void echo(sessions[1]);
  return sessions;
}

/** A source that never returns a session. */
const never = (): Promise<Session> => new Promise(() => {});

/** Waits for some turns, like a program that makes its connection first and listens later. */
async function awhile(): Promise<void> {
  for (let count = 0; count < 10; count++) await Promise.resolve();
  await new Promise<void>((done) => process.nextTick(done));
  for (let count = 0; count < 10; count++) await Promise.resolve();
}

describe("a connection", () => {
  test.each([
    ["a session", (session: Session) => session],
    ["a promise of one", (session: Session) => Promise.resolve(session)],
    ["a function that has one", (session: Session) => () => session],
    ["a function that promises one", (session: Session) => async () => session],
    ["a function that opens a stream", (session: Session) => () => session.open()],
    ["a function that promises a stream", (session: Session) => async () => session.open()],
  ] as const)("connects by itself over %s, and then carries bytes", async (_, sourceOf) => {
    const [client, server] = echoing();
    const connection = createConnection(sourceOf(client));
    const life = lifeOf(connection);
    expect(connection).toBeInstanceOf(StreamSocket);
    expect(connection).toMatchObject({ connecting: true, pending: true, readyState: "opening" });
    await awhile();
    expect(life).toEqual([]);
    await once(connection, "ready");
    expect(life).toEqual(["connect", "ready"]);
    expect(connection).toMatchObject({ connecting: false, pending: false, readyState: "open" });
    expect(connection.stream?.session).toBe(client);
    connection.end("there and back");
    expect(await text(connection)).toBe("there and back");
    await nothingOpen([client, server]);
    expect(life).toEqual(["connect", "ready", "finish", "end", "close"]);
  });

  test("emits its events also for those that listen only after a while", async () => {
    const [client] = echoing();
    const connection = createConnection(client);
    await awhile();
    const told = ["connect", "ready"].map((event) => once(connection, event));
    await Promise.all(told);
    connection.destroy();
    const refused = createConnection(() => Promise.reject(new Error("offline")));
    await awhile();
    expect((await failure(refused)).life).toEqual(["error", "close"]);
  });

  test("a connection keeps written bytes and the end until it has its stream", async () => {
    const [client, server] = sessionPair();
    const found = deferred<Session>();
    const connection = createConnection(found.promise);
    const written = vi.fn();
    connection.write("one ", written);
    connection.write(Buffer.alloc(100_000, "x"));
    connection.end(" two");
    await new Promise(setImmediate);
    expect(connection).toMatchObject({ connecting: true, bytesWritten: 100_008 });
    expect(written).not.toHaveBeenCalled();
    found.resolve(client);
    const stream = await server.accept();
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe(`one ${"x".repeat(100_000)} two`);
    expect(written).toHaveBeenCalledTimes(1);
    await stream.closeWrite();
    await once(connection.resume(), "close");
  });

  test("is connected by those who want to do so: before it is, and after", async () => {
    const [client] = echoing();
    const connection = createConnection(client);
    const early = vi.fn();
    expect(connection.connect(5432, "db.test", early)).toBe(connection);
    await once(connection, "connect");
    expect(early).toHaveBeenCalledTimes(1);
    const late = vi.fn();
    const life = lifeOf(connection);
    connection.connect({ port: 5432 }, late);
    expect(late).not.toHaveBeenCalled();
    await once(connection, "ready");
    expect(life).toEqual(["connect", "ready"]);
    expect([early.mock.calls.length, late.mock.calls.length]).toEqual([1, 1]);
    expect(client.stats().streamsOpened).toBe(1);
    connection.destroy();
  });

  test("has the addresses of its session's connection, as soon as it has a stream", async () => {
    const [client, server] = await tcpSessions();
    void echo(server);
    const connection = createConnection(client);
    expect(connection).toMatchObject({ remoteAddress: undefined, remotePort: undefined });
    expect(connection.address()).toEqual({});
    expect([connection.ref(), connection.unref(), connection.setNoDelay()]).toEqual(
      Array(3).fill(connection),
    );
    await once(connection, "connect");
    expect(connection).toMatchObject({ remoteAddress: "127.0.0.1", remoteFamily: "IPv4" });
    expect(connection.address()).toMatchObject({ address: "127.0.0.1" });
    connection.destroy();
  });

  test("ends when its peer ends, unless it may stay half-open", async () => {
    const [client, server] = sessionPair();
    const connection = createConnection(client);
    connection.write("hello");
    await (await server.accept()).closeWrite();
    const life = lifeOf(connection);
    await once(connection.resume(), "close");
    expect(life).toEqual(["end", "finish", "close"]);

    const proxy = createConnection(client, { allowHalfOpen: true });
    proxy.write("question");
    const stream = await server.accept();
    await stream.closeWrite();
    await once(proxy.resume(), "end");
    expect(proxy).toMatchObject({ writable: true, readyState: "writeOnly" });
    proxy.end(", and more");
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe("question, and more");
    await nothingOpen([client, server]);
  });

  test("emits `timeout` after silence, also while it connects", async () => {
    const [client] = echoing();
    const found = deferred<Session>();
    const connection = createConnection(found.promise, { timeout: 5 });
    expect(connection.timeout).toBe(5);
    await once(connection, "timeout");
    expect(connection.connecting).toBe(true);
    found.resolve(client);
    await once(connection, "connect");
    connection.setTimeout(5);
    await once(connection, "timeout");
    expect(connection.destroyed).toBe(false);
    connection.destroy();
  });
});

describe("a connection that cannot be made", () => {
  const offline = new Error("offline");

  test.each([
    ["its promise is rejected", () => Promise.reject(offline)],
    ["its function rejects", () => () => Promise.reject(offline)],
    [
      "its function throws",
      () => () => {
        throw offline;
      },
    ],
  ] as const)("is refused when %s", async (_, sourceOf) => {
    const connection = createConnection(sourceOf());
    const written = vi.fn();
    connection.write("unsent", written);
    const { error, life } = await failure(connection);
    expect(error).toMatchObject({ name: "Error", code: "ECONNREFUSED" });
    expect(error.cause).toBe(offline);
    expect(life).toEqual(["error", "close"]);
    expect(written.mock.calls).toEqual([[error]]);
    expect(connection).toMatchObject({ connecting: false, readyState: "closed" });
  });

  test("is refused when its session is over, or takes no more streams", async () => {
    const [over] = sessionPair();
    await over.close({ timeout: 0 });
    const [leaving, far] = sessionPair();
    far.goAway();
    await vi.waitFor(() => expect(() => leaving.open()).toThrow());
    const [full] = sessionPair({ maxOutboundStreams: 0 });
    for (const [session, code] of [
      [over, "SESSION_CLOSED"],
      [leaving, "REMOTE_GONE_AWAY"],
      [full, "STREAM_LIMIT"],
    ] as const) {
      const { error, life } = await failure(createConnection(session));
      expect(error).toMatchObject({ code: "ECONNREFUSED", cause: { code } });
      expect(MuxadoError.is(error.cause)).toBe(true);
      expect(life).toEqual(["error", "close"]);
    }
  });

  test("is refused when its peer turns the stream away", async () => {
    const [client, server] = sessionPair();
    const connection = createConnection(client);
    connection.write("hello");
    const outcome = failure(connection);
    (await server.accept()).refuse();
    const { error, life } = await outcome;
    expect(error).toMatchObject({ code: "ECONNREFUSED", cause: { code: "STREAM_REFUSED" } });
    expect(error.cause).toBe(connection.stream?.error);
    expect(life).toEqual(["connect", "ready", "error", "close"]);
  });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["a number", 42],
    ["an object that opens nothing", {}],
  ])("is not begun if its source is %s", (_, source) => {
    expect(() => createConnection(source as StreamSource)).toThrow(TypeError);
  });

  test("is refused while its function finds no session", async () => {
    const connection = createConnection(() => undefined);
    const [error] = (await once(connection, "error")) as [Error];
    expect(error).toMatchObject({ code: "ECONNREFUSED" });
    expect(error.message).toContain("there is no session");
  });

  test("fails when it is given a stream that is somebody else's", async () => {
    const [client] = sessionPair();
    const stream = client.open();
    stream.observe({ onReadable: ignore, onWritable: ignore });
    for (const source of [() => stream, async () => stream]) {
      const { error } = await failure(createConnection(source));
      expect(error).toBeInstanceOf(TypeError);
    }
  });

  test("leaves no rejection unhandled, even if it was destroyed before it asked", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    onTestFinished(() => void process.off("unhandledRejection", unhandled));
    const outcome = failure(createConnection(Promise.reject(offline)));
    createConnection(Promise.reject(offline)).destroy();
    await outcome;
    await new Promise(setImmediate);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe("a connection that is given up while it connects", () => {
  /** The moments at which the program can give up. */
  const moments = {
    "at once": () => {},
    "a moment later": awhile,
    "when it has asked": async () => {
      await new Promise(setImmediate);
      await new Promise(setImmediate);
    },
  };

  test.each(Object.entries(moments))(
    "closes, also if no stream ever comes: %s",
    async (_, wait) => {
      const connection = createConnection(never);
      const life = lifeOf(connection);
      await wait();
      const closed = once(connection, "close");
      connection.destroy();
      expect(connection).toMatchObject({ connecting: false, destroyed: true });
      await closed;
      expect(life).toEqual(["close"]);
    },
  );

  test.each(Object.entries(moments))("fails with its program's own error: %s", async (_, wait) => {
    const connection = createConnection(never);
    const written = vi.fn();
    connection.write("unsent", written);
    await wait();
    const enough = new Error("enough");
    const outcome = failure(connection);
    connection.destroy(enough);
    const { error, life } = await outcome;
    expect(error).toBe(enough);
    expect(life).toEqual(["error", "close"]);
    expect(written).toHaveBeenCalledTimes(1);
    expect(written.mock.calls[0]![0]).toBeInstanceOf(Error);
  });

  test.each(Object.entries(moments))("by a signal: %s", async (_, wait) => {
    const aborting = new AbortController();
    const connection = createConnection(never, { signal: aborting.signal });
    await wait();
    const outcome = failure(connection);
    aborting.abort();
    const { error, life } = await outcome;
    expect(error).toMatchObject({ name: "AbortError", code: "ABORT_ERR" });
    expect(life).toEqual(["error", "close"]);
  });

  test("by a signal that had aborted before; its events also come late", async () => {
    const connection = createConnection(never, { signal: AbortSignal.abort() });
    await awhile();
    const { error, life } = await failure(connection);
    expect(error).toMatchObject({ name: "AbortError" });
    expect(life).toEqual(["error", "close"]);
  });

  test("resets a stream that comes after that", async () => {
    const [client, server] = sessionPair();
    const found = deferred<Session>();
    const connection = createConnection(found.promise);
    const life = lifeOf(connection);
    await moments["when it has asked"]();
    connection.destroy();
    await once(connection, "close");
    found.resolve(client);
    await vi.waitFor(() => expect(client.stats().streamsOpened).toBe(1));
    await nothingOpen([client, server]);
    expect(life).toEqual(["close"]);
  });

  test("asks for none if it has not asked yet", async () => {
    const source = vi.fn(never);
    const connection = createConnection(source);
    connection.destroy();
    await once(connection, "close");
    await new Promise(setImmediate);
    expect(source).not.toHaveBeenCalled();
  });
});

describe("a connection that is lost", () => {
  /** Returns a connection that is connected, and the peer's end of it. */
  async function connected(sessions = sessionPair()): Promise<{
    connection: StreamSocket;
    stream: Awaited<ReturnType<Session["accept"]>>;
    sessions: [Session, Session];
  }> {
    const connection = createConnection(sessions[0]);
    connection.write("hello");
    const stream = await sessions[1].accept();
    return { connection, stream, sessions };
  }

  test("is reset with its session, or by its peer", async () => {
    const one = await connected();
    const lost = failure(one.connection);
    one.sessions[1].destroy();
    expect((await lost).error).toMatchObject({ code: "ECONNRESET" });
    expect((await lost).error.cause).toBe(one.connection.stream?.error);
    expect((await lost).life).toEqual(["error", "close"]);

    const two = await connected();
    const reset = failure(two.connection);
    two.stream.reset();
    const { error } = await reset;
    expect(error).toMatchObject({ code: "ECONNRESET", cause: { code: "STREAM_CANCELLED" } });
  });

  test("is a broken pipe for those who write to a peer that has gone", async () => {
    const sessions = sessionPair();
    const connection = createConnection(sessions[0], { allowHalfOpen: true });
    connection.write("hello");
    const stream = await sessions[1].accept();
    await stream.close();
    await once(connection.resume(), "end");
    const outcome = failure(connection);
    connection.write("too late");
    const { error } = await outcome;
    expect(error).toMatchObject({ code: "EPIPE", cause: { code: "STREAM_CLOSED" } });
  });

  test("has timed out when the way to its peer was silent for too long", async () => {
    const { connection, sessions } = await connected();
    const outcome = failure(connection);
    void sessions[0].close({ timeout: 0 });
    const { error } = await outcome;
    expect(error).toMatchObject({ code: "ETIMEDOUT", cause: { code: "DRAIN_TIMEOUT" } });
  });

  test("is made again by a program that tries again, over the session that has come instead", async () => {
    let current: Session | undefined;
    let isDone = false;
    const find = (): Session => {
      if (current === undefined) throw new Error("no session yet");
      return current;
    };
    const codes: unknown[] = [];
    const answered = deferred<string>();
    const dial = (): void => {
      const connection = createConnection(find);
      connection
        .on("connect", () => connection.write("hello"))
        .on("data", (chunk: Buffer) => answered.resolve(String(chunk)))
        .on("error", ({ code }: NodeJS.ErrnoException) => codes.push(code))
        .on("close", () => isDone || setImmediate(dial));
    };
    const first = sessionPair();
    current = first[0];
    dial();
    await first[1].accept();
    // There is no session between the two.
    current = undefined;
    first[0].destroy();
    await vi.waitFor(() => expect(codes).toContain("ECONNREFUSED"));
    const second = echoing();
    current = second[0];
    expect(await answered.promise).toBe("hello");
    expect(codes[0]).toBe("ECONNRESET");
    expect(new Set(codes.slice(1))).toEqual(new Set(["ECONNREFUSED"]));
    expect(second[0].stats().streamsOpened).toBe(1);
    isDone = true;
    second[0].destroy();
  });
});
