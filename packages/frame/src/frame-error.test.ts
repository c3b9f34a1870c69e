// What a person reads when input is invalid. The fields that programs read are in the vectors.

import { describe, expect, it } from "vitest";
import { fromHex } from "../test/vectors.ts";
import { FrameDecoder } from "./frame-decoder.ts";
import { FrameError } from "./frame-error.ts";

function messageFor(hex: string): string {
  try {
    return String([...new FrameDecoder().decode(fromHex(hex))].length);
  } catch (error) {
    return String(error);
  }
}

describe("the message names frame, offset, field and rule", () => {
  it.each([
    ["0000049000000003", "FrameError: UNKNOWN(0x9) frame at byte 0: type does not exist"],
    ["0000050000000003", "FrameError: RST frame at byte 0: length is 5, must be 4"],
    ["0000052000000003", "FrameError: WNDINC frame at byte 0: length is 5, must be 4"],
    ["0000073000000000", "FrameError: GOAWAY frame at byte 0: length is 7, must be at least 8"],
    ["0000001000000000", "FrameError: DATA frame at byte 0: streamId is 0"],
    ["0000001080000003", "FrameError: DATA frame at byte 0: streamId has its high bit set"],
    ["0000083000000003", "FrameError: GOAWAY frame at byte 0: streamId is 3, must be 0"],
    ["000004200000000300000000", "FrameError: WNDINC frame at byte 0: increment is 0"],
    [
      "00000111000000036100000010000000",
      "1", // a valid frame, and a header that is not whole
    ],
    ["000001110000000361000000100000000061", "FrameError: DATA frame at byte 9: streamId is 0"],
  ])("%s", (hex, message) => {
    expect(messageFor(hex)).toBe(message);
  });
});

it("is an Error with a stack, so that tools treat it as one", () => {
  const error = new FrameError({
    code: 1,
    field: "type",
    reason: "does not exist",
    frameType: 9,
    streamId: 3,
    offset: 0,
  });
  expect(error).toBeInstanceOf(Error);
  expect(error.stack).toContain("frame-error.test");
  expect(error.codeName).toBe("PROTOCOL_ERROR");
});
