// Messages as pieces of one stream of bytes, wherever the stream is cut; and messages that are no such pieces.

import { once } from "node:events";
import { randomInt } from "node:crypto";
import type { Session, SessionEnd } from "@muxado/core";
import { concatenated, Random } from "@muxado/testkit";
import { attach, connect, type WebSocketLike } from "@muxado/ws";
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
  socketPair,
} from "./peers.ts";
import { leaveNothingOpen } from "./resources.ts";
import { StandardWebSocket } from "./standard-socket.ts";

leaveNothingOpen();

/** Fails when the session fails. Even random bytes sometimes open a stream. */
async function acceptAll(session: Session): Promise<never> {
  for (;;) await session.accept();
}

/** Returns how a session ends whose peer is a bare socket that does `act`, and how that socket closes. */
async function endBy(
  act: (peer: WebSocket) => void,
  options: object = {},
  accept: (session: Session) => Promise<unknown> = (session) => session.accept(),
): Promise<{ end: SessionEnd; close: [number, string] }> {
  const [client, server] = await socketPair(options);
  const session = ending(attach(server, { role: "server" }));
  const waiting = [accept(session), session.open().read()];
  const close = closeOf(client);
  act(client);
  for (const outcome of await Promise.allSettled(waiting)) {
    expect(outcome).toMatchObject({ status: "rejected", reason: { scope: "session" } });
  }
  return { end: await session.closed, close: await close };
}

describe("a text message", () => {
  test.each(["hello", "", "\0".repeat(16)])("ends the session: %j", async (text) => {
    const { end, close } = await endBy((peer) => peer.send(text));
    expect(end.localError).toMatchObject({ code: "PROTOCOL_ERROR", origin: "remote" });
    expect(end.localError!.message).toBe(
      "protocol error: a text message has arrived, but muxado is binary",
    );
    expect(close).toEqual([4001, "PROTOCOL_ERROR"]);
  });

  test("ends one over a standard WebSocket", async () => {
    const closed = deferred<[number, string]>();
    const url = await serveSockets((socket) => {
      void closeOf(socket).then(closed.resolve);
      socket.send("welcome");
    });
    const session = await connect(url, { WebSocket: StandardWebSocket });
    expect((await session.closed).localError).toMatchObject({ code: "PROTOCOL_ERROR" });
    expect(await closed.promise).toEqual([4001, "PROTOCOL_ERROR"]);
  });

  test("so does one that the application has made a Blob", async () => {
    const [left, right] = await socketPair();
    const session = attach(left, { role: "client" });
    (left as WebSocketLike).binaryType = "blob";
    right.send(Buffer.from("x"));
    const { localError } = await session.closed;
    expect(localError!.message).toContain("a message that is not bytes has arrived");
  });
});

describe("a message that is too long", () => {
  test("ends the session, and tells the peer", async () => {
    const { end, close } = await endBy((peer) => peer.send(Buffer.alloc(1001)), {
      maxPayload: 1000,
    });
    expect(end.localError).toMatchObject({
      code: "TRANSPORT_FAILED",
      origin: "remote",
      cause: { code: "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH" },
    });
    expect(end.localError!.message).toContain("Max payload size exceeded");
    expect(close[0]).toBe(1009);
  });

  test.each([
    [1_048_576, "PROTOCOL_ERROR"],
    [1_048_577, "TRANSPORT_FAILED"],
  ])("is one of more than 1 MiB for a server, by default: %i", async (length, code) => {
    const accepted = deferred<Session>();
    const { url } = await serve({}, accepted.resolve);
    const socket = await dial(url);
    const closed = once(socket, "close");
    socket.send(Buffer.alloc(length, 0xff));
    expect((await (await accepted.promise).closed).localError).toMatchObject({ code });
    await closed;
  });

  test("is not waited for: its length says it", async () => {
    const { end } = await endBy(
      (peer) => {
        // A header with a length of 2 MiB, and nothing behind it.
        (peer as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(
          Buffer.from("82ff0000000000200000", "hex"),
        );
      },
      { maxPayload: 1_000_000 },
    );
    expect(end.localError).toMatchObject({ code: "TRANSPORT_FAILED" });
  });
});

test("a message in too many fragments ends the session with a server", async () => {
  const accepted = deferred<Session>();
  const { url } = await serve({}, accepted.resolve);
  const socket = await dial(url);
  for (let count = 0; count <= 1024; count++) socket.send(Buffer.of(0), { fin: false }, ignore);
  const { localError } = await (await accepted.promise).closed;
  expect(localError).toMatchObject({ code: "TRANSPORT_FAILED", origin: "remote" });
  expect(localError!.cause).toMatchObject({ code: "WS_ERR_TOO_MANY_BUFFERED_PARTS" });
});

test("pings are answered, but no more while the peer does not read", async () => {
  const { url, server } = await serve({}, echo);
  const socket = await dial(url);
  let pongs = 0;
  let last = "";
  socket.on("pong", (payload) => {
    pongs++;
    last = payload.toString();
  });
  socket.ping("first");
  await vi.waitFor(() => expect(last).toBe("first"));
  socket.pause();
  const payload = Buffer.alloc(125);
  for (let round = 0; round < 400; round++) {
    for (let count = 0; count < 1_000; count++) socket.ping(payload);
    await new Promise((next) => setImmediate(next));
  }
  await vi.waitFor(() => expect(socket.bufferedAmount).toBe(0));
  socket.resume();
  await vi.waitFor(() => {
    socket.ping("last");
    expect(last).toBe("last");
  });
  // Without a limit there would be 400 000 pongs. The system's own buffers hold some megabytes of them.
  expect(pongs).toBeLessThan(100_000);
  expect(server.sessions.size).toBe(1);
  const session = ending(await connect(url, { WebSocket }));
  expect(await ask(session, "hello")).toBe("hello");
});

describe("a frame of WebSocket's that makes no sense", () => {
  test.each([
    ["a reserved bit", "c2800000000000", "WS_ERR_UNEXPECTED_RSV_1"],
    ["an opcode that is none", "83800000000000", "WS_ERR_INVALID_OPCODE"],
    ["no mask", "8201ff", "WS_ERR_EXPECTED_MASK"],
  ])("ends the session: %s", async (_, hex, code) => {
    const { end } = await endBy((peer) => {
      (peer as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(
        Buffer.from(hex, "hex"),
      );
    });
    expect(end.localError).toMatchObject({
      code: "TRANSPORT_FAILED",
      origin: "remote",
      cause: { code },
    });
  });
});

describe("bytes that are not muxado's", () => {
  test("end the session as over any transport", async () => {
    const { end, close } = await endBy((peer) => {
      peer.send(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    });
    expect(end.localError).toMatchObject({ code: "FRAME_SIZE_ERROR", origin: "remote" });
    expect(close).toEqual([4000 + end.localError!.wireCode, "FRAME_SIZE_ERROR"]);
  });

  test("are survived, however they arrive and end", async () => {
    const seed = Number(process.env["MUXADO_SEED"] ?? randomInt(2 ** 31));
    for (let run = 0; run < 100; run++) {
      const random = new Random(seed + run);
      const babble = (peer: WebSocket): void => {
        for (let left = random.between(1, 5); left > 0; left--) {
          peer.send(new Uint8Array(random.below(200)).map(() => random.below(256)));
        }
        if (random.oneIn(2)) peer.close();
        else setImmediate(() => peer.terminate());
      };
      const { end } = await endBy(babble, {}, acceptAll);
      expect(end.localError ?? end.remoteError, `MUXADO_SEED=${seed}, run ${run}`).toMatchObject({
        origin: "remote",
      });
    }
  });
});

test("empty messages change nothing", async () => {
  const [left, right] = await socketPair();
  const client = ending(attach(left, { role: "client" }));
  void echo(ending(attach(right, { role: "server" })));
  for (let count = 0; count < 1_000; count++) left.send(Buffer.alloc(0));
  expect(await ask(client, "hello")).toBe("hello");
});

/** A proxy between a client and `target`, which passes on binary messages as `pass` decides. */
async function proxy(
  target: string,
  pass: (to: WebSocket) => (message: Buffer) => void,
): Promise<string> {
  return serveSockets((near) => {
    const far = new WebSocket(target, "muxado");
    onTestFinished(() => far.terminate());
    const early: Buffer[] = [];
    const there = pass(far);
    near.on("message", (data: Buffer) => {
      if (far.readyState === WebSocket.OPEN) there(data);
      else early.push(data);
    });
    far.on("open", () => early.forEach(there));
    far.on("message", pass(near));
    // After it has passed on the rest.
    near.on("close", () => setTimeout(() => far.close(), 10));
    far.on("error", ignore).on("close", () => setTimeout(() => near.close(), 10));
  });
}

const seed = Number(process.env["MUXADO_SEED"] ?? randomInt(2 ** 31));

describe.each<[string, (to: WebSocket) => (message: Buffer) => void]>([
  [
    "cuts messages at random",
    (to) => {
      const random = new Random(seed);
      return (message) => {
        for (let at = 0; at < message.length; ) {
          const length = random.pick([0, 1, random.below(20), random.below(5_000)]);
          to.send(message.subarray(at, at + length), ignore);
          at += length;
        }
      };
    },
  ],
  [
    "merges messages",
    (to) => {
      const gathered: Buffer[] = [];
      return (message) => {
        if (gathered.push(message) > 1) return;
        setTimeout(() => to.send(concatenated(gathered.splice(0)), ignore), 2);
      };
    },
  ],
])(`through a proxy that %s (MUXADO_SEED=${seed})`, (_, pass) => {
  test("streams from both sides arrive as they left", async () => {
    const accepted = deferred<Session>();
    const { url } = await serve({}, (session) => {
      accepted.resolve(session);
      return echo(session);
    });
    const client = ending(await connect(await proxy(url, pass), { WebSocket }));
    void echo(client);
    const server = await accepted.promise;
    const texts = Array.from({ length: 30 }, (__, index) => `${index} `.repeat(index * 300));
    const asked = [client, server].map((side) => Promise.all(texts.map((text) => ask(side, text))));
    expect(await Promise.all(asked)).toEqual([texts, texts]);
    await client.close();
    expect((await server.closed).localError).toBeUndefined();
  });
});

test("1 000 streams each way at a time", async () => {
  const accepted = deferred<Session>();
  const { url } = await serve({}, (session) => {
    accepted.resolve(session);
    return echo(session);
  });
  const client = ending(await connect(url, { WebSocket: StandardWebSocket }));
  void echo(client);
  const server = await accepted.promise;
  const texts = Array.from({ length: 1_000 }, (_, index) => `${index}`.repeat(50));
  const asked = [client, server].map((side) => Promise.all(texts.map((text) => ask(side, text))));
  expect(await Promise.all(asked)).toEqual([texts, texts]);
  expect([client.stats().openStreams, server.stats().openStreams]).toEqual([0, 0]);
});
