// A transport that takes nothing, because the peer does not read. The output that waits is limited, nothing that is
// over is kept, and the application can still end the session.

import { type RawPeer, rawPeer, bytes, data, goAway, increment, reset, syn } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import type { Stream } from "../src/stream.ts";

const MIB = 1024 * 1024;
const WINDOW = 256 * 1024;

/** A session with a write under way that is never confirmed. */
function stuck(options: Parameters<typeof rawPeer>[0] = {}): RawPeer {
  const peer = rawPeer(options);
  peer.holdWrites();
  peer.send(data(9, 1));
  peer.flush();
  return peer;
}

describe("a stream that has ended while nothing leaves", () => {
  const uses: Record<string, (stream: Stream) => void> = {
    "with writes that wait for their turn": (stream) => {
      for (let count = 0; count < 8; count++) void stream.write(bytes(64 * 1024));
    },
    "with an offer that was not taken": (stream) => void stream.offer(bytes(WINDOW)),
    "without having been used": () => {},
  };

  it.each(Object.entries(uses))("%s: is in no list of the session's", async (_, use) => {
    const peer = stuck({ windowSize: 4 * WINDOW });
    for (let id = 101; id < 301; id += 2) {
      peer.send(syn(id));
      use((await peer.session.accept()) as Stream);
      peer.send(reset(id, "STREAM_CANCELLED"));
    }
    await peer.settle();
    const { scheduler, table } = peer.session as unknown as {
      scheduler: { isWaiting: boolean };
      table: { all(): unknown[] };
    };
    expect(scheduler.isWaiting).toBe(false);
    expect(table.all()).toEqual([]);
  });
});

describe("bodies that wait within a large budget", () => {
  it("are no sign of a peer that does not read", async () => {
    const peer = stuck({ transportBudget: 16 * MIB });
    for (let id = 101; id < 121; id += 2) {
      peer.send(syn(id));
      const stream = await peer.session.accept();
      for (let count = 0; count < WINDOW / 4096; count++) void stream.write(bytes(4096));
    }
    const { outbound } = peer.session as unknown as { outbound: { waiting: number } };
    expect(outbound.waiting).toBeGreaterThan(2 * MIB);
    peer.send(data(9, 1));
    expect(peer.session.stats().openStreams).toBe(10);
    expect(peer.sessionHasDestroyed).toBe(false);
  });
});

describe("output that a peer provokes and does not read", () => {
  async function floodedBy(flood: (peer: RawPeer, id: number) => void): Promise<RawPeer> {
    const peer = stuck({ maxProvokedResets: Infinity, maxWaitingResets: Infinity });
    void (async () => {
      for await (const stream of peer.session) stream.reset();
    })();
    for (let id = 101; id < 400_000 && !peer.sessionHasDestroyed; id += 2) {
      flood(peer, id);
      if (id % 501 === 0) await peer.settle();
    }
    await peer.settle();
    return peer;
  }

  it("ends the session at a mebibyte and a little for each open stream", async () => {
    const peer = await floodedBy((one, id) => one.send(syn(id)));
    await peer.advance(10_000);
    expect((await peer.session.closed).localError).toMatchObject({ code: "ENHANCE_YOUR_CALM" });
    expect(peer.session.stats().bytesToSend).toBeLessThan(2 * MIB);
  });

  it("is no reset, if it says that a stream of its own found our queue full", () => {
    const peer = stuck();
    const before = peer.session.stats().bytesToSend;
    for (let id = 101; id < 1001; id += 2) peer.send(syn(id), reset(id, "ACCEPT_QUEUE_FULL"));
    expect(peer.session.stats().bytesToSend).toBe(before);
  });
});

describe("a graceful end whose last output does not leave", () => {
  async function closing(timeout: number, signal?: AbortSignal): Promise<RawPeer> {
    const peer = stuck();
    void peer.session.close({ timeout, signal });
    await peer.settle();
    return peer;
  }

  it("is cut short by destroy", async () => {
    const peer = await closing(Infinity);
    const reason = new Error("now");
    peer.session.destroy(reason);
    await peer.settle();
    expect(peer.sessionHasDestroyed).toBe(true);
    expect((await peer.session.closed).localError).toMatchObject({ cause: reason });
  });

  it("is cut short by its signal", async () => {
    const controller = new AbortController();
    const peer = await closing(Infinity, controller.signal);
    controller.abort();
    await peer.advance(1_000);
    expect((await peer.session.closed).localError).toMatchObject({ code: "DRAIN_TIMEOUT" });
  });

  it("is cut short by a further close with a deadline", async () => {
    const peer = await closing(Infinity);
    void peer.session.close({ timeout: 10 });
    await peer.advance(1_010);
    expect((await peer.session.closed).localError).toMatchObject({ code: "DRAIN_TIMEOUT" });
  });
});

describe("after a GOAWAY of the peer", () => {
  it("the loss of a write that was not confirmed is told", async () => {
    const peer = rawPeer({ role: "client" });
    const stream = peer.session.open();
    await stream.write(bytes(10));
    peer.take();
    peer.holdWrites();
    peer.send(goAway(3));
    const writing = stream.write(bytes(8000));
    peer.flush();
    peer.end(new Error("connection reset"));
    await expect(writing).rejects.toMatchObject({ code: "TRANSPORT_FAILED" });
    expect((await peer.session.closed).localError).toMatchObject({ code: "TRANSPORT_FAILED" });
  });

  it("a seventeenth one is too many", async () => {
    const peer = rawPeer({ role: "client" });
    for (let count = 0; count < 16; count++) peer.send(goAway(3));
    expect(peer.sessionHasEnded).toBe(false);
    peer.send(goAway(3));
    await peer.advance(10_000);
    expect((await peer.session.closed).localError).toMatchObject({ code: "ENHANCE_YOUR_CALM" });
  });

  it("a trickle of frames that say nothing does not keep a session without streams", async () => {
    const peer = rawPeer({ role: "client", goAwayTimeout: 30_000 });
    peer.send(goAway(0));
    await peer.advance(29_000);
    peer.send(increment(3, 1));
    await peer.advance(1_000);
    await peer.advance(10_000);
    expect((await peer.session.closed).localError).toBeUndefined();
  });
});

it("an offer behind a write is told of room when that write is taken back", async () => {
  const peer = rawPeer({ role: "client" });
  const stream = peer.session.open();
  let told = 0;
  stream.observe({ onReadable() {}, onWritable: () => void told++ });
  void stream.write(bytes(WINDOW - 500));
  peer.take();
  await peer.settle();
  const controller = new AbortController();
  const writing = stream.write(bytes(5000), { signal: controller.signal });
  expect(stream.offer(bytes(100))).toBe(0);
  controller.abort();
  await expect(writing).rejects.toBe(controller.signal.reason);
  await peer.settle();
  expect(told).toBe(1);
  expect(stream.offer(bytes(100))).toBe(100);
});

it("a chunk that is none resets the stream behind a Web Stream, instead of leaving it open", async () => {
  const peer = rawPeer({ role: "client" });
  const stream = peer.session.open();
  const writer = stream.writable.getWriter();
  await expect(writer.write("text" as never)).rejects.toBeInstanceOf(TypeError);
  expect(stream.error).toMatchObject({ code: "STREAM_CANCELLED", origin: "local" });
  await expect(writer.closed).rejects.toBeDefined();
});
