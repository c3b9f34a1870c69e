import type { Stream } from "@muxado/core";
import { describe, expect, it } from "vitest";
import { bytesOf, numberOf, ValueReader } from "./values.ts";

/** Returns a stream on which `chunks` have arrived, and then its end. */
function streamOf(...chunks: (Uint8Array | undefined)[]): Stream {
  const take = (limit: number): Uint8Array | null | undefined => {
    if (chunks.length === 0) return null;
    const chunk = chunks.shift();
    if (chunk !== undefined && chunk.length > limit) chunks.unshift(chunk.subarray(limit));
    return chunk?.subarray(0, limit);
  };
  return { take } as Partial<Stream> as Stream;
}

describe("a reader of values", () => {
  it("returns values that the caller may keep, wherever they are cut", () => {
    const pieces = [[1], [2, 3], undefined, [4, 5], [6, 7, 8, 9, 10, 11, 12]];
    const reader = new ValueReader(
      streamOf(...pieces.map((piece) => piece && Uint8Array.of(...piece))),
    );
    expect(reader.take()).toBe(undefined);
    const values = [reader.take(), reader.take(), reader.take()];
    expect(values).toEqual(
      [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
        [9, 10, 11, 12],
      ].map((value) => Uint8Array.of(...value)),
    );
    expect(reader.take()).toBe(null);
  });

  it("drops a value whose end is missing", () => {
    expect(new ValueReader(streamOf(Uint8Array.of(1, 2, 3))).take()).toBe(null);
  });
});

describe("a value", () => {
  it.each([0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff])(
    "is %s as four bytes, too",
    (number) => {
      expect(numberOf(bytesOf(number))).toBe(number);
    },
  );

  it("has its highest byte first", () => {
    expect(bytesOf(0x01020304)).toEqual(Uint8Array.of(1, 2, 3, 4));
  });

  it("is read at its place in the buffer", () => {
    expect(numberOf(Uint8Array.of(9, 0, 0, 0, 7).subarray(1))).toBe(7);
  });
});
