// How the push decoder delivers: at once, by reference, and no further than its handler wants.
// Which bytes are valid is the business of the vectors.

import { describe, expect, it, vi } from "vitest";
import { Recorder } from "../test/recorder.ts";
import { encode } from "./encode.ts";
import { ErrorCode } from "./error-code.ts";
import type { FrameError } from "./frame-error.ts";
import { Flag } from "./frame-type.ts";
import { HEADER_LENGTH, MAX_BODY_LENGTH, MAX_DEBUG_LENGTH_KEPT } from "./limits.ts";
import { type FrameHandler, PushDecoder } from "./push-decoder.ts";
import { putData, putGoAway } from "./put.ts";

const NO_BYTES = new Uint8Array(0);

/** A handler of which a test cares for a few methods only. */
function handler(methods: Partial<FrameHandler> = {}): FrameHandler {
  const nothing = (): void => {};
  return {
    onData: nothing,
    onDataRest: nothing,
    onReset: nothing,
    onIncrement: nothing,
    onGoAway: nothing,
    onInvalid: nothing,
    ...methods,
  };
}

function dataHeader(streamId: number, flags: number, length: number): Uint8Array {
  const header = new Uint8Array(HEADER_LENGTH);
  putData(header, 0, streamId, flags, length);
  return header;
}

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const hello = encode({
  type: "data",
  streamId: 3,
  syn: true,
  fin: false,
  body: new TextEncoder().encode("hello"),
});
const reset = encode({ type: "reset", streamId: 3, errorCode: ErrorCode.STREAM_CANCELLED });
const goAway = encode({
  type: "goAway",
  lastStreamId: 7,
  errorCode: 0,
  debug: new TextEncoder().encode("bye"),
});

describe("DATA", () => {
  it("comes as offsets into the very chunk that was pushed", () => {
    const onData = vi.fn<FrameHandler["onData"]>();
    const chunk = join(reset, hello, reset);
    new PushDecoder(handler({ onData })).push(chunk);
    expect(onData).toHaveBeenCalledExactlyOnceWith(3, Flag.SYN, 5, chunk, 20, 25);
    expect(onData.mock.calls[0]![3]).toBe(chunk);
  });

  it("is announced by its header, before any of its body", () => {
    const onData = vi.fn<FrameHandler["onData"]>();
    const chunk = hello.subarray(0, HEADER_LENGTH);
    new PushDecoder(handler({ onData })).push(chunk);
    expect(onData).toHaveBeenCalledExactlyOnceWith(3, Flag.SYN, 5, chunk, 8, 8);
  });

  it("is announced by its header when that itself came in pieces, with the body at hand", () => {
    const onData = vi.fn<FrameHandler["onData"]>();
    const decoder = new PushDecoder(handler({ onData }));
    decoder.push(hello.subarray(0, 6));
    expect(onData).not.toHaveBeenCalled();
    const chunk = hello.subarray(6);
    decoder.push(chunk);
    expect(onData).toHaveBeenCalledExactlyOnceWith(3, Flag.SYN, 5, chunk, 2, 7);
  });

  it("goes on piece by piece, each with what remains, and nothing is held back", () => {
    const onDataRest = vi.fn<FrameHandler["onDataRest"]>();
    const decoder = new PushDecoder(handler({ onDataRest }));
    decoder.push(hello.subarray(0, 9));
    const middle = hello.subarray(9, 12);
    decoder.push(middle);
    expect(onDataRest).toHaveBeenLastCalledWith(middle, 0, 3, 1);
    const last = join(hello.subarray(12), reset);
    decoder.push(last);
    expect(onDataRest).toHaveBeenLastCalledWith(last, 0, 1, 0);
    expect(onDataRest).toHaveBeenCalledTimes(2);
  });

  it("may be as long as 24 bits allow", () => {
    let received = 0;
    const decoder = new PushDecoder(
      handler({
        onData: (_id, _flags, length, _chunk, start, end) => {
          expect(length).toBe(MAX_BODY_LENGTH);
          received += end - start;
        },
        onDataRest: (_chunk, start, end) => {
          received += end - start;
        },
      }),
    );
    decoder.push(dataHeader(3, Flag.SYN, MAX_BODY_LENGTH));
    const chunk = new Uint8Array(65536);
    while (decoder.pending > 0) decoder.push(chunk.subarray(0, decoder.pending));
    expect(received).toBe(MAX_BODY_LENGTH);
  });

  it("with no body is complete at once", () => {
    const recorder = new Recorder();
    const decoder = new PushDecoder(recorder);
    decoder.push(dataHeader(5, Flag.FIN, 0));
    expect(recorder.frames).toHaveLength(1);
    expect(decoder.pending).toBe(0);
  });
});

describe("GOAWAY", () => {
  it("gives debug data as a copy that the handler owns", () => {
    const onGoAway = vi.fn<FrameHandler["onGoAway"]>();
    const chunk = goAway.slice();
    new PushDecoder(handler({ onGoAway })).push(chunk);
    const debug = onGoAway.mock.calls[0]![2];
    expect(debug.buffer).not.toBe(chunk.buffer);
    expect(debug.buffer.byteLength).toBe(3);
  });

  it.each([
    { name: "whole", size: 1 << 20 },
    { name: "in odd pieces", size: 1021 },
  ])("keeps 64 KiB of longer debug data, $name, and goes on after the rest", ({ size }) => {
    const debug = new Uint8Array(3 * MAX_DEBUG_LENGTH_KEPT).map((_, at) => at);
    const bytes = new Uint8Array(16 + debug.length + reset.length);
    bytes.set(reset, putGoAway(bytes, 0, 7, 0, debug));
    const onGoAway = vi.fn<FrameHandler["onGoAway"]>();
    const onReset = vi.fn<FrameHandler["onReset"]>();
    const decoder = new PushDecoder(handler({ onGoAway, onReset }));
    for (let at = 0; at < bytes.length; at += size) decoder.push(bytes.subarray(at, at + size));
    expect(onGoAway).toHaveBeenCalledOnce();
    expect(onGoAway.mock.calls[0]![2]).toEqual(debug.subarray(0, MAX_DEBUG_LENGTH_KEPT));
    expect(onReset).toHaveBeenCalledOnce();
  });
});

describe("stop", () => {
  it.each([
    { method: "onData", bytes: hello },
    { method: "onReset", bytes: reset },
    {
      method: "onIncrement",
      bytes: encode({ type: "increment", streamId: 3, increment: 1 }),
    },
    { method: "onGoAway", bytes: goAway },
  ] as const)("inside $method ignores the rest of the chunk", ({ method, bytes }) => {
    const called = vi.fn(() => decoder.stop());
    const decoder: PushDecoder = new PushDecoder(handler({ [method]: called }));
    decoder.push(join(bytes, bytes));
    expect(called).toHaveBeenCalledOnce();
    decoder.push(bytes);
    expect(called).toHaveBeenCalledOnce();
  });

  it("inside onData ignores the rest of the body too", () => {
    const onDataRest = vi.fn<FrameHandler["onDataRest"]>();
    const onData = vi.fn(() => decoder.stop());
    const decoder: PushDecoder = new PushDecoder(handler({ onData, onDataRest }));
    decoder.push(hello.subarray(0, 10));
    decoder.push(hello.subarray(10));
    expect(onData).toHaveBeenCalledOnce();
    expect(onDataRest).not.toHaveBeenCalled();
    expect(decoder.pending).toBe(0);
  });

  it("inside onDataRest ignores the rest of the chunk", () => {
    const onDataRest = vi.fn(() => decoder.stop());
    const onReset = vi.fn<FrameHandler["onReset"]>();
    const decoder: PushDecoder = new PushDecoder(handler({ onDataRest, onReset }));
    decoder.push(hello.subarray(0, 10));
    decoder.push(join(hello.subarray(10), reset));
    expect(onDataRest).toHaveBeenCalledOnce();
    expect(onReset).not.toHaveBeenCalled();
  });

  it("inside onInvalid changes nothing: the decoder has stopped already", () => {
    const onInvalid = vi.fn(() => decoder.stop());
    const decoder: PushDecoder = new PushDecoder(handler({ onInvalid }));
    decoder.push(new Uint8Array(24));
    expect(onInvalid).toHaveBeenCalledOnce();
  });

  it("before any input ignores it all", () => {
    const onReset = vi.fn<FrameHandler["onReset"]>();
    const decoder = new PushDecoder(handler({ onReset }));
    decoder.stop();
    decoder.push(reset);
    expect(onReset).not.toHaveBeenCalled();
  });
});

describe("pending", () => {
  it("is the fewest bytes to the end of the frame: first of its header, then of its body", () => {
    const decoder = new PushDecoder(handler());
    const pending = [...goAway].map((byte) => {
      decoder.push(Uint8Array.of(byte));
      return decoder.pending;
    });
    expect(pending.join()).toBe("7,6,5,4,3,2,1,8,7,6,5,4,3,2,1,3,2,1,0");
  });

  it("counts down a body, also as a handler sees it", () => {
    const seen: number[] = [];
    const look = (): void => void seen.push(decoder.pending);
    const decoder: PushDecoder = new PushDecoder(handler({ onData: look, onDataRest: look }));
    decoder.push(hello.subarray(0, 10));
    decoder.push(hello.subarray(10, 12));
    decoder.push(hello.subarray(12));
    expect(seen).toEqual([3, 1, 0]);
  });

  it("is 0 at first, after an empty chunk, and between frames", () => {
    const decoder = new PushDecoder(handler());
    expect(decoder.pending).toBe(0);
    decoder.push(NO_BYTES);
    expect(decoder.pending).toBe(0);
    decoder.push(join(hello, reset, goAway));
    expect(decoder.pending).toBe(0);
  });

  it("is 0 when stopped inside a frame", () => {
    const decoder = new PushDecoder(handler());
    decoder.push(hello.subarray(0, 3));
    decoder.stop();
    expect(decoder.pending).toBe(0);
  });
});

describe("offset", () => {
  it("is where the frame under way begins, or where the input ends between frames", () => {
    const decoder = new PushDecoder(handler());
    const offsets = [...join(reset, hello, goAway)].map((byte) => {
      decoder.push(Uint8Array.of(byte));
      return decoder.offset;
    });
    expect(new Set(offsets)).toEqual(new Set([0, 12, 25, 44]));
  });

  it("stays exact beyond 4 GiB", () => {
    const onInvalid = vi.fn<(error: FrameError) => void>();
    const decoder = new PushDecoder(handler({ onInvalid }));
    const body = new Uint8Array(MAX_BODY_LENGTH);
    for (let frame = 0; frame < 300; frame++) {
      decoder.push(dataHeader(3, 0, MAX_BODY_LENGTH));
      decoder.push(body);
    }
    decoder.push(new Uint8Array(HEADER_LENGTH));
    expect(onInvalid.mock.calls[0]![0].offset).toBe(300 * (HEADER_LENGTH + MAX_BODY_LENGTH));
  });
});

describe("a handler that throws", () => {
  it("is heard by whoever pushed", () => {
    const onReset = (): void => {
      throw new Error("handler");
    };
    expect(() => new PushDecoder(handler({ onReset })).push(reset)).toThrow("handler");
  });
});
