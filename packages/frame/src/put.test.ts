// The encoders of the hot path: the bytes, where they go, and that nothing else is touched.

import { describe, expect, it } from "vitest";
import { toHex } from "../test/vectors.ts";
import { ErrorCode } from "./error-code.ts";
import { Flag } from "./frame-type.ts";
import { MAX_BODY_LENGTH, MAX_INCREMENT, MAX_STREAM_ID } from "./limits.ts";
import { putData, putGoAway, putIncrement, putReset } from "./put.ts";

/**
 * What `put` writes at offset 3 of a buffer full of 0xee, having checked its result and its
 * surroundings.
 */
function written(put: (target: Uint8Array, offset: number) => number): string {
  const target = new Uint8Array(64).fill(0xee);
  const end = put(target, 3);
  expect(toHex(target.subarray(0, 3))).toBe("eeeeee");
  expect(target.subarray(end).every((byte) => byte === 0xee)).toBe(true);
  return toHex(target.subarray(3, end));
}

describe("putData", () => {
  it("puts the header alone and returns where the body goes", () => {
    expect(written((target, at) => putData(target, at, 3, Flag.SYN, 5))).toBe("0000051200000003");
  });

  it("spreads every field over its bytes", () => {
    expect(written((target, at) => putData(target, at, 0x01020304, 0, 0x050607))).toBe(
      "0506071001020304",
    );
    const both = Flag.SYN | Flag.FIN;
    expect(written((target, at) => putData(target, at, MAX_STREAM_ID, both, MAX_BODY_LENGTH))).toBe(
      "ffffff137fffffff",
    );
  });
});

describe("putReset", () => {
  it("puts the frame, with any code of 32 bits", () => {
    expect(written((target, at) => putReset(target, at, 3, ErrorCode.STREAM_CANCELLED))).toBe(
      "000004000000000300000006",
    );
    expect(written((target, at) => putReset(target, at, MAX_STREAM_ID, 0xffffffff))).toBe(
      "000004007fffffffffffffff",
    );
  });
});

describe("putIncrement", () => {
  it("puts the frame", () => {
    expect(written((target, at) => putIncrement(target, at, 2, 131072))).toBe(
      "000004200000000200020000",
    );
    expect(written((target, at) => putIncrement(target, at, 2, MAX_INCREMENT))).toBe(
      "00000420000000027fffffff",
    );
  });
});

describe("putGoAway", () => {
  it("puts the frame, without debug data or with a copy of it", () => {
    expect(written((target, at) => putGoAway(target, at, 5, 0, new Uint8Array(0)))).toBe(
      "00000830000000000000000500000000",
    );
    const debug = Uint8Array.of(0x62, 0x79, 0x65);
    expect(written((target, at) => putGoAway(target, at, MAX_STREAM_ID, 0xff, debug))).toBe(
      "00000b30000000007fffffff000000ff627965",
    );
  });
});
