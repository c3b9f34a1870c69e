// The encoders of the hot path: the bytes, where they go, and that nothing else is touched.

import { describe, expect, it } from "vitest";
import { toHex } from "../test/vectors.ts";
import { Flag, GoAwayCode } from "./frame-type.ts";
import { INITIAL_WINDOW, MAX_BODY_LENGTH, MAX_INCREMENT, MAX_STREAM_ID } from "./limits.ts";
import { putData, putGoAway, putPing, putWindowUpdate } from "./put.ts";

/**
 * What `put` writes at offset 3 of a buffer full of 0xee, having checked its result and its
 * surroundings.
 */
function written(put: (target: Uint8Array, offset: number) => number): string {
  const target = new Uint8Array(32).fill(0xee);
  const end = put(target, 3);
  expect(toHex(target.subarray(0, 3))).toBe("eeeeee");
  expect(target.subarray(end).every((byte) => byte === 0xee)).toBe(true);
  return toHex(target.subarray(3, end));
}

const every = Flag.SYN | Flag.ACK | Flag.FIN | Flag.RST;

describe("putData", () => {
  it("puts the header alone and returns where the body goes", () => {
    expect(written((target, at) => putData(target, at, 1, Flag.SYN, 5))).toBe(
      "000000010000000100000005",
    );
  });

  it("spreads every field over its bytes", () => {
    expect(written((target, at) => putData(target, at, 0x01020304, 0, 0x05060708))).toBe(
      "000000000102030405060708",
    );
    expect(
      written((target, at) => putData(target, at, MAX_STREAM_ID, every, MAX_BODY_LENGTH)),
    ).toBe("0000000fffffffffffffffff");
  });
});

describe("putWindowUpdate", () => {
  it("puts the frame, with flags or without", () => {
    expect(written((target, at) => putWindowUpdate(target, at, 2, 0, INITIAL_WINDOW))).toBe(
      "000100000000000200040000",
    );
    expect(
      written((target, at) => putWindowUpdate(target, at, MAX_STREAM_ID, every, MAX_INCREMENT)),
    ).toBe("0001000fffffffffffffffff");
  });
});

describe("putPing", () => {
  it("puts the frame", () => {
    expect(written((target, at) => putPing(target, at, Flag.SYN, 0x01020304))).toBe(
      "000200010000000001020304",
    );
    expect(written((target, at) => putPing(target, at, Flag.ACK, 0xffffffff))).toBe(
      "0002000200000000ffffffff",
    );
  });
});

describe("putGoAway", () => {
  it("puts the frame, with any code", () => {
    expect(written((target, at) => putGoAway(target, at, GoAwayCode.PROTOCOL_ERROR))).toBe(
      "000300000000000000000001",
    );
    expect(written((target, at) => putGoAway(target, at, 0xffffffff))).toBe(
      "0003000000000000ffffffff",
    );
  });
});
