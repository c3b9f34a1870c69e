// Unread bytes in blocks that are used again: their order, and which memory they use.

import { describe, expect, it } from "vitest";
import { BLOCK_LENGTH, BlockPool } from "../base/block-pool.ts";
import { BlockQueue } from "./block-queue.ts";

function numbered(length: number, first: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => (first + at) % 251);
}

describe("bytes", () => {
  it.each([1, 7, 1000, BLOCK_LENGTH - 1, BLOCK_LENGTH, BLOCK_LENGTH + 1, 50_000])(
    "come out in the order of arrival, %i at a time",
    (step) => {
      const queue = new BlockQueue(new BlockPool());
      const view = new Uint8Array(step);
      let [pushed, taken] = [0, 0];
      for (const size of [1, 3000, BLOCK_LENGTH, 5, 40_000, 2 * BLOCK_LENGTH, 77]) {
        const chunk = numbered(size + 9, pushed - 4 + 251);
        queue.push(chunk, 4, size + 4);
        pushed += size;
        expect(queue.length).toBe(pushed - taken);
        const count = queue.shiftInto(view);
        expect(view.subarray(0, count)).toEqual(numbered(count, taken));
        taken += count;
      }
      for (let piece = queue.shift(step); piece !== undefined; piece = queue.shift(step)) {
        expect(piece).toEqual(numbered(piece.length, taken));
        taken += piece.length;
      }
      expect(taken).toBe(pushed);
      expect(queue.memory).toBe(0);
    },
  );

  it("that are dropped leave an empty queue that can be used again", () => {
    const queue = new BlockQueue(new BlockPool());
    queue.push(numbered(40_000, 0), 0, 40_000);
    queue.clear();
    expect([queue.length, queue.memory, queue.shift()]).toEqual([0, 0, undefined]);
    queue.push(numbered(10, 3), 0, 10);
    expect(queue.shift()).toEqual(numbered(10, 3));
  });
});

describe("blocks", () => {
  it("are used again, by all queues of the session", () => {
    const made: object[] = [];
    class CountingPool extends BlockPool {
      override take(): Uint8Array<ArrayBuffer> {
        const block = super.take();
        if (!made.includes(block)) made.push(block);
        return block;
      }
    }
    const pool = new CountingPool();
    const queues = [new BlockQueue(pool), new BlockQueue(pool)];
    const view = new Uint8Array(100_000);
    for (let round = 0; round < 20; round++) {
      for (const queue of queues) {
        queue.push(numbered(20_000, round), 0, 20_000);
        expect(queue.shiftInto(view)).toBe(20_000);
      }
    }
    expect(made.length).toBe(2);
  });

  it("that are not in use are few", () => {
    const pool = new BlockPool();
    const blocks = Array.from({ length: 100 }, () => pool.take());
    for (const block of blocks) pool.give(block);
    const kept = Array.from({ length: 100 }, () => pool.take()).filter((block) =>
      blocks.includes(block),
    );
    expect(kept.length).toBe(16);
  });
});
