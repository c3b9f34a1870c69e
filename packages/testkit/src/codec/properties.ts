// Properties of all frames and all bytes, tested with random ones.

import { describe, expect, it } from "vitest";
import { concatenated } from "../bytes.ts";
import type { Codec } from "./codec.ts";
import { outcomeOf } from "./recorder.ts";
import { fc } from "./seed.ts";
import { fromFrame } from "./vectors.ts";

const sizes = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 12 });

export function describeProperties(codec: Codec): void {
  const frames = fc.array(codec.frames, { maxLength: 12 });
  const encoded = codec.frames.map((frame) => codec.encode(frame));
  /** Bytes that look like frames more often than by chance, so that random input gets beyond its first header. */
  const almostFrame = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    encoded,
    fc
      .tuple(encoded, fc.nat(codec.headerLength - 1), fc.integer({ min: 0, max: 255 }))
      .map(([bytes, at, byte]) => bytes.map((old, index) => (index === at ? byte : old))),
  );
  const input = fc.array(almostFrame, { maxLength: 8 }).map(concatenated);

  describe("for all frames", () => {
    it("decoding what was encoded gives the frames back, however it was cut", () => {
      fc.assert(
        fc.property(frames, sizes, (frames, sizes) => {
          const decoder = codec.createFrameDecoder();
          const bytes = concatenated(frames.map((frame) => codec.encode(frame)));
          const decoded = cut(bytes, sizes).flatMap((chunk) => [...decoder.decode(chunk)]);
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
          expect(outcomeOf(codec, cut(bytes, sizes))).toEqual(outcomeOf(codec, [bytes]));
        }),
      );
    });

    it("each byte is accounted for: by frames, a frame under way, or an error at an offset", () => {
      fc.assert(
        fc.property(input, (bytes) => {
          const { frames, error, pending, offset } = outcomeOf(codec, [bytes]);
          const decoded = frames.reduce((sum, frame) => sum + codec.lengthOf(frame), 0);
          if (error !== undefined) expect(error.offset).toBe(decoded);
          else if (pending === 0) expect(decoded).toBe(bytes.length);
          else expect(offset).toBe(decoded);
        }),
      );
    });
  });
}

/** Cuts pieces with the lengths in `sizes`, over and over; 0 makes an empty chunk. */
function cut(whole: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < whole.length; turn++) {
    const size = turn > 2 * whole.length ? whole.length : sizes[turn % sizes.length]!;
    chunks.push(whole.subarray(at, at + size));
    at += size;
  }
  return chunks;
}
