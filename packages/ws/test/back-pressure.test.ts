// A peer that reads nothing: the bytes that wait for it are bounded, whatever the application writes. The session
// continues when the peer reads again.

import type { Session } from "@muxado/core";
import { firstDifference, patterned } from "@muxado/testkit";
import { attach, type WebSocketLike } from "@muxado/ws";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { WebSocket } from "ws";
import { deferred, dial, ending, ignore, serveSockets } from "./peers.ts";
import { leaveNothingOpen } from "./resources.ts";
import { StandardWebSocket } from "./standard-socket.ts";

leaveNothingOpen();

const STREAMS = 100;
const LENGTH = 1_000_000;

interface Sides {
  readonly writer: WebSocketLike;
  readonly beneath: WebSocket;
  readonly reader: WebSocket;
}

async function client(): Promise<Sides> {
  const accepted = deferred<WebSocket>();
  const writer = await dial(await serveSockets(accepted.resolve));
  return { writer, beneath: writer, reader: await accepted.promise };
}

async function server(): Promise<Sides> {
  const accepted = deferred<WebSocket>();
  const reader = await dial(await serveSockets(accepted.resolve));
  const writer = await accepted.promise;
  return { writer, beneath: writer, reader };
}

async function standard(): Promise<Sides> {
  const accepted = deferred<WebSocket>();
  const writer = new StandardWebSocket(await serveSockets(accepted.resolve), "muxado");
  onTestFinished(() => writer.inner.terminate());
  return { writer, beneath: writer.inner, reader: await accepted.promise };
}

describe.each([
  ["a client of ws", client],
  ["a server of ws", server],
  ["a standard WebSocket", standard],
])("%s whose peer stops reading", (_, connected) => {
  test("holds no more than a budget, and delivers all when the peer goes on", async () => {
    const { writer, beneath, reader } = await connected();
    const options = { windowSize: 2_000_000, memoryBudget: Infinity };
    // The peer's session grants enough credit, so that only the transport limits the writer.
    const readers = ending(attach(reader, { role: "server", ...options }));
    const session = ending(attach(writer, { role: "client", ...options }));
    let read = 0;
    const done = readAll(readers, (length) => (read += length));
    const first = session.open();
    await first.write(Buffer.alloc(300_000));
    await first.close();
    await vi.waitFor(() => expect(read).toBe(300_000));

    reader.pause();
    let written = 0;
    const writing = Array.from({ length: STREAMS }, async () => {
      const stream = session.open();
      await stream.write(new Uint8Array(LENGTH));
      written++;
      await stream.close();
    });
    // Waits until nothing moves any more: we cannot count the bytes that the system holds.
    for (let before = -1; before !== session.stats().bytesSent; ) {
      before = session.stats().bytesSent;
      await new Promise((next) => setTimeout(next, 200));
      expect(beneath.bufferedAmount).toBeLessThan(500_000);
      expect(session.stats().bytesToSend).toBeLessThan(700_000);
    }
    expect(session.stats().bytesToSend).toBeGreaterThan(0);
    expect(written).toBeLessThan(STREAMS);

    reader.resume();
    await Promise.all(writing);
    await vi.waitFor(() => expect(read).toBe(300_000 + STREAMS * LENGTH));
    await session.close();
    expect((await session.closed).localError).toBeUndefined();
    await done;
  });

  // Writes of the first length are copied, with their headers, into memory of the session that is used again; those of
  // the second are put together in blocks of the transport that are used again.
  test.each([4_000, 40_000])(
    "keeps the bytes that wait in its socket as they were written: %i at a time",
    async (length) => {
      const { writer, reader } = await connected();
      const options = { windowSize: 32_000_000, memoryBudget: Infinity };
      const readers = ending(attach(reader, { role: "server", ...options }));
      const session = ending(attach(writer, { role: "client", ...options }));
      const stream = session.open();
      await stream.write(patterned(length));
      const inbound = await readers.accept();

      reader.pause();
      // Each write has a turn of its own.
      const writes: Promise<void>[] = [];
      for (let at = length; at < 16_000_000; at += length) {
        writes.push(stream.write(patterned(length, at)));
        await new Promise((next) => setImmediate(next));
      }
      expect(writer.bufferedAmount).toBeGreaterThan(0);
      reader.resume();
      writes.push(stream.closeWrite());
      let at = 0;
      for await (const chunk of inbound) {
        const difference = firstDifference(chunk, patterned(chunk.length, at));
        expect([at, difference]).toEqual([at, -1]);
        at += chunk.length;
      }
      expect(at).toBe(16_000_000);
      await Promise.all(writes);
    },
  );
});

async function readAll(session: Session, count: (length: number) => void): Promise<void> {
  for await (const stream of session) {
    void (async () => {
      for await (const chunk of stream) count(chunk.length);
      await stream.close();
    })().catch(ignore);
  }
}
