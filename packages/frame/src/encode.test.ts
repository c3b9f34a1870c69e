// What `encode` refuses: every field outside its limits, by name.
// What it makes of valid frames, the vectors say.

import { describe, expect, it } from "vitest";
import { encode } from "./encode.ts";
import type { Frame } from "./frame.ts";
import { MAX_BODY_LENGTH, MAX_STREAM_ID } from "./limits.ts";

const bytes = new Uint8Array(0);
const data = { type: "data", streamId: 3, syn: false, fin: false, body: bytes } as const;
const reset = { type: "reset", streamId: 3, errorCode: 7 } as const;
const increment = { type: "increment", streamId: 3, increment: 1 } as const;
const goAway = { type: "goAway", lastStreamId: 0, errorCode: 0, debug: bytes } as const;

const notNumbers = [1.5, Number.NaN, Number.POSITIVE_INFINITY, "3"];

const ranges: { frame: Frame; field: string; refused: unknown[] }[] = [
  { frame: data, field: "streamId", refused: [0, -1, MAX_STREAM_ID + 1] },
  { frame: reset, field: "streamId", refused: [0, -1, MAX_STREAM_ID + 1] },
  { frame: reset, field: "errorCode", refused: [-1, 0x1_0000_0000] },
  { frame: increment, field: "streamId", refused: [0, -1, MAX_STREAM_ID + 1] },
  { frame: increment, field: "increment", refused: [0, -1, 0x8000_0000] },
  { frame: goAway, field: "lastStreamId", refused: [-1, MAX_STREAM_ID + 1] },
  { frame: goAway, field: "errorCode", refused: [-1, 0x1_0000_0000] },
];

describe("a number that does not fit", () => {
  it.each(ranges)("$frame.type $field", ({ frame, field, refused }) => {
    for (const value of [...refused, ...notNumbers]) {
      const encoding = (): Uint8Array => encode({ ...frame, [field]: value } as Frame);
      expect(encoding).toThrow(RangeError);
      expect(encoding).toThrow(`${frame.type} frame: ${field} must be an integer from`);
    }
  });
});

describe("bytes that do not fit", () => {
  it("a DATA body of 16 MiB", () => {
    expect(encode({ ...data, body: new Uint8Array(MAX_BODY_LENGTH) })).toHaveLength(16_777_223);
    const body = new Uint8Array(MAX_BODY_LENGTH + 1);
    expect(() => encode({ ...data, body })).toThrow(
      new RangeError("data frame: body must have at most 16777215 bytes, got 16777216"),
    );
  });

  it("debug data that leaves no room for the fixed body", () => {
    expect(encode({ ...goAway, debug: new Uint8Array(MAX_BODY_LENGTH - 8) })).toHaveLength(
      16_777_223,
    );
    const debug = new Uint8Array(MAX_BODY_LENGTH - 7);
    expect(() => encode({ ...goAway, debug })).toThrow(
      new RangeError("goAway frame: debug must have at most 16777207 bytes, got 16777208"),
    );
  });
});

describe("the wrong kind of value", () => {
  it("a body or debug data that is no Uint8Array", () => {
    for (const value of ["text", [1, 2], undefined, new ArrayBuffer(2)]) {
      expect(() => encode({ ...data, body: value } as unknown as Frame)).toThrow(
        new TypeError("data frame: body must be a Uint8Array"),
      );
      expect(() => encode({ ...goAway, debug: value } as unknown as Frame)).toThrow(
        new TypeError("goAway frame: debug must be a Uint8Array"),
      );
    }
  });

  it("a type that does not exist", () => {
    expect(() => encode({ type: "ping" } as unknown as Frame)).toThrow(
      new TypeError("frame type must be data, reset, increment or goAway, got ping"),
    );
  });
});
