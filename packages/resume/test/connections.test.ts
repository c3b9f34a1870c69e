// Sessions over real connections that are lost: TCP, WebSocket, and the one after the other.

import { createHash, randomBytes } from "node:crypto";
import type { Session, Transport } from "@muxado/core";
import { createServer } from "@muxado/node";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  ask,
  connect,
  cuttable,
  cuttingProxy,
  echo,
  overTcp,
  overWebSocket,
  serve,
} from "./peers.ts";

const MIB = 1024 * 1024;

/** `MUXADO_MIB`, or an amount that takes about a second. */
const TRANSFER = Number(process.env["MUXADO_MIB"] ?? 64);

describe.each<
  [string, (both: { port: number; url: string }) => (signal: AbortSignal) => Promise<Transport>]
>([
  ["TCP", ({ port }) => overTcp(port)],
  ["WebSocket", ({ url }) => overWebSocket(url)],
])("a session over %s", (_, way) => {
  test("goes on over another connection, with its streams", async () => {
    const sessions: Session[] = [];
    const both = await serve((session) => {
      sessions.push(session);
      void echo(session);
    });
    const { dial, cut } = cuttable(way(both));
    const onResumed = vi.fn();
    const onLost = vi.fn();
    const session = await connect(dial, { onLost, onResumed });
    const stream = session.open();
    await stream.write(Buffer.from("before"));
    expect(Buffer.from((await stream.read())!).toString()).toBe("before");
    cut();
    await stream.write(Buffer.from("after"));
    expect(Buffer.from((await stream.read())!).toString()).toBe("after");
    expect(await ask(session, "a new stream")).toBe("a new stream");
    expect(onLost).toHaveBeenCalledOnce();
    expect(onResumed).toHaveBeenCalledOnce();
    expect(sessions).toHaveLength(1);
    await stream.close();
    await session.close();
    expect(await session.closed).toMatchObject({ localError: undefined, remoteError: undefined });
    expect(await sessions[0]!.closed).toMatchObject({ localError: undefined });
    await vi.waitFor(() => expect(both.resumption.sessions).toBe(0));
  });

  test("carries every byte once, however often the connection is lost", async () => {
    const both = await serve((session) => void echo(session));
    const { dial, cut } = cuttable(way(both));
    const session = await connect(dial);
    const stream = session.open();
    const bytes = randomBytes(4 * MIB);
    const cutting = setInterval(cut, 20);
    const [echoed] = await Promise.all([
      (async () => {
        const chunks: Uint8Array[] = [];
        for await (const chunk of stream) chunks.push(chunk);
        return Buffer.concat(chunks);
      })(),
      (async () => {
        for (let at = 0; at < bytes.length; at += 100_000) {
          await stream.write(bytes.subarray(at, at + 100_000));
          await new Promise((next) => setTimeout(next, 2));
        }
        await stream.closeWrite();
      })(),
    ]).finally(() => clearInterval(cutting));
    expect(echoed.equals(bytes)).toBe(true);
    expect(session.state).toBe("open");
  });

  test("that is closed ends its connection, and leaves nothing behind", async () => {
    const both = await serve((session) => void echo(session));
    const session = await connect(way(both));
    await ask(session, "hello");
    await session.close();
    expect((await session.closed).localError).toBeUndefined();
    await vi.waitFor(() => expect(both.resumption.sessions).toBe(0));
    expect(both.errors).toEqual([]);
  });
});

test("a session goes on over a WebSocket, and then over TCP again", async () => {
  const both = await serve((session) => void echo(session));
  let count = 0;
  const ways = [overTcp(both.port), overWebSocket(both.url)];
  const { dial, cut } = cuttable((signal) => ways[count++ % 2]!(signal));
  const session = await connect(dial);
  const stream = session.open();
  for (let round = 0; round < 5; round++) {
    await stream.write(Buffer.from(`round ${round}`));
    expect(Buffer.from((await stream.read())!).toString()).toBe(`round ${round}`);
    cut();
  }
  await stream.write(Buffer.from("last"));
  expect(Buffer.from((await stream.read())!).toString()).toBe("last");
  expect(count).toBe(6);
});

test(`${TRANSFER} MiB pass a proxy that cuts every 200 ms`, { timeout: 600_000 }, async () => {
  const sums: Promise<string>[] = [];
  const { port } = await serve(async (session) => {
    for await (const stream of session) {
      const sum = createHash("sha256");
      sums.push(
        (async () => {
          for await (const chunk of stream) sum.update(chunk);
          await stream.closeWrite();
          return sum.digest("hex");
        })(),
      );
    }
  });
  const proxy = await cuttingProxy(port, 200);
  const session = await connect(overTcp(proxy.port));
  const stream = session.open();
  const sum = createHash("sha256");
  const bytes = randomBytes(MIB);
  for (let count = 0; count < TRANSFER; count++) {
    bytes.writeUInt32BE(count);
    sum.update(bytes);
    // The chunk belongs to the session until the write is done.
    await stream.write(bytes);
  }
  await stream.closeWrite();
  while ((await stream.read()) !== null);
  expect(await sums[0]).toBe(sum.digest("hex"));
  expect(await proxy.cuts()).toBeGreaterThan(0);
});

describe("a connection that is lost for good", () => {
  test("ends the session on both sides after the deadline, with TRANSPORT_FAILED", async () => {
    const sessions: Session[] = [];
    const { port } = await serve((session) => void sessions.push(session), { deadline: 100 });
    let isDown = false;
    const { dial, cut } = cuttable((signal) =>
      isDown ? Promise.reject(new Error("no way")) : overTcp(port)(signal),
    );
    const session = await connect(dial, { deadline: 100 });
    const stream = session.open();
    await stream.write(Buffer.from("x"));
    await vi.waitFor(() => expect(sessions[0]!.stats().streamsReceived).toBe(1));
    isDown = true;
    cut();
    const { localError } = await session.closed;
    expect(localError).toMatchObject({ code: "TRANSPORT_FAILED" });
    expect(localError!.message).toContain("no other was made within 100 ms");
    expect(((localError!.cause as Error).cause as Error).message).toBe("no way");
    await expect(stream.read()).rejects.toMatchObject({ code: "TRANSPORT_FAILED" });
    const far = (await sessions[0]!.closed).localError;
    expect(far).toMatchObject({ code: "TRANSPORT_FAILED" });
    expect(far!.message).toContain("no other came within 100 ms");
  });

  test("ends the session at once if the server does not know it any more", async () => {
    const first = await serve((session) => void echo(session));
    const second = await serve((session) => void echo(session));
    let { port } = first;
    const { dial, cut } = cuttable((signal) => overTcp(port)(signal));
    const session = await connect(dial);
    await ask(session, "hello");
    ({ port } = second);
    cut();
    const { localError } = await session.closed;
    expect(localError!.message).toContain("does not know the session any more");
    expect(second.errors[0]).toMatchObject({ code: "CONNECT_FAILED" });
  });
});

describe("the first connection", () => {
  test("rejects with the error of dial", async () => {
    await expect(connect(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  });

  test("rejects if the peer is a server of plain sessions", async () => {
    const plain = createServer((session) => void echo(session));
    onTestFinished(() => plain.close({ timeout: 0 }));
    await plain.listen({ host: "127.0.0.1", port: 0 });
    const connecting = connect(overTcp(plain.port!), { connectTimeout: 500 });
    await expect(connecting).rejects.toMatchObject({ code: "CONNECT_FAILED" });
  });

  test("is given up when the signal aborts, also if dial ignores it", async () => {
    const stop = new AbortController();
    const connecting = connect(() => new Promise(() => {}), { signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(connecting).rejects.toThrow("enough");
  });

  test.each([
    ["deadline", -1],
    ["connectTimeout", 0],
    ["firstPause", -1],
    ["longestPause", 0.5],
    ["budget", 0],
    ["pingInterval", Number.NaN],
    ["pingTimeout", 0],
  ])("with %s out of range is refused before it dials", async (name, value) => {
    const dial = vi.fn();
    await expect(connect(dial, { [name]: value })).rejects.toThrow(name);
    expect(dial).not.toHaveBeenCalled();
  });
});
