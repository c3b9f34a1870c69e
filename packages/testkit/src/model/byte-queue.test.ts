// Tests of the checker: the model must notice every kind of wrong byte.

import { describe, expect, it } from "vitest";
import { concatenated } from "../bytes.ts";
import { ByteQueue } from "./byte-queue.ts";

function filled(...lengths: number[]): [ByteQueue, Uint8Array] {
  const queue = new ByteQueue();
  const bytes = lengths.map((length, count) => {
    const [piece, content] = ByteQueue.draw(length, count * 1000);
    queue.push(piece);
    return content;
  });
  return [queue, concatenated(bytes)];
}

describe("the model of a byte queue", () => {
  it("accepts what was written, cut anywhere", () => {
    const [queue, bytes] = filled(10, 0, 300, 5);
    for (let at = 0; at < bytes.length; at += 7) {
      expect(queue.verify(bytes.subarray(at, at + 7))).toBe(undefined);
    }
    expect([queue.read, queue.written]).toEqual([315, 315]);
  });

  it("notices a wrong byte, one too many, and one twice", () => {
    const [wrong, bytes] = filled(10, 20);
    expect(wrong.verify(bytes.map((byte, at) => (at === 15 ? byte ^ 1 : byte)))).toContain(
      "byte 15",
    );
    const [long, all] = filled(10);
    expect(long.verify(concatenated([all, new Uint8Array(2)]))).toContain("2 bytes after byte 10");
    const [twice, once] = filled(10);
    expect(twice.verify(once.subarray(0, 5))).toBe(undefined);
    expect(twice.verify(once.subarray(4))).toContain("byte 5");
  });

  it("forgets what an aborted write took back", () => {
    const queue = new ByteQueue();
    const [first, one] = ByteQueue.draw(10, 0);
    const [second, two] = ByteQueue.draw(10, 500);
    const [third, three] = ByteQueue.draw(10, 900);
    for (const piece of [first, second, third]) queue.push(piece);
    queue.cut(second, 14);
    expect(queue.verify(concatenated([one, two.subarray(0, 4), three]))).toBe(undefined);
    expect(queue.written).toBe(24);
  });
});
