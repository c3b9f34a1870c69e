// How the push decoder delivers: at once, by reference, and only as long as its handler wants. The vectors decide which
// bytes are valid.

import { describe, expect, it, vi } from "vitest";
import { concatenated } from "../bytes.ts";
import {
  type AnyFrameError,
  type AnyHandler,
  type AnyPushDecoder,
  type Codec,
  dataHeader,
  handlerOf,
} from "./codec.ts";
import { Recorder } from "./recorder.ts";

const NO_BYTES = new Uint8Array(0);
const GIB = 2 ** 30;

export function describePushDecoding(codec: Codec): void {
  const { headerLength, maxBodyLength, controls } = codec;
  const { syn, fin } = codec.flags;
  const id = codec.hello.streamId;
  const hello = codec.encode(codec.hello);
  const [control] = controls;
  const { method } = control!;
  const other = codec.encode(control!.frame);
  const last = codec.encode(controls.at(-1)!.frame);

  const decoderOf = (methods: Readonly<Record<string, unknown>> = {}): AnyPushDecoder =>
    codec.createPushDecoder(handlerOf(codec, methods));

  /** Pushes a body of the longest length, in chunks of a fraction of it. */
  const pushLongest = (decoder: AnyPushDecoder): void => {
    const chunk = new Uint8Array((maxBodyLength + 1) / 256);
    while (decoder.pending > 0) decoder.push(chunk.subarray(0, decoder.pending));
  };

  describe("data", () => {
    it("comes as offsets into the very chunk that was pushed", () => {
      const onData = vi.fn<AnyHandler["onData"]>();
      const chunk = concatenated([other, hello, other]);
      decoderOf({ onData }).push(chunk);
      const start = other.length + headerLength;
      expect(onData).toHaveBeenCalledExactlyOnceWith(id, syn, 5, chunk, start, start + 5);
      expect(onData.mock.calls[0]![3]).toBe(chunk);
    });

    it("is announced by its header, before any of its body", () => {
      const onData = vi.fn<AnyHandler["onData"]>();
      const chunk = hello.subarray(0, headerLength);
      decoderOf({ onData }).push(chunk);
      expect(onData).toHaveBeenCalledExactlyOnceWith(id, syn, 5, chunk, headerLength, headerLength);
    });

    it("is announced by its header when that itself came in pieces, with the body at hand", () => {
      const onData = vi.fn<AnyHandler["onData"]>();
      const decoder = decoderOf({ onData });
      decoder.push(hello.subarray(0, 6));
      expect(onData).not.toHaveBeenCalled();
      const chunk = hello.subarray(6);
      decoder.push(chunk);
      const start = headerLength - 6;
      expect(onData).toHaveBeenCalledExactlyOnceWith(id, syn, 5, chunk, start, start + 5);
    });

    it("goes on piece by piece, each with what remains, and nothing is held back", () => {
      const onDataRest = vi.fn<AnyHandler["onDataRest"]>();
      const decoder = decoderOf({ onDataRest });
      decoder.push(hello.subarray(0, headerLength + 1));
      const middle = hello.subarray(headerLength + 1, headerLength + 4);
      decoder.push(middle);
      expect(onDataRest).toHaveBeenLastCalledWith(middle, 0, 3, 1);
      const end = concatenated([hello.subarray(headerLength + 4), other]);
      decoder.push(end);
      expect(onDataRest).toHaveBeenLastCalledWith(end, 0, 1, 0);
      expect(onDataRest).toHaveBeenCalledTimes(2);
    });

    it("may be as long as its length can say", () => {
      let received = 0;
      const onData: AnyHandler["onData"] = (_id, _flags, length, _chunk, start, end) => {
        expect(length).toBe(maxBodyLength);
        received += end - start;
      };
      const onDataRest: AnyHandler["onDataRest"] = (_chunk, start, end) => {
        received += end - start;
      };
      const decoder = decoderOf({ onData, onDataRest });
      decoder.push(dataHeader(codec, syn, maxBodyLength));
      pushLongest(decoder);
      expect(received).toBe(maxBodyLength);
      decoder.push(other.subarray(0, 1));
      expect(decoder.offset).toBe(headerLength + maxBodyLength);
    });

    it("with no body is complete at once", () => {
      const recorder = new Recorder(codec);
      const decoder = codec.createPushDecoder(recorder);
      decoder.push(dataHeader(codec, fin, 0));
      expect(recorder.frames).toHaveLength(1);
      expect(decoder.pending).toBe(0);
    });
  });

  describe("the other types", () => {
    it.each(controls)("come with what they say, from a chunk or cut: $method", (sample) => {
      const called = vi.fn();
      const decoder = decoderOf({ [sample.method]: called });
      const bytes = codec.encode(sample.frame);
      decoder.push(bytes);
      for (const byte of bytes) decoder.push(Uint8Array.of(byte));
      expect(called.mock.calls).toEqual([sample.heard, sample.heard]);
    });
  });

  describe("stop", () => {
    it.each([{ method: "onData", frame: codec.hello }, ...controls])(
      "inside $method ignores the rest of the chunk",
      ({ method, frame }) => {
        const bytes = codec.encode(frame);
        const called = vi.fn(() => decoder.stop());
        const decoder: AnyPushDecoder = decoderOf({ [method]: called });
        decoder.push(concatenated([bytes, bytes]));
        expect(called).toHaveBeenCalledOnce();
        decoder.push(bytes);
        expect(called).toHaveBeenCalledOnce();
      },
    );

    it("inside onData ignores the rest of the body too", () => {
      const onDataRest = vi.fn();
      const onData = vi.fn(() => decoder.stop());
      const decoder: AnyPushDecoder = decoderOf({ onData, onDataRest });
      decoder.push(hello.subarray(0, headerLength + 2));
      decoder.push(hello.subarray(headerLength + 2));
      expect(onData).toHaveBeenCalledOnce();
      expect(onDataRest).not.toHaveBeenCalled();
      expect(decoder.pending).toBe(0);
    });

    it("inside onDataRest ignores the rest of the chunk", () => {
      const onDataRest = vi.fn(() => decoder.stop());
      const onOther = vi.fn();
      const decoder: AnyPushDecoder = decoderOf({ onDataRest, [method]: onOther });
      decoder.push(hello.subarray(0, headerLength + 2));
      decoder.push(concatenated([hello.subarray(headerLength + 2), other]));
      expect(onDataRest).toHaveBeenCalledOnce();
      expect(onOther).not.toHaveBeenCalled();
    });

    it("inside onInvalid changes nothing: the decoder has stopped already", () => {
      const onInvalid = vi.fn(() => decoder.stop());
      const decoder: AnyPushDecoder = decoderOf({ onInvalid });
      decoder.push(new Uint8Array(3 * headerLength));
      expect(onInvalid).toHaveBeenCalledOnce();
    });

    it("before any input ignores it all", () => {
      const onOther = vi.fn();
      const decoder = decoderOf({ [method]: onOther });
      decoder.stop();
      decoder.push(other);
      expect(onOther).not.toHaveBeenCalled();
    });
  });

  describe("pending", () => {
    it("is the fewest bytes to the end of the frame: first of its header, then of its body", () => {
      const decoder = decoderOf();
      const pending = [...hello].map((byte) => {
        decoder.push(Uint8Array.of(byte));
        return decoder.pending;
      });
      const ofHeader = Array.from({ length: headerLength - 1 }, (_, at) => headerLength - 1 - at);
      expect(pending).toEqual([...ofHeader, 5, 4, 3, 2, 1, 0]);
    });

    it("counts down a body, also as a handler sees it", () => {
      const seen: number[] = [];
      const look = (): void => void seen.push(decoder.pending);
      const decoder: AnyPushDecoder = decoderOf({ onData: look, onDataRest: look });
      decoder.push(hello.subarray(0, headerLength + 2));
      decoder.push(hello.subarray(headerLength + 2, headerLength + 4));
      decoder.push(hello.subarray(headerLength + 4));
      expect(seen).toEqual([3, 1, 0]);
    });

    it("is 0 at first, after an empty chunk, and between frames", () => {
      const decoder = decoderOf();
      expect(decoder.pending).toBe(0);
      decoder.push(NO_BYTES);
      expect(decoder.pending).toBe(0);
      decoder.push(concatenated([hello, ...controls.map(({ frame }) => codec.encode(frame))]));
      expect(decoder.pending).toBe(0);
    });

    it("is 0 when stopped inside a frame", () => {
      const decoder = decoderOf();
      decoder.push(hello.subarray(0, 3));
      decoder.stop();
      expect(decoder.pending).toBe(0);
    });
  });

  describe("offset", () => {
    it("is where the frame under way begins, or where the input ends between frames", () => {
      const decoder = decoderOf();
      const offsets = [...concatenated([other, hello, last])].map((byte) => {
        decoder.push(Uint8Array.of(byte));
        return decoder.offset;
      });
      const ends = [other.length, other.length + hello.length];
      expect(new Set(offsets)).toEqual(new Set([0, ...ends, ends[1]! + last.length]));
    });

    it("of an error is where its frame begins, also when a chunk boundary cuts that", () => {
      const onInvalid = vi.fn<(error: AnyFrameError) => void>();
      const bytes = concatenated([hello, new Uint8Array(headerLength)]);
      for (let at = 0; at <= bytes.length; at++) {
        const decoder = decoderOf({ onInvalid });
        decoder.push(bytes.subarray(0, at));
        decoder.push(bytes.subarray(at));
      }
      expect(onInvalid.mock.calls.map(([error]) => error.offset)).toEqual(
        Array.from({ length: bytes.length + 1 }, () => hello.length),
      );
    });

    it("stays exact beyond 4 GiB", () => {
      const onInvalid = vi.fn<(error: AnyFrameError) => void>();
      const decoder = decoderOf({ onInvalid });
      const times = Math.ceil((5 * GIB) / maxBodyLength);
      for (let frame = 0; frame < times; frame++) {
        decoder.push(dataHeader(codec, 0, maxBodyLength));
        pushLongest(decoder);
      }
      decoder.push(new Uint8Array(headerLength));
      expect(onInvalid.mock.calls[0]![0].offset).toBe(times * (headerLength + maxBodyLength));
    });
  });

  describe("a handler that throws", () => {
    it("throws out of push", () => {
      const onOther = (): void => {
        throw new Error("handler");
      };
      expect(() => decoderOf({ [method]: onOther }).push(other)).toThrow("handler");
    });
  });
}
