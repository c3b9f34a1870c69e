import { once } from "node:events";
import type { Session } from "@muxado/core";
import { VirtualClock } from "@muxado/testkit";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import {
  ask,
  closeOf,
  deferred,
  dial,
  echo,
  ending,
  ignore,
  serve,
  serveSockets,
  serveTcp,
  socketPair,
  socketTo,
} from "../test/peers.ts";
import { leaveNothingOpen } from "../test/resources.ts";
import { type FakeSend, FakeWebSocket } from "../test/fake-socket.ts";
import { StandardWebSocket } from "../test/standard-socket.ts";
import { attach } from "./attach.ts";
import type { WebSocketLike } from "./web-socket.ts";

leaveNothingOpen();

const EVENTS = ["open", "message", "error", "close"];

/** Returns the number of listeners, ours and all others. `ws` itself adds none; the tests add one for errors. */
function listenersOf(socket: WebSocket): number {
  return EVENTS.reduce((sum, name) => sum + socket.listenerCount(name), 0);
}

describe("a WebSocket", () => {
  test("carries a session, from its first turn on", async () => {
    const url = await serveSockets((socket) => void echo(attach(socket, { role: "server" })));
    const socket = socketTo(url);
    const session = ending(attach(socket, { role: "client" }));
    expect(socket.readyState).toBe(WebSocket.CONNECTING);
    expect(socket.binaryType).toBe("arraybuffer");
    expect(await ask(session, "hello")).toBe("hello");
  });

  test("takes any side of a session", async () => {
    const [left, right] = await socketPair();
    const client = ending(attach(right, { role: "client" }));
    void echo(ending(attach(left, { role: "server" })));
    expect(await ask(client, "hello")).toBe("hello");
  });

  test.each([
    ["of ws", socketTo],
    ["as the standard has it", (url: string) => new StandardWebSocket(url, "muxado")],
  ])("%s closes in due form, and keeps no listener", async (_, make) => {
    const accepted = deferred<WebSocket>();
    const url = await serveSockets(accepted.resolve);
    const socket = make(url);
    const beneath = socket instanceof WebSocket ? socket : socket.inner;
    const session = attach(socket, { role: "client" });
    const peer = await accepted.promise;
    const before = listenersOf(peer);
    const serverSide = attach(peer, { role: "server" });
    void echo(serverSide);
    expect(await ask(session, "hello")).toBe("hello");
    const closes = [peer, beneath].map(closeOf);
    await session.close();
    expect((await session.closed).localError).toBeUndefined();
    expect((await serverSide.closed).localError).toBeUndefined();
    expect(await Promise.all(closes)).toEqual([
      [1000, ""],
      [1000, ""],
    ]);
    expect(listenersOf(peer)).toBe(before);
    // The listener for errors that the tests add.
    if (socket instanceof WebSocket) expect(listenersOf(socket)).toBe(1);
    else expect(socket.listeners).toBe(0);
  });

  test("is hung up on when its session is destroyed and the peer does not answer", async () => {
    const [left, right] = await socketPair();
    // The peer reads nothing, so it never answers a close.
    right.pause();
    const session = attach(left, { role: "client", lingerTimeout: 20 });
    session.destroy();
    await session.closed;
    expect(left.readyState).toBeGreaterThan(WebSocket.OPEN);
    await once(left, "close");
    right.resume();
  });

  test("drains before it closes", async () => {
    const [left, right] = await socketPair();
    const client = ending(attach(left, { role: "client" }));
    const server = ending(attach(right, { role: "server" }));
    const stream = client.open();
    const written = stream.write(new Uint8Array(5_000_000)).then(() => stream.close());
    let length = 0;
    const inbound = await server.accept();
    const read = (async () => {
      for await (const chunk of inbound) length += chunk.length;
      await inbound.close();
    })();
    await Promise.all([written, client.close(), read]);
    expect(length).toBe(5_000_000);
    expect((await client.closed).localError).toBeUndefined();
    expect((await server.closed).localError).toBeUndefined();
  });
});

describe("a close of the peer's", () => {
  async function endBy(act: (peer: WebSocket) => void): Promise<Awaited<Session["closed"]>> {
    const [left, right] = await socketPair();
    const session = ending(attach(left, { role: "client" }));
    const read = session.open().read();
    act(right);
    await expect(read).rejects.toMatchObject({ scope: "session", origin: "remote" });
    return session.closed;
  }

  test.each([
    ["1000", (peer: WebSocket) => peer.close(1000)],
    ["1001", (peer: WebSocket) => peer.close(1001, "left the page")],
    ["none", (peer: WebSocket) => peer.close()],
  ])("without a fault is an end: %s", async (_, act) => {
    expect((await endBy(act)).localError).toMatchObject({ code: "PEER_EOF", origin: "remote" });
  });

  test.each<[number, string, (peer: WebSocket) => void]>([
    [1011, "closed with code 1011: out of order", (peer) => peer.close(1011, "out of order")],
    [1008, "closed with code 1008", (peer) => peer.close(1008)],
    [4321, "closed with code 4321: sign in again", (peer) => peer.close(4321, "sign in again")],
    [1006, "closed with code 1006: the connection was lost", (peer) => peer.terminate()],
  ])("with a fault is an error that tells it: %i", async (code, text, act) => {
    const { localError } = await endBy(act);
    expect(localError).toMatchObject({
      code: "TRANSPORT_FAILED",
      origin: "remote",
      cause: { code, message: text },
    });
    expect(localError!.message).toBe(`transport failed: ${text}`);
  });

  test("that never came, as a reset of the connection, is an error as well", async () => {
    const url = await serveTcp((socket) => socket.resetAndDestroy());
    const session = attach(socketTo(url), { role: "client" });
    const { localError } = await session.closed;
    expect(localError).toMatchObject({ code: "CONNECT_FAILED", origin: "local" });
    expect(localError!.cause).toMatchObject({ code: "ECONNRESET" });
  });
});

describe("a WebSocket that is over before it is attached gives a session that is over", () => {
  test.each<[string, (socket: WebSocket) => void]>([
    ["closing", (socket) => socket.close()],
    ["hung up", (socket) => socket.terminate()],
  ])("%s", async (_, act) => {
    const [left] = await socketPair();
    act(left);
    const session = attach(left, { role: "client" });
    expect(() => session.open()).toThrow();
    expect((await session.closed).localError).toMatchObject({ code: "PEER_EOF" });
  });

  test("closed", async () => {
    const [left] = await socketPair();
    left.close();
    await once(left, "close");
    const session = attach(left, { role: "client" });
    expect((await session.closed).localError).toMatchObject({ code: "PEER_EOF" });
  });
});

describe("one that never opens", () => {
  test.each([
    ["of ws", socketTo],
    ["as the standard has it", (url: string) => new StandardWebSocket(url, "muxado")],
  ])("has sent nothing, and every stream is safe to retry: %s", async (_, make) => {
    const url = await serveTcp((socket) => socket.end("HTTP/1.1 404 Not Found\r\n\r\n"));
    const session = attach(make(url), { role: "client" });
    const stream = session.open();
    for (const outcome of [stream.write(new Uint8Array(100_000)), stream.read()]) {
      await expect(outcome).rejects.toMatchObject({ code: "CONNECT_FAILED", retry: "safe" });
    }
    const { localError } = await session.closed;
    expect(localError).toMatchObject({ code: "CONNECT_FAILED", cause: expect.any(Error) });
    expect(localError!.message).toContain("404");
  });

  test("and only reports its close has sent nothing either", async () => {
    const socket = new FakeWebSocket({ readyState: 0 });
    const session = attach(socket, { role: "client" });
    const read = session.open().read();
    socket.tell("error", {});
    socket.tell("close", { code: 1006, reason: "" });
    await expect(read).rejects.toMatchObject({ code: "CONNECT_FAILED", retry: "safe" });
    expect((await session.closed).localError!.cause).toMatchObject({
      code: 1006,
      message: "closed with code 1006: the connection was lost",
    });
  });

  test("is given up with its session", async () => {
    const gone = deferred();
    const reached = deferred();
    const url = await serveTcp((socket) => {
      reached.resolve();
      socket.resume().on("close", gone.resolve);
    });
    const session = attach(socketTo(url), { role: "client", lingerTimeout: 1 });
    // Otherwise the session may destroy the socket before the server notices the connection.
    await reached.promise;
    session.destroy();
    await session.closed;
    await gone.promise;
  });
});

describe("a WebSocket", () => {
  /** Returns a session over an imitation of a socket, whose `send` does what the test wants. */
  function sending(send: FakeSend, readyState = 1): { socket: FakeWebSocket; session: Session } {
    const socket = new FakeWebSocket({ send, readyState });
    return { socket, session: ending(attach(socket, { role: "client", lingerTimeout: 1 })) };
  }

  test.each([
    ["in a write", 1],
    ["in the write that has waited for it to open", 0],
  ])("whose send throws ends the session with what was thrown, %s", async (_, readyState) => {
    const error = new Error("no paper");
    const { socket, session } = sending(() => {
      throw error;
    }, readyState);
    const write = session.open().write(new Uint8Array(100_000));
    write.catch(ignore);
    await new Promise((next) => setImmediate(next));
    socket.readyState = 1;
    socket.tell("open", {});
    await expect(write).rejects.toMatchObject({ code: "TRANSPORT_FAILED", cause: error });
    expect((await session.closed).localError).toMatchObject({ code: "TRANSPORT_FAILED" });
  });

  test("whose send calls back twice ends the session with an error that says so", async () => {
    const { session } = sending((done) => {
      done?.();
      setImmediate(() => done?.());
    });
    void session.open().write(Buffer.from("x"));
    const { localError } = await session.closed;
    expect(localError).toMatchObject({ code: "TRANSPORT_FAILED" });
    expect(localError!.cause).toMatchObject({
      message: "the WebSocket has confirmed a message twice",
    });
  });

  test("that calls back early writes when its buffer has room, without a message from the peer", async () => {
    const clock = new VirtualClock();
    const socket = new FakeWebSocket({});
    socket.bufferedAmount = 10_000_000;
    const session = ending(attach(socket, { role: "client", clock }));
    await session.open().write(Buffer.from("x"));
    await new Promise((next) => setImmediate(next));
    const write = session.open().write(new Uint8Array(200_000));
    await new Promise((next) => setImmediate(next));
    expect(session.stats().bytesToSend).toBeGreaterThan(0);
    socket.bufferedAmount = 0;
    clock.advance(100);
    await write;
  });

  test.each([
    ["never calls back", true],
    ["never empties its buffer", false],
  ])("that %s ends the session after transportTimeout", async (_, tells) => {
    const clock = new VirtualClock();
    const socket = new FakeWebSocket({ send: ignore });
    if (!tells) socket.on = undefined;
    socket.bufferedAmount = 10_000_000;
    const session = ending(attach(socket, { role: "client", clock }));
    // The transport doubts the level once, because the buffer may be that of a browser that forgets to count.
    await session.open().write(Buffer.from("x"));
    await new Promise((next) => setImmediate(next));
    clock.advance(5_000);
    const write = session.open().write(new Uint8Array(200_000));
    write.catch(ignore);
    await new Promise((next) => setImmediate(next));
    expect(session.stats().bytesToSend).toBeGreaterThan(0);
    clock.advance(601_000);
    await expect(write).rejects.toMatchObject({ code: "TRANSPORT_FAILED" });
    clock.advance(60_000);
    expect((await session.closed).localError).toMatchObject({ code: "TRANSPORT_FAILED" });
  });

  test.each<[string, string | undefined, (session: Session) => void]>([
    ["is destroyed", "SESSION_CLOSED", (session) => session.destroy()],
    ["is closed", undefined, (session) => void session.close()],
  ])(
    "that has closed takes nothing more: a session that %s in that turn waits for nothing",
    async (_, code, end) => {
      const socket = new FakeWebSocket({});
      const session = ending(attach(socket, { role: "client", clock: new VirtualClock() }));
      end(session);
      // The session's GOAWAY leaves at the end of the turn.
      socket.tell("close", { code: 1000, reason: "" });
      const { localError } = await session.closed;
      expect(localError?.code).toBe(code);
    },
  );

  test.each<[string, (socket: WebSocket) => void]>([
    ["closed", (socket) => socket.close()],
    ["hung up", (socket) => socket.terminate()],
  ])("that somebody else has %s in the middle of a write ends the session", async (_, act) => {
    const [left, right] = await socketPair();
    // The peer reads nothing.
    right.pause();
    onTestFinished(() => right.terminate());
    const session = attach(left, { role: "client", lingerTimeout: 1 });
    const stream = session.open();
    const write = stream.write(new Uint8Array(20_000_000));
    write.catch(ignore);
    await new Promise((next) => setImmediate(next));
    act(left);
    // `ws` sends the messages in its own queue before a close.
    right.resume();
    await expect(write).rejects.toMatchObject({ scope: "session" });
    await expect(stream.read()).rejects.toMatchObject({ scope: "session" });
    await session.closed;
  });
});

describe("bad input", () => {
  test.each(["readyState", "addEventListener", "removeEventListener", "send", "close"])(
    "a look-alike without %s is refused, and the error names it",
    (member) => {
      const socket = Object.assign(new FakeWebSocket({}), { [member]: undefined });
      const attempt = (): Session => attach(socket, { role: "client" });
      expect(attempt).toThrow(TypeError);
      expect(attempt).toThrow(new RegExp(`has no ${member}\\b`));
    },
  );

  test.each([undefined, {}, "ws://localhost", { addEventListener: ignore }])(
    "%o is no WebSocket",
    (socket) => {
      expect(() => attach(socket as unknown as WebSocketLike, { role: "client" })).toThrow(
        TypeError,
      );
    },
  );

  test("a socket that has a session gets no second one", async () => {
    const [left, right] = await socketPair();
    const session = ending(attach(left, { role: "client" }));
    expect(() => attach(left, { role: "client" })).toThrow(
      new TypeError("socket has a session already"),
    );
    void echo(ending(attach(right, { role: "server" })));
    expect(await ask(session, "hello")).toBe("hello");
  });

  test.each([
    ["role", TypeError, { role: "both" }],
    ["windowSize", RangeError, { role: "client", windowSize: 2 ** 31 }],
  ])(
    "an option out of range is named, and the socket left alone: %s",
    async (name, kind, options) => {
      const [left] = await socketPair();
      const before = listenersOf(left);
      const attempt = (): Session => attach(left, options as { role: "client" });
      expect(attempt).toThrow(kind);
      expect(attempt).toThrow(name);
      expect(listenersOf(left)).toBe(before);
    },
  );
});

describe("a write", () => {
  test("takes all output of one turn in one message", async () => {
    const { url } = await serve({}, echo);
    const socket = new StandardWebSocket(url, "muxado");
    const session = ending(attach(socket, { role: "client" }));
    await once(socket.inner, "open");
    for (const byte of "abc") await session.open().write(Buffer.from(byte));
    await vi.waitFor(() => expect(socket.sent).toEqual([27]));
  });

  test("is cut into messages of 64 KiB, whatever its chunks are", async () => {
    const [left, right] = await socketPair();
    const sizes: number[] = [];
    right.on("message", (data: Buffer) => sizes.push(data.length));
    const stream = ending(attach(left, { role: "client" })).open();
    await stream.write(new Uint8Array(200_000));
    await vi.waitFor(() => expect(sizes.reduce((sum, one) => sum + one, 0)).toBe(200_032));
    expect(sizes).toEqual([65_536, 65_536, 65_536, 3_424]);
  });

  test.each([
    ["client", 0, 1],
    ["server", 1, 0],
  ])(
    "bytes arrive unchanged although the application reuses their memory after the write, from the %s",
    async (_, from, to) => {
      const sockets = await socketPair();
      const [left, right] = [sockets[from]!, sockets[to]!];
      const stream = ending(attach(left, { role: "client" })).open();
      const server = ending(attach(right, { role: "server" }));
      const inbound = server.accept().then((one) => new Response(one.readable).arrayBuffer());
      const chunk = new Uint8Array(100_000);
      for (let value = 1; value <= 5; value++) await stream.write(chunk.fill(value));
      await stream.closeWrite();
      const bytes = Buffer.from(await inbound);
      expect(bytes).toHaveLength(500_000);
      for (let value = 1; value <= 5; value++) {
        const part = bytes.subarray((value - 1) * 100_000, value * 100_000);
        expect(part.equals(Buffer.alloc(100_000, value))).toBe(true);
      }
    },
  );
});

describe("the buffer of a standard WebSocket", () => {
  /** Returns a session over a socket whose buffer has the level that the test sets. The test moves the clock. */
  async function buffered(): Promise<{
    socket: StandardWebSocket;
    session: Session;
    clock: VirtualClock;
    peer: WebSocket;
    blocked: () => boolean;
  }> {
    const accepted = deferred<WebSocket>();
    const url = await serveSockets(accepted.resolve);
    const socket = new StandardWebSocket(url, "muxado");
    onTestFinished(() => socket.inner.terminate());
    const clock = new VirtualClock();
    const session = attach(socket, {
      role: "client",
      clock,
      writeTimeout: Infinity,
      transportTimeout: Infinity,
    });
    const peer = await accepted.promise;
    await once(socket.inner, "open");
    const blocked = (): boolean => session.stats().bytesToSend > 0;
    return { socket, session, clock, peer, blocked };
  }

  async function turn(): Promise<void> {
    for (let count = 0; count < 3; count++) await new Promise((next) => setImmediate(next));
  }

  test("with room lets a write go on at once, without a timer", async () => {
    const { socket, session, clock, blocked } = await buffered();
    socket.buffered = 64 * 1024;
    await session.open().write(Buffer.from("x"));
    await turn();
    expect([blocked(), clock.timers.length]).toEqual([false, 0]);
  });

  test("that is full is looked at until it has room, less often while it does not move", async () => {
    const { socket, session, clock, blocked } = await buffered();
    socket.buffered = 300_000;
    await session.open().write(Buffer.from("x"));
    await turn();
    expect(blocked()).toBe(true);
    const waits: number[] = [];
    for (let look = 0; look < 7; look++) {
      expect(clock.timers).toHaveLength(1);
      const before = clock.now();
      clock.runNext();
      waits.push(clock.now() - before);
    }
    expect(waits).toEqual([4, 8, 16, 32, 64, 64, 64]);
    socket.buffered = 200_000;
    clock.runNext();
    const before = clock.now();
    socket.buffered = 60_000;
    clock.runNext();
    expect(clock.now() - before).toBe(4);
    expect([blocked(), clock.timers.length]).toEqual([false, 0]);
  });

  test("the buffer is checked when a message arrives, even if timers are late", async () => {
    const { socket, session, clock, peer, blocked } = await buffered();
    socket.buffered = 300_000;
    await session.open().write(Buffer.from("x"));
    await turn();
    socket.buffered = 0;
    peer.send(Buffer.alloc(0));
    await vi.waitFor(() => expect(blocked()).toBe(false));
    expect(clock.timers).toHaveLength(0);
  });

  test.each<[string, (session: Session, peer: WebSocket) => void]>([
    ["the peer closes", (_, peer) => peer.close()],
    ["the connection breaks", (_, peer) => peer.terminate()],
    ["the session is destroyed", (session) => session.destroy()],
  ])("is not looked at any more when %s", async (_, act) => {
    const { socket, session, clock, peer } = await buffered();
    socket.buffered = 300_000;
    await session.open().write(Buffer.from("x"));
    await turn();
    act(session, peer);
    // The transport has this long to take the bytes that are left.
    await turn();
    if (clock.timers.length > 0) clock.advance(60_000);
    await session.closed;
    expect(clock.timers).toHaveLength(0);
    socket.inner.terminate();
  });
});

test("two sessions over sockets that are dialed by hand", async () => {
  const { url } = await serve({}, echo);
  const sessions = await Promise.all(
    [1, 2].map(async () => ending(attach(await dial(url), { role: "client" }))),
  );
  expect(await Promise.all(sessions.map((session) => ask(session, "hello")))).toEqual([
    "hello",
    "hello",
  ]);
});
