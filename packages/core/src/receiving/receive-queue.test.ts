// Unread bytes: their order, and that the memory that they keep alive is in proportion to them (docs/threats.md, 10 and
// 19).

import { concatenated, firstDifference } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { Loan } from "./loan.ts";
import { ReceiveQueue } from "./receive-queue.ts";

const KIB = 1024;

/** Bytes that an engine uses for one view and the memory behind it, apart from the content. */
const OVERHEAD_OF_A_PIECE = 200;

function numbered(length: number, first = 0): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => (first + at) & 0xff);
}

function drain(queue: ReceiveQueue): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let piece = queue.shift(); piece !== undefined; piece = queue.shift()) pieces.push(piece);
  return pieces;
}

function joined(pieces: Uint8Array[]): number[] {
  return pieces.flatMap((piece) => [...piece]);
}

/** Bytes of memory that `pieces` keep alive. */
function retained(pieces: Uint8Array[]): number {
  const buffers = new Set(pieces.map((piece) => piece.buffer));
  let bytes = pieces.length * OVERHEAD_OF_A_PIECE;
  for (const buffer of buffers) bytes += buffer.byteLength;
  return bytes;
}

describe("order", () => {
  it("bytes are read in the order of arrival, with pieces of any size and reads at any time", () => {
    const queue = new ReceiveQueue();
    const sizes = [1, 5000, 3, 64, 65, 20_000, 1, 1, 300, 17_000, 128, 2];
    const sent: number[] = [];
    const read: number[] = [];
    for (const [index, size] of sizes.entries()) {
      const chunk = numbered(size + 8, index * 31);
      queue.push(chunk, 8, chunk.length, new Loan());
      sent.push(...chunk.subarray(8));
      if (index % 3 === 2) read.push(...queue.shift()!);
      expect(queue.length).toBe(sent.length - read.length);
    }
    read.push(...joined(drain(queue)));
    expect(read).toEqual(sent);
    expect(queue.length).toBe(0);
  });

  it("holds when it is emptied and filled again", () => {
    const queue = new ReceiveQueue();
    for (let round = 0; round < 3; round++) {
      queue.push(numbered(10, round), 0, 10, new Loan());
      expect(joined(drain(queue))).toEqual([...numbered(10, round)]);
    }
  });

  it("holds when pieces of every size are taken in parts, while more arrive", () => {
    const queue = new ReceiveQueue();
    const sent: number[] = [];
    const read: number[] = [];
    for (const [index, size] of [9, 1, 5000, 64, 3, 65, 20_000, 1, 300, 2].entries()) {
      const chunk = numbered(size, index * 31);
      queue.push(chunk, 0, chunk.length, new Loan());
      sent.push(...chunk);
      const part = queue.shift(index + 1)!;
      expect(part.length).toBeLessThanOrEqual(index + 1);
      read.push(...part);
      expect(queue.length).toBe(sent.length - read.length);
    }
    read.push(...joined(drain(queue)));
    expect(read).toEqual(sent);
  });

  it("gives nothing while there is nothing", () => {
    expect(new ReceiveQueue().shift()).toBeUndefined();
  });
});

describe("memory", () => {
  it("of a 64 KiB chunk is not kept for 10 bytes of it", () => {
    const queue = new ReceiveQueue();
    queue.push(new Uint8Array(64 * KIB), 100, 110, new Loan());
    const piece = queue.shift()!;
    expect(piece.length).toBe(10);
    expect(piece.buffer.byteLength).toBeLessThanOrEqual(64);
  });

  it("of a 64 KiB chunk is not kept for the last 10 bytes of it", () => {
    const queue = new ReceiveQueue();
    queue.push(numbered(64 * KIB), 0, 64 * KIB, new Loan());
    queue.shift(64 * KIB - 10);
    expect(queue.shift()!.buffer.byteLength).toBe(10);
  });

  it("of a chunk is kept, and its bytes not copied, when at least half of it is unread", () => {
    const chunk = numbered(64 * KIB);
    const half = new ReceiveQueue();
    half.push(chunk, 0, 32 * KIB, new Loan());
    expect(half.shift()!.buffer).toBe(chunk.buffer);
    const less = new ReceiveQueue();
    less.push(chunk, 0, 32 * KIB - 1, new Loan());
    expect(less.shift()!.buffer).not.toBe(chunk.buffer);
  });

  it("is in proportion to the bytes when they come one by one, each in a chunk of its own", () => {
    const queue = new ReceiveQueue();
    const bytes = 256 * KIB;
    for (let at = 0; at < bytes; at++) queue.push(Uint8Array.of(at & 0xff), 0, 1, new Loan());
    const pieces = drain(queue);
    expect(firstDifference(concatenated(pieces), numbered(bytes))).toBe(-1);
    expect(retained(pieces)).toBeLessThanOrEqual(2 * bytes + 64 * KIB);
  });

  it("is in proportion to the bytes when they come one by one, each in a large chunk", () => {
    const queue = new ReceiveQueue();
    const bytes = 64 * KIB;
    const chunk = new Uint8Array(64 * KIB);
    for (let at = 0; at < bytes; at++) queue.push(chunk, at, at + 1, new Loan());
    expect(retained(drain(queue))).toBeLessThanOrEqual(2 * bytes + 64 * KIB);
  });

  // Whole chunks and parts of chunks in turn: neither way to keep bytes may harm the other.
  it.each([
    [1, 9],
    [1, 1023],
    [1, 1024],
    [1, 2000],
    [100, 5000],
    [1000, 1024],
  ])("is in proportion to the bytes when %i of many and %i of few alternate", (part, whole) => {
    const queue = new ReceiveQueue();
    let bytes = 0;
    while (bytes < 256 * KIB) {
      queue.push(new Uint8Array(64 * KIB), 0, part, new Loan());
      queue.push(new Uint8Array(whole + 8), 8, whole + 8, new Loan());
      bytes += part + whole;
    }
    expect(retained(drain(queue))).toBeLessThanOrEqual(4 * bytes);
  });
});
