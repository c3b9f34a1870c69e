// The friendly decoder: when frames come, who owns their bytes, and how errors show.

import { describe, expect, it } from "vitest";
import { fromFrame } from "../test/vectors.ts";
import { encode } from "./encode.ts";
import { ErrorCode } from "./error-code.ts";
import type { DataFrame, Frame } from "./frame.ts";
import { FrameDecoder } from "./frame-decoder.ts";
import { FrameError } from "./frame-error.ts";

const hello: Frame = {
  type: "data",
  streamId: 3,
  syn: true,
  fin: false,
  body: new TextEncoder().encode("hello"),
};
const helloBytes = encode(hello);
const invalidBytes = new Uint8Array(8);

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("decode", () => {
  it("yields each frame with the chunk that completes it", () => {
    const decoder = new FrameDecoder();
    expect([...decoder.decode(helloBytes.subarray(0, 10))]).toEqual([]);
    expect([...decoder.decode(helloBytes.subarray(10, 12))]).toEqual([]);
    expect([...decoder.decode(helloBytes.subarray(12))].map(fromFrame)).toEqual([fromFrame(hello)]);
  });

  it("reads the chunk before it returns, so that the chunk may be reused before iterating", () => {
    const chunk = helloBytes.slice();
    const frames = new FrameDecoder().decode(chunk);
    chunk.fill(0);
    expect([...frames].map(fromFrame)).toEqual([fromFrame(hello)]);
  });

  it("gives bodies that are no part of a Buffer which is reused, nor of shared memory", () => {
    const shared = new Uint8Array(new SharedArrayBuffer(helloBytes.length));
    for (const chunk of [Buffer.from(helloBytes), shared]) {
      chunk.set(helloBytes);
      const [frame] = [...new FrameDecoder().decode(chunk)] as DataFrame[];
      chunk.fill(0);
      expect(fromFrame(frame!)).toEqual(fromFrame(hello));
      expect(frame!.body.buffer).toBeInstanceOf(ArrayBuffer);
    }
  });

  it("takes a chunk whose frames nobody asks for", () => {
    const decoder = new FrameDecoder();
    decoder.decode(helloBytes);
    expect([...decoder.decode(helloBytes)]).toHaveLength(1);
  });

  it("gives bodies that hold no more memory than they need", () => {
    const decoder = new FrameDecoder();
    const large = new Uint8Array(65536);
    large.set(helloBytes);
    const [whole] = [...decoder.decode(large.subarray(0, helloBytes.length))] as DataFrame[];
    expect(whole!.body.buffer.byteLength).toBe(5);
    const pieces = [...helloBytes].flatMap((byte) => [...decoder.decode(Uint8Array.of(byte))]);
    expect((pieces[0] as DataFrame).body.buffer.byteLength).toBe(5);
  });

  it("throws after the valid frames, and again at every later call", () => {
    const decoder = new FrameDecoder();
    const frames = decoder.decode(Uint8Array.of(...helloBytes, ...invalidBytes))[Symbol.iterator]();
    expect(frames.next()).toMatchObject({ done: false, value: { type: "data" } });
    const error = thrownBy(() => frames.next());
    expect(error).toBeInstanceOf(FrameError);
    expect(thrownBy(() => [...decoder.decode(helloBytes)])).toBe(error);
    expect(thrownBy(() => decoder.end())).toBe(error);
  });
});

describe("end", () => {
  it("accepts an input that ends between two frames", () => {
    const decoder = new FrameDecoder();
    decoder.end();
    decoder.decode(helloBytes);
    decoder.end();
  });

  it("refuses an input that ends inside a frame, and says where that frame begins", () => {
    const decoder = new FrameDecoder();
    decoder.decode(helloBytes);
    decoder.decode(helloBytes.subarray(0, 11));
    expect(thrownBy(() => decoder.end())).toMatchObject({
      name: "FrameError",
      message: "frame at byte 13: end comes early, at least 2 bytes are missing",
      code: ErrorCode.PEER_EOF,
      codeName: "PEER_EOF",
      field: "end",
      frameType: undefined,
      streamId: undefined,
      offset: 13,
    });
  });
});
