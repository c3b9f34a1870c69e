// What a person reads when input is invalid. The fields that programs read are in the vectors.

import { describe, expect, it } from "vitest";
import { fromHex } from "../test/vectors.ts";
import { FrameDecoder } from "./frame-decoder.ts";
import { YamuxFrameError } from "./frame-error.ts";

function messageFor(hex: string): string {
  try {
    return String([...new FrameDecoder().decode(fromHex(hex))].length);
  } catch (error) {
    return String(error);
  }
}

describe("the message names frame, offset, field and rule", () => {
  it.each([
    ["010000000000000100000000", "DATA frame at byte 0: version is 1, must be 0"],
    ["000900000000000100000000", "UNKNOWN(0x9) frame at byte 0: type does not exist"],
    ["000000000000000000000000", "DATA frame at byte 0: streamId is 0"],
    ["000100000000000000000000", "WINDOW_UPDATE frame at byte 0: streamId is 0"],
    ["000200010000000300000000", "PING frame at byte 0: streamId is 3, must be 0"],
    ["0003000080000000" + "00000000", "GO_AWAY frame at byte 0: streamId is 2147483648, must be 0"],
    ["000200000000000000000000", "PING frame at byte 0: flags have neither SYN nor ACK"],
    ["000200030000000000000000", "PING frame at byte 0: flags have both SYN and ACK"],
    [
      "00000000000000010000000161" + "000400000000000000000000",
      "UNKNOWN(0x4) frame at byte 13: type does not exist",
    ],
  ])("%s", (hex, message) => {
    expect(messageFor(hex)).toBe(`YamuxFrameError: ${message}`);
  });
});

it("is an Error with a stack, so that tools treat it as one", () => {
  const error = new YamuxFrameError({
    field: "type",
    reason: "does not exist",
    frameType: 9,
    streamId: 3,
    offset: 0,
  });
  expect(error).toBeInstanceOf(Error);
  expect(error.stack).toContain("frame-error.test");
  expect(error.code).toBe(1);
});
