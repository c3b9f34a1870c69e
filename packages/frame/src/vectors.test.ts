// The shipped vectors against decoders and encoder: whole, byte by byte, cut in two at every place.
// What they say of the bytes was not made by this package, so that it can prove us wrong.
// Spec §11.

import { describe, expect, it } from "vitest";
import { outcomeOf, Recorder } from "../test/recorder.ts";
import {
  format,
  fromFrame,
  fromHex,
  incomplete,
  invalid,
  toFrame,
  toHex,
  type Vector,
  valid,
  vectors,
} from "../test/vectors.ts";
import { encode } from "./encode.ts";
import { ErrorCode, errorCodeName } from "./error-code.ts";
import { FrameDecoder } from "./frame-decoder.ts";
import { FrameError } from "./frame-error.ts";
import { HEADER_LENGTH } from "./limits.ts";
import { PushDecoder } from "./push-decoder.ts";

/**
 * Each way to cut the input: whole, into single bytes, in two at every place, and with empty chunks
 * between.
 */
function* cuts(bytes: Uint8Array): Generator<Uint8Array[], void> {
  yield [bytes];
  yield Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
  for (let at = 0; at <= bytes.length; at++) yield [bytes.subarray(0, at), bytes.subarray(at)];
  const nothing = new Uint8Array(0);
  yield [nothing, ...Array.from(bytes, (_, at) => [bytes.subarray(at, at + 1), nothing]).flat()];
}

function expectOutcome(vector: Vector, chunks: Uint8Array[]): void {
  const outcome = outcomeOf(chunks);
  expect(outcome.frames).toEqual(vector.frames);
  if (vector.verdict === "invalid") {
    const { decided: _, ...facts } = vector.error;
    expect(outcome.error).toBeInstanceOf(FrameError);
    expect(outcome.error).toMatchObject(facts);
    expect(outcome.pending).toBe(0);
    return;
  }
  expect(outcome.error).toBeUndefined();
  expect(outcome.pending).toBe(vector.verdict === "valid" ? 0 : vector.missing);
}

describe("the vectors as a set", () => {
  const frames = valid.flatMap((vector) => vector.frames);

  it("have a format number and names that are all different", () => {
    expect(format).toBe(1);
    expect(new Set(vectors.map(({ name }) => name)).size).toBe(vectors.length);
  });

  it("cover every type, every flag combination and every error code", () => {
    expect(new Set(frames.map(({ type }) => type))).toEqual(
      new Set(["data", "reset", "increment", "goAway"]),
    );
    const flags = frames.flatMap((frame) =>
      frame.type === "data" ? [[frame.syn, frame.fin]] : [],
    );
    for (const syn of [false, true]) {
      for (const fin of [false, true]) expect(flags).toContainEqual([syn, fin]);
    }
    for (const type of ["reset", "goAway"]) {
      for (const errorCode of Object.values(ErrorCode)) {
        expect(frames).toContainEqual(expect.objectContaining({ type, errorCode }));
      }
    }
  });

  it.each(["RST, NO_ERROR", "DATA, empty, without flags"])(
    "have frames that only a session must not send, valid and canonical: %s",
    (name) => {
      expect(valid).toContainEqual(expect.objectContaining({ name, canonical: true }));
    },
  );

  it("count `decided` from the start of the input, as every other number of bytes", () => {
    for (const { hex, error } of invalid) {
      const frame = error.field === "increment" ? HEADER_LENGTH + 4 : HEADER_LENGTH;
      expect(error.decided).toBe(error.offset + frame);
      expect(error.decided).toBeLessThanOrEqual(hex.length / 2);
    }
    expect(invalid.some(({ error }) => error.offset > 0)).toBe(true);
  });

  it("name the error codes as the package does", () => {
    for (const { error } of invalid) expect(errorCodeName(error.code)).toBe(error.codeName);
  });
});

describe("a valid vector", () => {
  it.each(valid)("$name", (vector) => {
    for (const chunks of cuts(fromHex(vector.hex))) expectOutcome(vector, chunks);
  });

  it.each(valid)("$name: as objects, and back to bytes if nothing in them is ignored", (vector) => {
    const bytes = fromHex(vector.hex);
    const decoder = new FrameDecoder();
    expect([...decoder.decode(bytes)].map(fromFrame)).toEqual(vector.frames);
    decoder.end();
    const encoded = vector.frames.map((frame) => toHex(encode(toFrame(frame)))).join("");
    expect(encoded === vector.hex).toBe(vector.canonical);
  });
});

describe("an incomplete vector", () => {
  it.each(incomplete)("$name", (vector) => {
    const bytes = fromHex(vector.hex);
    for (const chunks of cuts(bytes)) expectOutcome(vector, chunks);
    if (vector.begun !== undefined) {
      const { type: _, ...begun } = vector.begun;
      expect(outcomeOf([bytes]).begun).toMatchObject(begun);
    }
  });
});

describe("an invalid vector", () => {
  it.each(invalid)("$name", (vector) => {
    for (const chunks of cuts(fromHex(vector.hex))) expectOutcome(vector, chunks);
  });

  it.each(invalid)(
    "$name: refused as early as the vector says, and no earlier",
    ({ hex, error }) => {
      const bytes = fromHex(hex);
      expect(outcomeOf([bytes.subarray(0, error.decided - 1)]).error).toBeUndefined();
      expect(outcomeOf([bytes.subarray(0, error.decided)]).error).toMatchObject({
        field: error.field,
      });
    },
  );

  it.each(invalid)("$name: as objects, the valid frames first", (vector) => {
    const frames = new FrameDecoder().decode(fromHex(vector.hex))[Symbol.iterator]();
    for (const frame of vector.frames) expect(fromFrame(frames.next().value!)).toEqual(frame);
    expect(() => frames.next()).toThrow(FrameError);
  });

  it("leaves a decoder that ignores whatever else comes", () => {
    const recorder = new Recorder();
    const decoder = new PushDecoder(recorder);
    decoder.push(fromHex(invalid[0]!.hex));
    expect(recorder.error).toBeDefined();
    decoder.push(fromHex(valid[1]!.hex));
    expect(recorder.frames).toEqual([]);
  });
});
