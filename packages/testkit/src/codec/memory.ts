// The memory that a peer can make a decoder hold: never more bytes than it sent, and little overhead. Measured as the
// memory behind typed arrays, over so many decoders that noise does not matter.

import process from "node:process";
import { describe, expect, it } from "vitest";
import { type Codec, handlerOf } from "./codec.ts";

const DECODERS = 100;

/** Describes and tests the memory of decoders. It needs a process in which little else happens: a separate file. */
export function describeCodecMemory(codec: Codec): void {
  const onInvalid = (error: Error): void => {
    throw error;
  };
  const pushing = (): ((chunk: Uint8Array) => unknown) => {
    const decoder = codec.createPushDecoder(handlerOf(codec, { onInvalid }));
    return (chunk) => decoder.push(chunk);
  };
  const decoding = (): ((chunk: Uint8Array) => unknown) => {
    const decoder = codec.createFrameDecoder();
    return (chunk) => decoder.decode(chunk);
  };
  const { head } = codec.longest[0]!;
  const byte = new Uint8Array(1);
  const sent = 1 << 20;

  describe("the longest length that can be declared", () => {
    it.each(
      codec.longest.flatMap(({ name, head }) => [
        { name: `${name}, push decoder`, head, make: pushing },
        { name: `${name}, frame decoder`, head, make: decoding },
      ]),
    )("allocates nothing of that size: $name", ({ head, make }) => {
      const bytes = growth(() =>
        Array.from({ length: DECODERS }, () => {
          const push = make();
          push(head);
          push(new Uint8Array(100));
          return push;
        }),
      );
      expect(bytes).toBeLessThan(1024);
    });
  });

  describe("a body that comes byte by byte", () => {
    it("costs the frame decoder a small multiple of what has come", () => {
      const bytes = growth(() => {
        const push = decoding();
        push(head);
        for (let at = 0; at < sent; at++) push(byte);
        return [push];
      });
      // Twice the bytes for the room to grow, and the arrays before it if they are not collected yet.
      expect(bytes).toBeLessThan(4 * sent + 65536);
    });

    it("costs the push decoder nothing", () => {
      const bytes = growth(() => {
        const push = pushing();
        push(head);
        for (let at = 0; at < sent; at++) push(byte);
        return [push];
      });
      expect(bytes).toBeLessThan(1024);
    });
  });
}

/** Bytes of typed-array memory for each item that `fill` adds, while the returned items are alive. */
export function growth(fill: () => unknown[]): number {
  const before = process.memoryUsage().arrayBuffers;
  const kept = fill();
  const after = process.memoryUsage().arrayBuffers;
  return (after - before) / kept.length;
}
