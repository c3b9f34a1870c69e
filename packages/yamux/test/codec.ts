// This codec in the form that the suite for codecs needs. All numbers and bytes are those of the spec, written out.

import { readFileSync } from "node:fs";
import { type Codec, fc, namedFlags, type Vector } from "@muxado/testkit/codec";
import { expect } from "vitest";
import { describe } from "../src/describe.ts";
import { encode } from "../src/encode.ts";
import type { Frame } from "../src/frame.ts";
import { FrameDecoder } from "../src/frame-decoder.ts";
import { YamuxFrameError } from "../src/frame-error.ts";
import { Flag, GoAwayCode } from "../src/frame-type.ts";
import { INITIAL_WINDOW, MAX_BODY_LENGTH, MAX_INCREMENT, MAX_STREAM_ID } from "../src/limits.ts";
import { type FrameHandler, PushDecoder } from "../src/push-decoder.ts";
import { putData, putGoAway, putPing, putWindowUpdate } from "../src/put.ts";

/** The shipped vectors, read as any other implementation would read them (spec §11). */
export const file = JSON.parse(
  readFileSync(new URL("../vectors.json", import.meta.url), "utf8"),
) as { format: number; vectors: Vector[] };

const flags = { syn: 1, ack: 2, fin: 4, rst: 8 };
const none = { syn: false, ack: false, fin: false, rst: false };
const all = { syn: true, ack: true, fin: true, rst: true };
const every = Flag.SYN | Flag.ACK | Flag.FIN | Flag.RST;

const data = { type: "data", streamId: 1, ...none, body: new Uint8Array(0) } as const;
const body = new TextEncoder().encode("hello");
const hello = { ...data, syn: true, body } as const;
const update = { type: "windowUpdate", streamId: 1, ...none, ack: true, increment: 7 } as const;
const ping = { type: "ping", ack: false, value: 9 } as const;
const goAway = { type: "goAway", code: 0 } as const;

const head = new Uint8Array(12);
putData(head, 0, 1, Flag.SYN, MAX_BODY_LENGTH);

/** Small numbers, the limits, numbers around 2³¹, and everything between. */
const uint = (min: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc.integer({ min, max: min + 8 }),
    fc.constant(0xffffffff),
    fc.integer({ min: 0x7ffffffe, max: 0x80000001 }),
    fc.integer({ min, max: 0xffffffff }),
  );

const streamId = uint(1);
const anyFlags = { syn: fc.boolean(), ack: fc.boolean(), fin: fc.boolean(), rst: fc.boolean() };

export const codec: Codec<Frame> = {
  encode,
  describe,
  putData,
  createFrameDecoder: () => new FrameDecoder(),
  createPushDecoder: (handler: FrameHandler) => new PushDecoder(handler),
  createError: () =>
    new YamuxFrameError({
      field: "type",
      reason: "does not exist",
      frameType: 9,
      streamId: 1,
      offset: 0,
    }),
  FrameError: YamuxFrameError,

  headerLength: 12,
  maxBodyLength: 0xffffffff,
  flags,

  controlHandler: (tell): Partial<FrameHandler> => ({
    onWindowUpdate(streamId, bits, increment) {
      expect(streamId).toBeGreaterThan(0);
      tell({ type: "windowUpdate", streamId, ...namedFlags(flags, bits), increment });
    },
    onPing(bits, value) {
      expect([1, 2]).toContain(bits);
      tell({ type: "ping", ack: bits === 2, value });
    },
    onGoAway: (code) => tell({ type: "goAway", code }),
  }),
  lengthOf: (frame) => (frame.type === "data" ? 12 + String(frame["body"]).length / 2 : 12),
  decidedBy: () => 12,

  hello,
  controls: [
    { frame: update, method: "onWindowUpdate", heard: [1, 2, 7] },
    {
      frame: { ...update, streamId: 0xffffffff, ack: false, rst: true, increment: 0xfffffffe },
      method: "onWindowUpdate",
      heard: [0xffffffff, 8, 0xfffffffe],
    },
    { frame: ping, method: "onPing", heard: [1, 9] },
    {
      frame: { type: "ping", ack: true, value: 0x80000000 },
      method: "onPing",
      heard: [2, 0x80000000],
    },
    { frame: { ...goAway, code: 0xffffffff }, method: "onGoAway", heard: [0xffffffff] },
    { frame: goAway, method: "onGoAway", heard: [0] },
  ],
  frames: fc.oneof(
    fc.record({
      type: fc.constant("data" as const),
      streamId,
      ...anyFlags,
      body: fc.uint8Array({ maxLength: 300 }),
    }),
    fc.record({
      type: fc.constant("windowUpdate" as const),
      streamId,
      ...anyFlags,
      increment: uint(0),
    }),
    fc.record({ type: fc.constant("ping" as const), ack: fc.boolean(), value: uint(0) }),
    fc.record({ type: fc.constant("goAway" as const), code: uint(0) }),
  ),
  longest: [{ name: "Data", head }],

  puts: [
    {
      name: "putData: the header alone",
      put: (target, at) => putData(target, at, 1, Flag.SYN, 5),
      hex: "000000010000000100000005",
    },
    {
      name: "putData: every field over its bytes",
      put: (target, at) => putData(target, at, 0x01020304, 0, 0x05060708),
      hex: "000000000102030405060708",
    },
    {
      name: "putData: every field at its most",
      put: (target, at) => putData(target, at, MAX_STREAM_ID, every, MAX_BODY_LENGTH),
      hex: "0000000fffffffffffffffff",
    },
    {
      name: "putWindowUpdate: without flags",
      put: (target, at) => putWindowUpdate(target, at, 2, 0, INITIAL_WINDOW),
      hex: "000100000000000200040000",
    },
    {
      name: "putWindowUpdate: every field at its most",
      put: (target, at) => putWindowUpdate(target, at, MAX_STREAM_ID, every, MAX_INCREMENT),
      hex: "0001000fffffffffffffffff",
    },
    {
      name: "putPing: a question",
      put: (target, at) => putPing(target, at, Flag.SYN, 0x01020304),
      hex: "000200010000000001020304",
    },
    {
      name: "putPing: an answer",
      put: (target, at) => putPing(target, at, Flag.ACK, 0xffffffff),
      hex: "0002000200000000ffffffff",
    },
    {
      name: "putGoAway",
      put: (target, at) => putGoAway(target, at, GoAwayCode.PROTOCOL_ERROR),
      hex: "000300000000000000000001",
    },
    {
      name: "putGoAway: any code",
      put: (target, at) => putGoAway(target, at, 0xffffffff),
      hex: "0003000000000000ffffffff",
    },
  ],
  ranges: [
    { frame: data, field: "streamId", refused: [0, -1, 0x1_0000_0000] },
    { frame: update, field: "streamId", refused: [0, -1, 0x1_0000_0000] },
    { frame: update, field: "increment", refused: [-1, 0x1_0000_0000] },
    { frame: ping, field: "value", refused: [-1, 0x1_0000_0000] },
    { frame: goAway, field: "code", refused: [-1, 0x1_0000_0000] },
  ],
  byteFields: [{ frame: data, field: "body" }],
  noType: {
    type: "DATA",
    message: "frame type must be data, windowUpdate, ping or goAway, got DATA",
  },
  lines: [
    ["DATA stream=1 SYN length=5", hello],
    ["DATA stream=1 length=5", { ...data, body }],
    ["DATA stream=4294967295 SYN ACK FIN RST length=0", { ...data, streamId: 0xffffffff, ...all }],
    ["WINDOW_UPDATE stream=2 ACK increment=131072", { ...update, streamId: 2, increment: 131072 }],
    [
      "WINDOW_UPDATE stream=2 RST code=6",
      { type: "windowUpdate", streamId: 2, ...none, rst: true, increment: 6 },
    ],
    ["PING SYN value=7", { type: "ping", ack: false, value: 7 }],
    ["PING ACK value=7", { type: "ping", ack: true, value: 7 }],
    ["GO_AWAY code=NORMAL", goAway],
    ["GO_AWAY code=UNKNOWN(0x3)", { type: "goAway", code: 3 }],
  ],
  messages: (
    [
      ["010000000000000100000000", "DATA frame at byte 0: version is 1, must be 0"],
      ["000900000000000100000000", "UNKNOWN(0x9) frame at byte 0: type does not exist"],
      ["000000000000000000000000", "DATA frame at byte 0: streamId is 0"],
      ["000100000000000000000000", "WINDOW_UPDATE frame at byte 0: streamId is 0"],
      ["000200010000000300000000", "PING frame at byte 0: streamId is 3, must be 0"],
      ["000300008000000000000000", "GO_AWAY frame at byte 0: streamId is 2147483648, must be 0"],
      ["000200000000000000000000", "PING frame at byte 0: flags have neither SYN nor ACK"],
      ["000200030000000000000000", "PING frame at byte 0: flags have both SYN and ACK"],
      [
        "00000000000000010000000161" + "000400000000000000000000",
        "UNKNOWN(0x4) frame at byte 13: type does not exist",
      ],
    ] as const
  ).map(([hex, message]) => [hex, `YamuxFrameError: ${message}`] as const),
  early: { name: "YamuxFrameError", code: 1 },
  vectors: file,
  notToBeSent: ["Data, empty, without flags", "Window Update, 0, without flags"],
};
