// The errors of `encode`: it refuses every field outside its limits, by name. The vectors contain its output for valid
// frames.

import { describe, expect, it } from "vitest";
import type { Codec } from "./codec.ts";

const notNumbers = [1.5, Number.NaN, Number.POSITIVE_INFINITY, "3", undefined];

export function describeEncoding(codec: Codec): void {
  const { ranges, byteFields, noType } = codec;

  describe("a number that does not fit", () => {
    it.each(ranges)("$frame.type $field", ({ frame, field, refused }) => {
      for (const value of [...refused, ...notNumbers]) {
        const encoding = (): Uint8Array => codec.encode({ ...frame, [field]: value });
        expect(encoding).toThrow(RangeError);
        expect(encoding).toThrow(`${frame.type} frame: ${field} must be an integer from`);
      }
    });
  });

  describe("the wrong kind of value", () => {
    it.each(byteFields)("$frame.type $field that is no Uint8Array", ({ frame, field }) => {
      for (const value of ["text", [1, 2], undefined, new ArrayBuffer(2)]) {
        expect(() => codec.encode({ ...frame, [field]: value })).toThrow(
          new TypeError(`${frame.type} frame: ${field} must be a Uint8Array`),
        );
      }
    });

    it("a type that does not exist", () => {
      expect(() => codec.encode({ type: noType.type })).toThrow(new TypeError(noType.message));
    });
  });
}
