// What holds for all frames and all bytes, on random ones.

import { describe, expect, it } from "vitest";
import { outcomeOf } from "../test/recorder.ts";
import { fc } from "../test/seed.ts";
import { fromFrame } from "../test/vectors.ts";
import { encode } from "./encode.ts";
import type { Frame } from "./frame.ts";
import { FrameDecoder } from "./frame-decoder.ts";

/** Small numbers, the edges, and everything between. */
const uint = (min: number, max: number): fc.Arbitrary<number> =>
  fc.oneof(fc.integer({ min, max: min + 8 }), fc.constant(max), fc.integer({ min, max }));

const streamId = uint(1, 0x7fffffff);
const errorCode = uint(0, 0xffffffff);
const bytes = fc.uint8Array({ maxLength: 300 });

const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({
    type: fc.constant("data" as const),
    streamId,
    syn: fc.boolean(),
    fin: fc.boolean(),
    body: bytes,
  }),
  fc.record({ type: fc.constant("reset" as const), streamId, errorCode }),
  fc.record({ type: fc.constant("increment" as const), streamId, increment: uint(1, 0x7fffffff) }),
  fc.record({
    type: fc.constant("goAway" as const),
    lastStreamId: uint(0, 0x7fffffff),
    errorCode,
    debug: bytes,
  }),
);

/**
 * Bytes that pass for frames more often than chance allows, so that random input gets beyond its
 * first header.
 */
const almostFrame = fc.oneof(
  bytes,
  frame.map(encode),
  fc
    .tuple(frame.map(encode), fc.nat(7), fc.integer({ min: 0, max: 255 }))
    .map(([encoded, at, byte]) => encoded.map((old, index) => (index === at ? byte : old))),
);

const input = fc.array(almostFrame, { maxLength: 8 }).map(concat);

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Cuts by taking as many bytes as `sizes` says, over and over; 0 makes an empty chunk. */
function cut(whole: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < whole.length; turn++) {
    const size = turn > 2 * whole.length ? whole.length : sizes[turn % sizes.length]!;
    chunks.push(whole.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

const sizes = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 12 });

describe("for all frames", () => {
  it("decoding what was encoded gives the frames back, however it was cut", () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), sizes, (frames, sizes) => {
        const decoder = new FrameDecoder();
        const decoded = cut(concat(frames.map(encode)), sizes).flatMap((chunk) => [
          ...decoder.decode(chunk),
        ]);
        decoder.end();
        expect(decoded.map(fromFrame)).toEqual(frames.map(fromFrame));
      }),
    );
  });
});

describe("for all bytes", () => {
  it("chunking never matters: same frames, same error, same offset, same bytes pending", () => {
    fc.assert(
      fc.property(input, sizes, (bytes, sizes) => {
        expect(outcomeOf(cut(bytes, sizes))).toEqual(outcomeOf([bytes]));
      }),
    );
  });

  it("each byte is accounted for: by frames, a frame under way, or an error at an offset", () => {
    fc.assert(
      fc.property(input, (bytes) => {
        const { frames, error, pending, offset } = outcomeOf([bytes]);
        const lengths = frames.map((frame) => {
          if (frame.type === "data") return 8 + frame.body.length / 2;
          return frame.type === "goAway" ? 16 + frame.debug.length / 2 : 12;
        });
        const decoded = lengths.reduce((sum, length) => sum + length, 0);
        if (error !== undefined) expect(error.offset).toBe(decoded);
        else if (pending === 0) expect(decoded).toBe(bytes.length);
        else expect(offset).toBe(decoded);
      }),
    );
  });
});
