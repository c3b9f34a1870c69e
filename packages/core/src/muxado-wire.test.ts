// The default wire: the properties that a session needs, and the two things that the wire adds to the codec.

import { encode, type Frame } from "@muxado/frame";
import { describe, expect, it } from "vitest";
import { muxado } from "./muxado-wire.ts";

function put(method: (target: Uint8Array) => number): Uint8Array {
  const target = new Uint8Array(64);
  return target.subarray(0, method(target));
}

const goAway: Frame = {
  type: "goAway",
  lastStreamId: 9,
  errorCode: 1,
  debug: Uint8Array.of(1, 2, 3),
};

describe("the lengths that a session reserves", () => {
  it("are those of the frames", () => {
    const { debug } = goAway;
    expect(put((target) => muxado.putData(target, 0, 3, 0, 5))).toHaveLength(
      muxado.dataHeaderLength,
    );
    for (const control of ["putIncrement", "putReset"] as const) {
      expect(put((target) => muxado[control](target, 0, 3, 5))).toHaveLength(muxado.controlLength);
    }
    const longest = put((target) => muxado.putGoAway(target, 0, 9, 1, debug, false));
    expect(longest).toHaveLength(muxado.goAwayLength + debug.length);
  });
});

describe("GOAWAY", () => {
  const { debug } = goAway;

  it("that ends a session is the last frame", () => {
    expect(put((target) => muxado.putGoAway(target, 0, 9, 1, debug, true))).toEqual(encode(goAway));
  });

  it("after which more is sent is followed by the 8 bytes that a Go peer takes too many", () => {
    const bytes = put((target) => muxado.putGoAway(target, 0, 9, 1, debug, false));
    const padding = Uint8Array.of(0, 0, 0, 0x11, 0x7f, 0xff, 0xff, 0xff);
    expect(bytes).toEqual(Uint8Array.from([...encode(goAway), ...padding]));
  });
});
