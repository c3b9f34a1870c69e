// What `encode` refuses: every field outside its limits, by name.
// What it makes of valid frames, the vectors say.

import { describe, expect, it } from "vitest";
import { encode } from "./encode.ts";
import type { Frame } from "./frame.ts";

const none = { syn: false, ack: false, fin: false, rst: false };
const data = { type: "data", streamId: 1, ...none, body: new Uint8Array(0) } as const;
const windowUpdate = { type: "windowUpdate", streamId: 1, ...none, increment: 1 } as const;
const ping = { type: "ping", ack: false, value: 0 } as const;
const goAway = { type: "goAway", code: 0 } as const;

const notNumbers = [1.5, Number.NaN, Number.POSITIVE_INFINITY, "3", undefined];
const tooLarge = 0x1_0000_0000;

const ranges: { frame: Frame; field: string; refused: unknown[] }[] = [
  { frame: data, field: "streamId", refused: [0, -1, tooLarge] },
  { frame: windowUpdate, field: "streamId", refused: [0, -1, tooLarge] },
  { frame: windowUpdate, field: "increment", refused: [-1, tooLarge] },
  { frame: ping, field: "value", refused: [-1, tooLarge] },
  { frame: goAway, field: "code", refused: [-1, tooLarge] },
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
  it("a body of 4 GiB", () => {
    // Says that it is longer than it is: a real one would take the memory of a small machine.
    class Huge extends Uint8Array {
      override get length(): number {
        return tooLarge;
      }
    }
    expect(() => encode({ ...data, body: new Huge(1) })).toThrow(
      new RangeError("data frame: body must have at most 4294967295 bytes, got 4294967296"),
    );
  });
});

describe("the wrong kind of value", () => {
  it("a body that is no Uint8Array", () => {
    for (const value of ["text", [1, 2], undefined, new ArrayBuffer(2)]) {
      expect(() => encode({ ...data, body: value } as unknown as Frame)).toThrow(
        new TypeError("data frame: body must be a Uint8Array"),
      );
    }
  });

  it("a type that does not exist", () => {
    expect(() => encode({ type: "DATA" } as unknown as Frame)).toThrow(
      new TypeError("frame type must be data, windowUpdate, ping or goAway, got DATA"),
    );
  });
});
