// The convenient decoder: when it yields frames, who owns their bytes, and how it reports errors.

import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import type { AnyFrame, Codec } from "./codec.ts";
import { fromFrame } from "./vectors.ts";

export function describeFrameDecoding(codec: Codec): void {
  const { hello, headerLength } = codec;
  const helloBytes = codec.encode(hello);
  const invalidBytes = new Uint8Array(headerLength);

  describe("decode", () => {
    it("yields each frame with the chunk that completes it", () => {
      const decoder = codec.createFrameDecoder();
      const cuts = [headerLength - 2, headerLength + 2, headerLength + 4];
      const chunks = pieces(helloBytes, cuts);
      for (const chunk of chunks.slice(0, -1)) expect([...decoder.decode(chunk)]).toEqual([]);
      expect([...decoder.decode(chunks.at(-1)!)].map(fromFrame)).toEqual([fromFrame(hello)]);
    });

    it("reads the chunk before it returns, so that the chunk may be reused before iterating", () => {
      const chunk = helloBytes.slice();
      const frames = codec.createFrameDecoder().decode(chunk);
      chunk.fill(0);
      expect([...frames].map(fromFrame)).toEqual([fromFrame(hello)]);
    });

    it("gives bodies that are no part of a Buffer which is reused, nor of shared memory", () => {
      const shared = new Uint8Array(new SharedArrayBuffer(helloBytes.length));
      for (const chunk of [Buffer.from(helloBytes), shared]) {
        chunk.set(helloBytes);
        const [frame] = [...codec.createFrameDecoder().decode(chunk)];
        chunk.fill(0);
        expect(fromFrame(frame!)).toEqual(fromFrame(hello));
        expect(bodyOf(frame!).buffer).toBeInstanceOf(ArrayBuffer);
      }
    });

    it("takes a chunk whose frames nobody asks for", () => {
      const decoder = codec.createFrameDecoder();
      decoder.decode(helloBytes);
      expect([...decoder.decode(helloBytes)]).toHaveLength(1);
    });

    it("gives bodies that hold no more memory than they need", () => {
      const decoder = codec.createFrameDecoder();
      const large = new Uint8Array(65536);
      large.set(helloBytes);
      const [whole] = [...decoder.decode(large.subarray(0, helloBytes.length))];
      expect(bodyOf(whole!).buffer.byteLength).toBe(5);
      const [cut] = [...helloBytes].flatMap((byte) => [...decoder.decode(Uint8Array.of(byte))]);
      expect(bodyOf(cut!).buffer.byteLength).toBe(5);
    });

    it("throws after the valid frames, and again at every later call", () => {
      const decoder = codec.createFrameDecoder();
      const input = Uint8Array.of(...helloBytes, ...invalidBytes);
      const frames = decoder.decode(input)[Symbol.iterator]();
      expect(frames.next()).toMatchObject({ done: false, value: { type: "data" } });
      const error = thrownBy(() => frames.next());
      expect(error).toBeInstanceOf(codec.FrameError);
      expect(thrownBy(() => [...decoder.decode(helloBytes)])).toBe(error);
      expect(thrownBy(() => decoder.end())).toBe(error);
    });
  });

  describe("end", () => {
    it("accepts an input that ends between two frames", () => {
      const decoder = codec.createFrameDecoder();
      decoder.end();
      decoder.decode(helloBytes);
      decoder.end();
    });

    it("refuses an input that ends inside a frame, and says where that frame begins", () => {
      const decoder = codec.createFrameDecoder();
      decoder.decode(helloBytes);
      decoder.decode(helloBytes.subarray(0, headerLength + 3));
      const offset = headerLength + 5;
      expect(thrownBy(() => decoder.end())).toMatchObject({
        message: `frame at byte ${offset}: end comes early, at least 2 bytes are missing`,
        field: "end",
        frameType: undefined,
        streamId: undefined,
        offset,
        ...codec.early,
      });
    });
  });
}

/** Returns the bytes, cut at these places. */
function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  return [0, ...cuts].map((from, at) => bytes.subarray(from, cuts[at]));
}

function bodyOf(frame: AnyFrame): Uint8Array {
  return (frame as AnyFrame & { readonly body: Uint8Array }).body;
}

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}
