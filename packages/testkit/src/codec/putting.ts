// The encoders of the hot path: their bytes, the place of these bytes, and that they change nothing else.

import { describe, expect, it } from "vitest";
import type { Codec } from "./codec.ts";
import { toHex } from "./vectors.ts";

export function describePutting({ puts }: Codec): void {
  describe("an encoder of the hot path puts the frame and returns where the next byte goes", () => {
    it.each(puts)("$name", ({ put, hex }) => {
      const target = new Uint8Array(64).fill(0xee);
      const end = put(target, 3);
      expect(toHex(target.subarray(0, 3))).toBe("eeeeee");
      expect(target.subarray(end).every((byte) => byte === 0xee)).toBe(true);
      expect(toHex(target.subarray(3, end))).toBe(hex);
    });
  });
}
