// Observers of a stream are told of room when there is some, as often as they ask. They starve no other stream.

import {
  bytes,
  connectedPair,
  contentOf,
  data,
  patterned,
  rawPeer,
  increment,
} from "@muxado/testkit";
import { describe, expect, it, vi } from "vitest";
import { opened } from "../streams.ts";
import { readAll } from "../taking.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

describe("drains of the non-blocking layer", () => {
  it("an observer is told once there is room, and only after an offer that was not taken in full", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    peer.send(increment(2, 10 * WINDOW));
    const observer = { onReadable: vi.fn(), onWritable: vi.fn() };
    stream.observe(observer);
    peer.holdWrites();
    stream.offer(bytes(1));
    peer.take();
    const chunk = bytes(WINDOW);
    expect(stream.offer(chunk)).toBe(chunk.length);
    expect(stream.offer(chunk)).toBe(0);
    peer.send(increment(2, 1));
    peer.flush();
    expect(observer.onWritable).not.toHaveBeenCalled();
    peer.releaseWrites();
    peer.take();
    expect(observer.onWritable).toHaveBeenCalledOnce();
    peer.send(increment(2, 1));
    peer.take();
    expect(observer.onWritable).toHaveBeenCalledOnce();
    expect(observer.onReadable).not.toHaveBeenCalled();
  });

  it("a drain waits for credit, not for the transport, when it is credit that is missing", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    const observer = { onReadable: vi.fn(), onWritable: vi.fn() };
    stream.observe(observer);
    expect(stream.offer(bytes(WINDOW + 1))).toBe(WINDOW);
    peer.take();
    expect(observer.onWritable).not.toHaveBeenCalled();
    peer.send(increment(2, WINDOW));
    peer.take();
    expect(observer.onWritable).toHaveBeenCalledOnce();
    expect(stream.offer(bytes(WINDOW))).toBe(WINDOW);
  });

  it("no drain gets lost: offers that follow drains send all of a large message", async () => {
    for (const writeTime of [
      [0, 0],
      [1, 9],
    ] as const) {
      const pair = connectedPair({ latency: [0, 3], chunks: "cut", writeTime });
      const content = patterned(20 * WINDOW);
      const stream = pair.client.open();
      let at = 0;
      const offer = (): void => {
        while (at < content.length) {
          const taken = stream.offer(content.subarray(at, at + 100_000));
          at += taken;
          if (taken < 100_000 && at < content.length) return;
        }
        void stream.closeWrite();
      };
      stream.observe({ onReadable: () => {}, onWritable: offer });
      offer();
      const read = (async () => await readAll(await pair.server.accept()))();
      await pair.drive();
      expect(Buffer.compare(await read, content)).toBe(0);
    }
  });

  it("streams that offer, one or many, starve neither each other nor those that write", async () => {
    for (const offering of [1, 2, 40]) {
      const peer = rawPeer();
      const streams = Array.from({ length: offering + 1 }, () => opened(peer));
      for (const { id } of streams) peer.send(increment(id, 2 ** 30));
      const [writing, ...others] = streams;
      peer.holdWrites();
      for (const stream of others) {
        const chunk = bytes(10_000);
        const offer = (): void => {
          while (stream.offer(chunk) === chunk.length);
        };
        stream.observe({ onReadable: () => {}, onWritable: offer });
        offer();
      }
      void writing!.write(new Uint8Array(100 * WINDOW)).catch(() => {});
      const sent = new Map(streams.map(({ id }) => [id, 0]));
      for (let round = 0; round < 20; round++) {
        for (const frame of peer.take()) {
          if (frame.type !== "data") continue;
          sent.set(frame.streamId, sent.get(frame.streamId)! + frame.body.length);
        }
        peer.releaseWrites();
        peer.holdWrites();
      }
      const total = [...sent.values()].reduce((sum, length) => sum + length, 0);
      const fair = total / streams.length;
      expect(total).toBeGreaterThan(19 * WINDOW);
      expect(Math.min(...sent.values()), `${offering} offering`).toBeGreaterThan(fair / 4);
    }
  });

  it("an observer is told once for each offer, also where it has to wait behind a write", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    void stream.write(bytes(WINDOW + 1)).catch(() => {});
    const onWritable = vi.fn(() => void stream.offer(bytes(1)));
    stream.observe({ onReadable: () => {}, onWritable });
    expect(stream.offer(bytes(1))).toBe(0);
    peer.take();
    expect(onWritable).not.toHaveBeenCalled();
    peer.send(increment(2, 1));
    peer.take();
    expect(onWritable).not.toHaveBeenCalled();
    peer.send(increment(2, 1));
    expect(contentOf(peer.take(), 2)).toHaveLength(1);
    expect(onWritable).toHaveBeenCalledOnce();
  });

  it("a stream has one observer at a time: a second one is told so, another may follow", () => {
    const peer = rawPeer();
    const stream = opened(peer);
    const [first, second] = [0, 1].map(() => ({ onReadable: vi.fn(), onWritable: vi.fn() }));
    stream.observe(first);
    expect(() => stream.observe(second)).toThrow(TypeError);
    stream.observe(undefined);
    stream.observe(second);
    peer.send(data(2, 1));
    expect([first!.onReadable, second!.onReadable].map((call) => call.mock.calls.length)).toEqual([
      0, 1,
    ]);
  });
});
