// The numbers of the wire, written out: a change to one changes the protocol.

import { expect, it } from "vitest";
import { Flag, FrameType, frameTypeName, GoAwayCode, goAwayCodeName } from "./frame-type.ts";
import * as limits from "./limits.ts";

it("the limits are those of the spec", () => {
  expect({ ...limits }).toEqual({
    HEADER_LENGTH: 12,
    MAX_BODY_LENGTH: 4_294_967_295,
    MAX_STREAM_ID: 4_294_967_295,
    MAX_INCREMENT: 4_294_967_295,
    INITIAL_WINDOW: 262_144,
    FIRST_CLIENT_STREAM_ID: 1,
    FIRST_SERVER_STREAM_ID: 2,
  });
});

it("the types, flags and codes are those of the spec", () => {
  expect(FrameType).toEqual({ DATA: 0, WINDOW_UPDATE: 1, PING: 2, GO_AWAY: 3 });
  expect(Flag).toEqual({ SYN: 1, ACK: 2, FIN: 4, RST: 8 });
  expect(GoAwayCode).toEqual({ NORMAL: 0, PROTOCOL_ERROR: 1, INTERNAL_ERROR: 2 });
});

it("a type or code has its name, and any other number one that shows it", () => {
  for (const [name, type] of Object.entries(FrameType)) expect(frameTypeName(type)).toBe(name);
  for (const [name, code] of Object.entries(GoAwayCode)) expect(goAwayCodeName(code)).toBe(name);
  expect(frameTypeName(4)).toBe("UNKNOWN(0x4)");
  expect(goAwayCodeName(0xffffffff)).toBe("UNKNOWN(0xffffffff)");
});
