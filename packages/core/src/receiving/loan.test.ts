// Which pieces of a chunk are kept as views, and so take its memory from the transport.

import { describe, expect, it } from "vitest";
import { Loan } from "./loan.ts";

const KIB = 1024;

function chunkOf(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => at & 0xff);
}

describe("a piece for a reader that is waiting", () => {
  it.each([
    ["a piece of 64 bytes, whatever its part", 64, 64, 64],
    ["a piece below an eighth of the memory", 8 * KIB - 1, 64 * KIB, 64 * KIB],
    ["the whole chunk if that fills less than half of the memory", 31 * KIB, 31 * KIB, 64 * KIB],
  ])("is a copy: %s", (_, length, chunkLength, memory) => {
    const loan = new Loan();
    const chunk = chunkOf(memory).subarray(0, chunkLength);
    loan.begin();
    const piece = loan.piece(chunk, 0, length);
    expect(loan.end()).toBe(false);
    chunk.fill(0xdb);
    expect(piece).toEqual(chunkOf(length));
    expect(piece.buffer.byteLength).toBe(length);
  });

  it("is the memory of its chunk if it has an eighth of it and the chunk fills it", () => {
    const loan = new Loan();
    const chunk = chunkOf(64 * KIB);
    loan.begin();
    const piece = loan.piece(chunk, 0, 8 * KIB);
    expect(piece.buffer).toBe(chunk.buffer);
    expect(loan.end()).toBe(true);
  });

  it("is the memory of its chunk if that is kept for an earlier piece", () => {
    const loan = new Loan();
    const chunk = chunkOf(64 * KIB);
    loan.begin();
    loan.piece(chunk, 0, 60 * KIB);
    const piece = loan.piece(chunk, 60 * KIB, 61 * KIB);
    expect(piece.buffer).toBe(chunk.buffer);
  });

  it("of the next chunk is judged anew", () => {
    const loan = new Loan();
    loan.begin();
    loan.piece(chunkOf(KIB), 0, KIB);
    loan.end();
    loan.begin();
    loan.piece(chunkOf(64 * KIB), 0, KIB);
    expect(loan.end()).toBe(false);
  });
});

describe("a read into memory of the reader", () => {
  it("is told of its bytes once, after the whole chunk", () => {
    const loan = new Loan();
    let told = 0;
    loan.begin();
    loan.fill({ nextFilled: null, deliver: () => void told++ });
    expect(told).toBe(0);
    expect(loan.end()).toBe(false);
    loan.begin();
    loan.end();
    expect(told).toBe(1);
  });
});

describe("a piece that waits for its reader", () => {
  it.each([
    ["half of it", 32 * KIB, true],
    ["less than half of it", 32 * KIB - 1, false],
  ])("keeps the memory if it has %s", (_, length, isKept) => {
    const loan = new Loan();
    loan.begin();
    expect(loan.keeps(chunkOf(64 * KIB), length)).toBe(isKept);
    expect(loan.end()).toBe(isKept);
  });
});
