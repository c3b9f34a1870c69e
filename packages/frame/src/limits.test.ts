// The numbers of the wire, written out: a change of one changes the protocol.

import { expect, it } from "vitest";
import { ErrorCode, errorCodeName } from "./error-code.ts";
import { Flag, FrameType, frameTypeName } from "./frame-type.ts";
import * as limits from "./limits.ts";

it("the limits are those of the spec", () => {
  expect({ ...limits }).toEqual({
    HEADER_LENGTH: 8,
    MAX_BODY_LENGTH: 16_777_215,
    MAX_STREAM_ID: 2_147_483_647,
    MAX_INCREMENT: 2_147_483_647,
    INITIAL_WINDOW: 262_144,
    FIRST_CLIENT_STREAM_ID: 3,
    FIRST_SERVER_STREAM_ID: 2,
    MAX_DEBUG_LENGTH_SENT: 1024,
    MAX_DEBUG_LENGTH_KEPT: 65_536,
  });
});

it("the types and flags are those of the spec", () => {
  expect(FrameType).toEqual({ RESET: 0, DATA: 1, INCREMENT: 2, GO_AWAY: 3 });
  expect(Flag).toEqual({ FIN: 1, SYN: 2 });
});

it("the error codes are those of the spec, 0 to 15", () => {
  expect(Object.entries(ErrorCode).map(([name, code]) => `${code} ${name}`)).toEqual([
    "0 NO_ERROR",
    "1 PROTOCOL_ERROR",
    "2 INTERNAL_ERROR",
    "3 FLOW_CONTROL_ERROR",
    "4 STREAM_CLOSED",
    "5 STREAM_REFUSED",
    "6 STREAM_CANCELLED",
    "7 STREAM_RESET",
    "8 FRAME_SIZE_ERROR",
    "9 ACCEPT_QUEUE_FULL",
    "10 ENHANCE_YOUR_CALM",
    "11 REMOTE_GONE_AWAY",
    "12 STREAMS_EXHAUSTED",
    "13 WRITE_TIMEOUT",
    "14 SESSION_CLOSED",
    "15 PEER_EOF",
  ]);
});

it("an error code has its name, and any other number one that shows it", () => {
  for (const [name, code] of Object.entries(ErrorCode)) expect(errorCodeName(code)).toBe(name);
  expect(errorCodeName(16)).toBe("UNKNOWN(0x10)");
  expect(errorCodeName(0xff)).toBe("UNKNOWN(0xff)");
  expect(errorCodeName(0xffffffff)).toBe("UNKNOWN(0xffffffff)");
});

it("a frame type has the spec's name, and any other number one that shows it", () => {
  expect(frameTypeName(FrameType.RESET)).toBe("RST");
  expect(frameTypeName(FrameType.DATA)).toBe("DATA");
  expect(frameTypeName(FrameType.INCREMENT)).toBe("WNDINC");
  expect(frameTypeName(FrameType.GO_AWAY)).toBe("GOAWAY");
  expect(frameTypeName(4)).toBe("UNKNOWN(0x4)");
  expect(frameTypeName(15)).toBe("UNKNOWN(0xf)");
});
