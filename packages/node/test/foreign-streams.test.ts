// Transports that are not Node's own streams. Similar ones can carry sessions. Those that lack a member are refused by
// its name. If one behaves wrongly, its session ends with an error that explains this.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { Duplex as NodeDuplex } from "node:stream";
import type { Session, SessionEnd, Stream } from "@muxado/core";
import { attach, type DuplexLike, type NodePair } from "@muxado/node";
import { Random, VirtualClock } from "@muxado/testkit";
import { describe, expect, test } from "vitest";
import { Duplex, Readable, Writable } from "streamx";
import { readableStreamPair, SecretStream, streamxPair } from "./foreign-pair.ts";
import { ask, deferred, dialSocket, echo, ending, ignore, serveSockets } from "./peers.ts";
import { leaveNothingOpen } from "./resources.ts";

leaveNothingOpen();

const LENGTH = 8 * 1024 * 1024;

async function secretPair(): Promise<[DuplexLike, DuplexLike]> {
  const accepted = deferred<SecretStream>();
  const port = await serveSockets((socket) => accepted.resolve(new SecretStream(socket)));
  const left = new SecretStream(await dialSocket(port));
  return [left, await accepted.promise];
}

/** Returns two transports, each a Readable and a Writable of streamx. */
function streamxHalves(): [NodePair, NodePair] {
  const half = (): [Readable, Writable] => {
    const readable = new Readable();
    const writable = new Writable({
      write(chunk, done) {
        readable.push(chunk);
        done(null);
      },
      final(done) {
        readable.push(null);
        done(null);
      },
      destroy(done) {
        if (!readable.destroying) readable.push(null);
        done(null);
      },
    });
    return [readable, writable];
  };
  const [there, back] = [half(), half()];
  return [
    { readable: back[0], writable: there[1] },
    { readable: there[0], writable: back[1] },
  ];
}

type Transports = [DuplexLike | NodePair, DuplexLike | NodePair];

describe.each<[string, () => Transports | Promise<Transports>]>([
  ["two Duplexes of streamx", streamxPair],
  ["pairs of a Readable and a Writable of streamx", streamxHalves],
  ["Duplexes of streamx around a socket, as Hyperswarm's", secretPair],
  ["two Duplexes of readable-stream", readableStreamPair],
])("%s", (_, make) => {
  async function sessions(): Promise<[Session, Session, Transports]> {
    const transports = await make();
    const client = ending(attach(transports[0], { role: "client" }));
    const server = ending(attach(transports[1], { role: "server" }));
    return [client, server, transports];
  }

  test("carry 8 MiB each way at once, through half-closes to a graceful end", async () => {
    const [client, server] = await sessions();
    const stream = client.open();
    const sentThere = send(stream, 1);
    const inbound = await server.accept();
    const [there, heardThere] = await Promise.all([sentThere, receive(inbound)]);
    expect(heardThere).toBe(there);
    // The stream is half-closed from there, and still open from here.
    const [back, heardBack] = await Promise.all([send(inbound, 2), receive(stream)]);
    expect(heardBack).toBe(back);
    const both = client.open();
    const sending = send(both, 3);
    const other = await server.accept();
    const sums = await Promise.all([sending, send(other, 4), receive(other), receive(both)]);
    expect(sums.slice(2)).toEqual(sums.slice(0, 2));
    await client.close();
    expect((await client.closed).localError).toBeUndefined();
    expect((await server.closed).localError).toBeUndefined();
  });

  test("lose nothing that was written before a graceful end", async () => {
    const [client, server] = await sessions();
    const stream = client.open();
    const sent = send(stream, 5);
    const heard = receive(await server.accept());
    const sum = await sent;
    void client.close();
    expect(await heard).toBe(sum);
  });

  test("are destroyed with their session, and the other side learns of it", async () => {
    const [client, server, transports] = await sessions();
    const read = client.open().read();
    const inbound = await server.accept();
    server.destroy();
    await expect(read).rejects.toMatchObject({ scope: "session", origin: "remote" });
    await expect(inbound.read()).rejects.toMatchObject({ code: "SESSION_CLOSED" });
    await Promise.all([client.closed, server.closed]);
    const streams = transports.flatMap((one) =>
      "on" in one ? [one] : [one.readable, one.writable],
    );
    const isGone = (one: object): boolean =>
      ("destroyed" in one && one.destroyed === true) ||
      ("destroying" in one && one.destroying === true);
    expect(streams.map(isGone)).toEqual(streams.map(() => true));
  });
});

describe("a Duplex of streamx", () => {
  test("that fails ends the session with its error", async () => {
    const [left] = streamxPair();
    const session = attach(left, { role: "client" });
    const read = session.open().read();
    const error = new Error("wire cut");
    left.destroy(error);
    await expect(read).rejects.toMatchObject({ code: "TRANSPORT_FAILED", cause: error });
    expect((await session.closed).localError).toMatchObject({ cause: error });
  });

  test("that somebody else destroys ends the session, also in the middle of a write", async () => {
    const [left] = streamxPair();
    const session = attach(left, { role: "client" });
    const write = session.open().write(new Uint8Array(200_000));
    await new Promise((next) => setImmediate(next));
    left.destroy();
    await expect(write).rejects.toMatchObject({ code: "PEER_EOF" });
    expect((await session.closed).localError).toMatchObject({ code: "PEER_EOF" });
  });

  test.each<[string, (left: Duplex, right: Duplex) => Promise<unknown> | void]>([
    ["is being destroyed", (left) => left.destroy()],
    [
      "is destroyed",
      (left) => {
        left.destroy();
        return once(left, "close");
      },
    ],
    [
      "was ended by the peer",
      (left, right) => {
        right.end(undefined);
        return once(left.resume(), "end");
      },
    ],
    [
      "was ended here",
      (left) => {
        left.end(undefined);
        return once(left, "finish");
      },
    ],
  ])("that %s before it is attached gives a session that is over", async (_, act) => {
    const [left, right] = streamxPair();
    await act(left, right);
    const session = attach(left, { role: "client" });
    expect(() => session.open()).toThrow();
    expect((await session.closed).localError).toMatchObject({ code: "PEER_EOF" });
  });

  test.each<[string, (right: Duplex, left: Duplex) => void]>([
    [
      "text, because of an encoding",
      (right, left) => {
        left.setEncoding("utf8");
        right.write(Buffer.from("x"));
      },
    ],
    ["objects", (right) => void right.write({ kind: "object" })],
  ])("that delivers %s ends the session with an error that says so", async (_, act) => {
    const [left, right] = streamxPair();
    act(right, left);
    const session = attach(left, { role: "client" });
    const { localError } = await session.closed;
    expect(localError).toMatchObject({ code: "TRANSPORT_FAILED", cause: expect.any(TypeError) });
    expect(localError!.message).toContain("transport must carry bytes");
  });
});

/** Returns an imitation of a Duplex, whose `write` the test gives. It never sends anything. */
function lookAlike(write: DuplexLike["write"]): DuplexLike & { emit(event: string): void } {
  const listeners = new Map<string, (() => void)[]>();
  return {
    on(event: string, listener: () => void) {
      listeners.set(event, [...(listeners.get(event) ?? []), listener]);
    },
    emit(event: string) {
      for (const listener of listeners.get(event) ?? []) listener();
    },
    resume: ignore,
    end: ignore,
    destroy: ignore,
    write,
  };
}

async function turn(): Promise<void> {
  for (let count = 0; count < 3; count++) await new Promise((next) => setImmediate(next));
}

describe("a transport that lacks something is refused at attach, and the error names it:", () => {
  const members = ["on", "resume", "write", "end", "destroy"] as const;

  test.each(members)("%s", (member) => {
    const { [member]: _, ...rest } = lookAlike(() => true);
    const attempt = (): Session => attach(rest as unknown as DuplexLike, { role: "client" });
    expect(attempt).toThrow(TypeError);
    expect(attempt).toThrow(`transport has no ${member}()`);
  });

  test.each([
    ["readable", "resume"],
    ["writable", "write"],
    ["writable", "end"],
    ["writable", "destroy"],
  ] as const)("of a pair, %s.%s", (side, member) => {
    const pair = { readable: lookAlike(() => true), writable: lookAlike(() => true) };
    const { [member]: _, ...rest } = pair[side];
    const attempt = (): Session =>
      attach({ ...pair, [side]: rest } as unknown as NodePair, { role: "client" });
    expect(attempt).toThrow(`transport.${side} has no ${member}()`);
  });
});

describe("a look-alike whose write", () => {
  interface Attached {
    readonly session: Session;
    readonly clock: VirtualClock;
    readonly end: () => Promise<SessionEnd>;
  }

  function attached(transport: DuplexLike): Attached {
    const clock = new VirtualClock();
    const session = ending(attach(transport, { role: "client", clock }));
    return {
      session,
      clock,
      async end() {
        await turn();
        // The session may still wait for a timer at its end.
        clock.advance(60_000);
        return session.closed;
      },
    };
  }

  test("returns true is given the next one, and each is confirmed once", async () => {
    const sizes: number[] = [];
    const transport = lookAlike((chunk) => {
      sizes.push(chunk.length);
      transport.emit("drain");
      return true;
    });
    const { session } = attached(transport);
    const stream = session.open();
    for (let count = 0; count < 3; count++) {
      await stream.write(new Uint8Array(10_000));
      transport.emit("drain");
      transport.emit("drain");
    }
    await turn();
    expect(session.stats()).toMatchObject({ bytesToSend: 0 });
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(session.stats().bytesSent);
  });

  test("returns false gets the next write when it drains, however often it emits drain", async () => {
    const sizes: number[] = [];
    const transport = lookAlike((chunk) => {
      sizes.push(chunk.length);
      return false;
    });
    const { session } = attached(transport);
    const stream = session.open();
    const first = stream.write(new Uint8Array(10_000));
    await turn();
    void stream.write(Buffer.from("next"));
    await turn();
    expect(sizes).toHaveLength(1);
    transport.emit("drain");
    transport.emit("drain");
    await first;
    await turn();
    expect(sizes).toHaveLength(2);
    expect(session.stats().bytesToSend).toBe(12);
    transport.emit("drain");
    expect(session.stats().bytesToSend).toBe(0);
  });

  test.each([
    ["nothing", undefined, "undefined"],
    ["a promise", Promise.resolve(true), "a value of type object"],
  ])("returns %s ends the session with an error that says so", async (_, value, kind) => {
    const { session, end } = attached(lookAlike(() => value));
    const write = session.open().write(new Uint8Array(100_000));
    await expect(write).rejects.toMatchObject({ code: "TRANSPORT_FAILED" });
    const { localError } = await end();
    expect(localError).toMatchObject({ code: "TRANSPORT_FAILED", cause: expect.any(TypeError) });
    expect(localError!.message).toContain(
      `write() of the transport must return true or false, got ${kind}`,
    );
  });

  test.each([
    ["at once", (done: () => void) => done()],
    ["later", (done: () => void) => setImmediate(done)],
  ])("calls back twice, %s, ends the session with an error that says so", async (_, again) => {
    const { session, end } = attached(
      lookAlike((_chunk, _encoding, done) => {
        done!();
        again(done!);
        return true;
      }),
    );
    void session.open().write(Buffer.from("x"));
    const { localError } = await end();
    expect(localError).toMatchObject({ code: "TRANSPORT_FAILED", origin: "local" });
    expect(localError!.cause).toMatchObject({
      message: "the transport has confirmed a write twice",
    });
  });

  test("calls back with an error ends the session with it", async () => {
    const error = new Error("no paper");
    const { session, end } = attached(
      lookAlike((_chunk, _encoding, done) => {
        done!(error);
        return true;
      }),
    );
    const write = session.open().write(new Uint8Array(100_000));
    await expect(write).rejects.toMatchObject({ code: "TRANSPORT_FAILED", cause: error });
    expect((await end()).localError).toMatchObject({ cause: error });
  });

  test("a write that throws ends the session with the thrown error", async () => {
    const error = new Error("no paper");
    const { session, end } = attached(
      lookAlike(() => {
        throw error;
      }),
    );
    const write = session.open().write(new Uint8Array(100_000));
    await expect(write).rejects.toMatchObject({ code: "TRANSPORT_FAILED", cause: error });
    expect((await end()).localError).toMatchObject({ code: "TRANSPORT_FAILED", cause: error });
  });

  test.each<[string, DuplexLike["write"]]>([
    ["never calls back", (_chunk, _encoding, _done) => true],
    ["is never drained", () => false],
  ])("%s ends the session after transportTimeout", async (_, write) => {
    const { session, clock, end } = attached(lookAlike(write));
    const outcome = session.open().write(new Uint8Array(100_000));
    outcome.catch(ignore);
    await turn();
    clock.advance(299_000);
    await turn();
    expect(session.stats().bytesToSend).toBeGreaterThan(0);
    clock.advance(301_000);
    await expect(outcome).rejects.toMatchObject({ code: "TRANSPORT_FAILED" });
    expect((await end()).localError).toMatchObject({ code: "TRANSPORT_FAILED" });
  });

  test("a write that fails without an error ends the session, too", async () => {
    const transport = lookAlike(() => true);
    const { end } = attached(transport);
    transport.emit("error");
    expect((await end()).localError).toMatchObject({ code: "TRANSPORT_FAILED" });
  });
});

test("a Duplex of Node's that calls back twice ends the session with an error that says so", async () => {
  const twice = new NodeDuplex({
    read() {},
    write(_chunk, _encoding, done) {
      done();
      done();
    },
  });
  const session = ending(attach(twice, { role: "client" }));
  void session.open().write(Buffer.from("x"));
  expect((await session.closed).localError).toMatchObject({
    code: "TRANSPORT_FAILED",
    cause: { code: "ERR_MULTIPLE_CALLBACK" },
  });
});

test("other sessions go on beside one whose transport fails", async () => {
  const [left, right] = streamxPair();
  const client = ending(attach(left, { role: "client" }));
  void echo(ending(attach(right, { role: "server" })));
  const broken = attach(
    lookAlike(() => "yes"),
    { role: "client", lingerTimeout: 1 },
  );
  void broken.open().write(Buffer.from("x")).catch(ignore);
  await broken.closed;
  expect(await ask(client, "hello")).toBe("hello");
});

/** Sends {@link LENGTH} bytes in pieces of many sizes, and half-closes. Returns their checksum. */
async function send(stream: Stream, seed: number): Promise<string> {
  const random = new Random(seed);
  const source = Buffer.from(
    Uint32Array.from({ length: 2 ** 17 }, () => random.below(2 ** 32)).buffer,
  );
  const hash = createHash("sha256");
  for (let left = LENGTH; left > 0; ) {
    const length = Math.min(left, random.between(1, random.oneIn(3) ? 100 : 2 ** 18));
    const from = random.below(source.length - length);
    const chunk = source.subarray(from, from + length);
    hash.update(chunk);
    await stream.write(chunk);
    left -= length;
  }
  await stream.closeWrite();
  return hash.digest("hex");
}

async function receive(stream: Stream): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest("hex");
}
