// GOAWAY with its debug data: the only frame that the push decoder gathers.

import { describe, expect, it, vi } from "vitest";
import { handlerOf, text } from "../test/codec.ts";
import { encode } from "./encode.ts";
import { MAX_DEBUG_LENGTH_KEPT } from "./limits.ts";
import { type FrameHandler, PushDecoder } from "./push-decoder.ts";
import { putGoAway } from "./put.ts";

const goAway = encode({ type: "goAway", lastStreamId: 7, errorCode: 0, debug: text("bye") });
const reset = encode({ type: "reset", streamId: 3, errorCode: 6 });

describe("debug data", () => {
  it("is a copy that the handler owns", () => {
    const onGoAway = vi.fn<FrameHandler["onGoAway"]>();
    const chunk = goAway.slice();
    new PushDecoder(handlerOf({ onGoAway })).push(chunk);
    const debug = onGoAway.mock.calls[0]![2];
    expect(debug.buffer).not.toBe(chunk.buffer);
    expect(debug.buffer.byteLength).toBe(3);
  });

  it.each([
    { name: "whole", size: 1 << 20 },
    { name: "in odd pieces", size: 1021 },
  ])("is kept up to 64 KiB, $name, and decoding goes on after the rest", ({ size }) => {
    const debug = new Uint8Array(3 * MAX_DEBUG_LENGTH_KEPT).map((_, at) => at);
    const bytes = new Uint8Array(16 + debug.length + reset.length);
    bytes.set(reset, putGoAway(bytes, 0, 7, 0, debug));
    const onGoAway = vi.fn<FrameHandler["onGoAway"]>();
    const onReset = vi.fn<FrameHandler["onReset"]>();
    const decoder = new PushDecoder(handlerOf({ onGoAway, onReset }));
    for (let at = 0; at < bytes.length; at += size) decoder.push(bytes.subarray(at, at + size));
    expect(onGoAway).toHaveBeenCalledOnce();
    expect(onGoAway.mock.calls[0]![2]).toEqual(debug.subarray(0, MAX_DEBUG_LENGTH_KEPT));
    expect(onReset).toHaveBeenCalledOnce();
  });

  it("is pending after the fixed body, which is pending after the header", () => {
    const decoder = new PushDecoder(handlerOf({}));
    const pending = [...goAway].map((byte) => {
      decoder.push(Uint8Array.of(byte));
      return decoder.pending;
    });
    expect(pending.join()).toBe("7,6,5,4,3,2,1,8,7,6,5,4,3,2,1,3,2,1,0");
  });
});
