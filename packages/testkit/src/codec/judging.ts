// Runs the shipped vectors against decoders and encoder: whole, byte by byte, and cut in two at every place. The codec
// did not make their bytes, so they can prove the codec wrong.

import { describe, expect, it } from "vitest";
import type { Codec } from "./codec.ts";
import { outcomeOf, Recorder } from "./recorder.ts";
import { fromFrame, fromHex, toFrame, toHex, type Vector, withVerdict } from "./vectors.ts";

export function describeVectors(codec: Codec): void {
  const { format, vectors } = codec.vectors;
  const valid = withVerdict(vectors, "valid");
  const incomplete = withVerdict(vectors, "incomplete");
  const invalid = withVerdict(vectors, "invalid");

  const expectOutcome = (vector: Vector, chunks: Uint8Array[]): void => {
    const outcome = outcomeOf(codec, chunks);
    expect(outcome.frames).toEqual(vector.frames);
    if (vector.verdict === "invalid") {
      const { decided: _, ...facts } = vector.error;
      expect(outcome.error).toBeInstanceOf(codec.FrameError);
      expect(outcome.error).toMatchObject(facts);
      expect(outcome.pending).toBe(0);
      return;
    }
    expect(outcome.error).toBeUndefined();
    expect(outcome.pending).toBe(vector.verdict === "valid" ? 0 : vector.missing);
  };

  describe("the vectors as a set", () => {
    it("have a format number and names that are all different", () => {
      expect(format).toBe(1);
      expect(new Set(vectors.map(({ name }) => name)).size).toBe(vectors.length);
    });

    it.each(codec.notToBeSent)(
      "have frames that only a session must not send, valid and canonical: %s",
      (name) => {
        expect(valid).toContainEqual(expect.objectContaining({ name, canonical: true }));
      },
    );

    it("count `decided` from the start of the input, as every other number of bytes", () => {
      for (const { hex, error } of invalid) {
        expect(error.decided).toBe(error.offset + codec.decidedBy(error));
        expect(error.decided).toBeLessThanOrEqual(hex.length / 2);
      }
      expect(invalid.some(({ error }) => error.offset > 0)).toBe(true);
    });
  });

  describe("a valid vector", () => {
    it.each(valid)("$name", (vector) => {
      for (const chunks of cuts(fromHex(vector.hex))) expectOutcome(vector, chunks);
    });

    it.each(valid)(
      "$name: as objects, and back to bytes if nothing in them is ignored",
      (vector) => {
        const decoder = codec.createFrameDecoder();
        const decoded = [...decoder.decode(fromHex(vector.hex))];
        expect(decoded.map(fromFrame)).toEqual(vector.frames);
        decoder.end();
        const encoded = vector.frames.map((frame) => toHex(codec.encode(toFrame(frame)))).join("");
        expect(encoded === vector.hex).toBe(vector.canonical);
      },
    );
  });

  describe("an incomplete vector", () => {
    it.each(incomplete)("$name", (vector) => {
      const bytes = fromHex(vector.hex);
      for (const chunks of cuts(bytes)) expectOutcome(vector, chunks);
      if (vector.begun !== undefined) {
        expect(outcomeOf(codec, [bytes]).begun).toMatchObject(vector.begun);
      }
    });
  });

  describe("an invalid vector", () => {
    it.each(invalid)("$name", (vector) => {
      for (const chunks of cuts(fromHex(vector.hex))) expectOutcome(vector, chunks);
    });

    it.each(invalid)(
      "$name: refused as early as the vector says, and no earlier",
      ({ hex, error: { decided, field } }) => {
        const bytes = fromHex(hex);
        expect(outcomeOf(codec, [bytes.subarray(0, decided - 1)]).error).toBeUndefined();
        expect(outcomeOf(codec, [bytes.subarray(0, decided)]).error).toMatchObject({ field });
      },
    );

    it.each(invalid)("$name: as objects, the valid frames first", (vector) => {
      const decoder = codec.createFrameDecoder();
      const frames = decoder.decode(fromHex(vector.hex))[Symbol.iterator]();
      for (const frame of vector.frames) {
        expect(fromFrame(frames.next().value as object)).toEqual(frame);
      }
      expect(() => frames.next()).toThrow(codec.FrameError);
    });

    it("leaves a decoder that ignores whatever else comes", () => {
      const recorder = new Recorder(codec);
      const decoder = codec.createPushDecoder(recorder);
      decoder.push(fromHex(invalid[0]!.hex));
      expect(recorder.error).toBeDefined();
      decoder.push(fromHex(valid[1]!.hex));
      expect(recorder.frames).toEqual([]);
    });
  });
}

/** All ways to cut the input: whole, into single bytes, in two at every place, and with empty chunks between. */
function* cuts(bytes: Uint8Array): Generator<Uint8Array[], void> {
  const single = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
  yield [bytes];
  yield single;
  for (let at = 0; at <= bytes.length; at++) yield [bytes.subarray(0, at), bytes.subarray(at)];
  const nothing = new Uint8Array(0);
  yield [nothing, ...single.flatMap((byte) => [byte, nothing])];
}
