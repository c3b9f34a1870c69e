// How the push decoder delivers: at once, by reference, and no further than its handler wants.
// Which bytes are valid is the business of the vectors.

import { describe, expect, it, vi } from "vitest";
import { Recorder } from "../test/recorder.ts";
import { encode } from "./encode.ts";
import type { YamuxFrameError } from "./frame-error.ts";
import { Flag } from "./frame-type.ts";
import { HEADER_LENGTH, MAX_BODY_LENGTH } from "./limits.ts";
import { type FrameHandler, PushDecoder } from "./push-decoder.ts";
import { putData } from "./put.ts";

const NO_BYTES = new Uint8Array(0);
const none = { syn: false, ack: false, fin: false, rst: false };

/** A handler of which a test cares for a few methods only. */
function handler(methods: Partial<FrameHandler> = {}): FrameHandler {
  const nothing = (): void => {};
  return {
    onData: nothing,
    onDataRest: nothing,
    onWindowUpdate: nothing,
    onPing: nothing,
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

const body = new TextEncoder().encode("hello");
const hello = encode({ type: "data", streamId: 1, ...none, syn: true, body });
const update = encode({ type: "windowUpdate", streamId: 1, ...none, ack: true, increment: 7 });
const ping = encode({ type: "ping", ack: false, value: 9 });
const goAway = encode({ type: "goAway", code: 0 });

describe("Data", () => {
  it("comes as offsets into the very chunk that was pushed", () => {
    const onData = vi.fn<FrameHandler["onData"]>();
    const chunk = join(update, hello, update);
    new PushDecoder(handler({ onData })).push(chunk);
    expect(onData).toHaveBeenCalledExactlyOnceWith(1, Flag.SYN, 5, chunk, 24, 29);
    expect(onData.mock.calls[0]![3]).toBe(chunk);
  });

  it("is announced by its header, before any of its body", () => {
    const onData = vi.fn<FrameHandler["onData"]>();
    const chunk = hello.subarray(0, HEADER_LENGTH);
    new PushDecoder(handler({ onData })).push(chunk);
    expect(onData).toHaveBeenCalledExactlyOnceWith(1, Flag.SYN, 5, chunk, 12, 12);
  });

  it("is announced by its header when that itself came in pieces, with the body at hand", () => {
    const onData = vi.fn<FrameHandler["onData"]>();
    const decoder = new PushDecoder(handler({ onData }));
    decoder.push(hello.subarray(0, 6));
    expect(onData).not.toHaveBeenCalled();
    const chunk = hello.subarray(6);
    decoder.push(chunk);
    expect(onData).toHaveBeenCalledExactlyOnceWith(1, Flag.SYN, 5, chunk, 6, 11);
  });

  it("goes on piece by piece, each with what remains, and nothing is held back", () => {
    const onDataRest = vi.fn<FrameHandler["onDataRest"]>();
    const decoder = new PushDecoder(handler({ onDataRest }));
    decoder.push(hello.subarray(0, 13));
    const middle = hello.subarray(13, 16);
    decoder.push(middle);
    expect(onDataRest).toHaveBeenLastCalledWith(middle, 0, 3, 1);
    const last = join(hello.subarray(16), update);
    decoder.push(last);
    expect(onDataRest).toHaveBeenLastCalledWith(last, 0, 1, 0);
    expect(onDataRest).toHaveBeenCalledTimes(2);
  });

  it("may be as long as 32 bits allow", () => {
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
    decoder.push(dataHeader(1, Flag.SYN, MAX_BODY_LENGTH));
    const chunk = new Uint8Array(1 << 24);
    while (decoder.pending > 0) decoder.push(chunk.subarray(0, decoder.pending));
    expect(received).toBe(MAX_BODY_LENGTH);
    decoder.push(update.subarray(0, 1));
    expect(decoder.offset).toBe(HEADER_LENGTH + MAX_BODY_LENGTH);
  });

  it("with no body is complete at once", () => {
    const recorder = new Recorder();
    const decoder = new PushDecoder(recorder);
    decoder.push(dataHeader(5, Flag.FIN, 0));
    expect(recorder.frames).toHaveLength(1);
    expect(decoder.pending).toBe(0);
  });
});

describe("the other types", () => {
  it("come with their numbers, unsigned, from a chunk or across two", () => {
    const onWindowUpdate = vi.fn<FrameHandler["onWindowUpdate"]>();
    const onPing = vi.fn<FrameHandler["onPing"]>();
    const onGoAway = vi.fn<FrameHandler["onGoAway"]>();
    const decoder = new PushDecoder(handler({ onWindowUpdate, onPing, onGoAway }));
    const all = join(
      encode({
        type: "windowUpdate",
        streamId: 0xffffffff,
        ...none,
        rst: true,
        increment: 0xfffffffe,
      }),
      encode({ type: "ping", ack: true, value: 0x80000000 }),
      encode({ type: "goAway", code: 0xffffffff }),
    );
    decoder.push(all);
    for (const byte of all) decoder.push(Uint8Array.of(byte));
    expect(onWindowUpdate.mock.calls).toEqual(
      Array.from({ length: 2 }, () => [0xffffffff, Flag.RST, 0xfffffffe]),
    );
    expect(onPing.mock.calls).toEqual(Array.from({ length: 2 }, () => [Flag.ACK, 0x80000000]));
    expect(onGoAway.mock.calls).toEqual([[0xffffffff], [0xffffffff]]);
  });
});

describe("stop", () => {
  it.each([
    { method: "onData", bytes: hello },
    { method: "onWindowUpdate", bytes: update },
    { method: "onPing", bytes: ping },
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
    decoder.push(hello.subarray(0, 14));
    decoder.push(hello.subarray(14));
    expect(onData).toHaveBeenCalledOnce();
    expect(onDataRest).not.toHaveBeenCalled();
    expect(decoder.pending).toBe(0);
  });

  it("inside onDataRest ignores the rest of the chunk", () => {
    const onDataRest = vi.fn(() => decoder.stop());
    const onWindowUpdate = vi.fn<FrameHandler["onWindowUpdate"]>();
    const decoder: PushDecoder = new PushDecoder(handler({ onDataRest, onWindowUpdate }));
    decoder.push(hello.subarray(0, 14));
    decoder.push(join(hello.subarray(14), update));
    expect(onDataRest).toHaveBeenCalledOnce();
    expect(onWindowUpdate).not.toHaveBeenCalled();
  });

  it("inside onInvalid changes nothing: the decoder has stopped already", () => {
    const onInvalid = vi.fn(() => decoder.stop());
    const decoder: PushDecoder = new PushDecoder(handler({ onInvalid }));
    decoder.push(new Uint8Array(36));
    expect(onInvalid).toHaveBeenCalledOnce();
  });

  it("before any input ignores it all", () => {
    const onWindowUpdate = vi.fn<FrameHandler["onWindowUpdate"]>();
    const decoder = new PushDecoder(handler({ onWindowUpdate }));
    decoder.stop();
    decoder.push(update);
    expect(onWindowUpdate).not.toHaveBeenCalled();
  });
});

describe("pending", () => {
  it("is the fewest bytes to the end of the frame: first of its header, then of its body", () => {
    const decoder = new PushDecoder(handler());
    const pending = [...hello].map((byte) => {
      decoder.push(Uint8Array.of(byte));
      return decoder.pending;
    });
    expect(pending.join()).toBe("11,10,9,8,7,6,5,4,3,2,1,5,4,3,2,1,0");
  });

  it("counts down a body, also as a handler sees it", () => {
    const seen: number[] = [];
    const look = (): void => void seen.push(decoder.pending);
    const decoder: PushDecoder = new PushDecoder(handler({ onData: look, onDataRest: look }));
    decoder.push(hello.subarray(0, 14));
    decoder.push(hello.subarray(14, 16));
    decoder.push(hello.subarray(16));
    expect(seen).toEqual([3, 1, 0]);
  });

  it("is 0 at first, after an empty chunk, and between frames", () => {
    const decoder = new PushDecoder(handler());
    expect(decoder.pending).toBe(0);
    decoder.push(NO_BYTES);
    expect(decoder.pending).toBe(0);
    decoder.push(join(hello, update, ping, goAway));
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
    const offsets = [...join(update, hello, goAway)].map((byte) => {
      decoder.push(Uint8Array.of(byte));
      return decoder.offset;
    });
    expect(new Set(offsets)).toEqual(new Set([0, 12, 29, 41]));
  });

  it("of an error is where its frame begins, also when a chunk boundary cuts that", () => {
    const onInvalid = vi.fn<(error: YamuxFrameError) => void>();
    const bytes = join(hello, new Uint8Array(HEADER_LENGTH));
    for (let at = 0; at <= bytes.length; at++) {
      const decoder = new PushDecoder(handler({ onInvalid }));
      decoder.push(bytes.subarray(0, at));
      decoder.push(bytes.subarray(at));
    }
    expect(onInvalid.mock.calls.map(([error]) => error.offset)).toEqual(
      Array.from({ length: bytes.length + 1 }, () => hello.length),
    );
  });
});

describe("a handler that throws", () => {
  it("is heard by whoever pushed", () => {
    const onWindowUpdate = (): void => {
      throw new Error("handler");
    };
    expect(() => new PushDecoder(handler({ onWindowUpdate })).push(update)).toThrow("handler");
  });
});
