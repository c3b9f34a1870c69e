// A description of this codec for the suite of codecs. All numbers and bytes are those of the spec, written out.

import { readFileSync } from "node:fs";
import { type Codec, fc, toHex, type Vector } from "@muxado/testkit/codec";
import { describe } from "../src/describe.ts";
import { encode } from "../src/encode.ts";
import { ErrorCode } from "../src/error-code.ts";
import type { Frame } from "../src/frame.ts";
import { FrameDecoder } from "../src/frame-decoder.ts";
import { FrameError } from "../src/frame-error.ts";
import { Flag } from "../src/frame-type.ts";
import { MAX_BODY_LENGTH, MAX_INCREMENT, MAX_STREAM_ID } from "../src/limits.ts";
import { type FrameHandler, PushDecoder } from "../src/push-decoder.ts";
import { putData, putGoAway, putIncrement, putReset } from "../src/put.ts";

export const NO_BYTES: Uint8Array = new Uint8Array(0);

export const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** A handler for a test that needs only a few of its methods. */
export function handlerOf(methods: Partial<FrameHandler>): FrameHandler {
  const nothing = (): void => {};
  return {
    onData: nothing,
    onDataRest: nothing,
    onReset: nothing,
    onIncrement: nothing,
    onGoAway: nothing,
    onInvalid: nothing,
    ...methods,
  };
}

/** The shipped vectors, read as another implementation would read them (spec §11). */
export const file = JSON.parse(
  readFileSync(new URL("../vectors.json", import.meta.url), "utf8"),
) as { format: number; vectors: Vector[] };

/** A GOAWAY that declares the longest length of 24 bits, without its debug data. */
export const goAwayHead: Uint8Array = new Uint8Array(16);
putGoAway(goAwayHead, 0, 0, 0, NO_BYTES);
goAwayHead.fill(0xff, 0, 3);

const dataHead = new Uint8Array(8);
putData(dataHead, 0, 3, Flag.SYN, MAX_BODY_LENGTH);

const data = { type: "data", streamId: 3, syn: false, fin: false, body: NO_BYTES } as const;
const hello = { ...data, syn: true, body: text("hello") } as const;
const reset = { type: "reset", streamId: 3, errorCode: ErrorCode.STREAM_CANCELLED } as const;
const increment = { type: "increment", streamId: 3, increment: 1 } as const;
const goAway = { type: "goAway", lastStreamId: 0, errorCode: 0, debug: NO_BYTES } as const;
const bye = { ...goAway, lastStreamId: 7, debug: text("bye") } as const;

/** Small numbers, the edges, and numbers between them. */
const uint = (min: number, max: number): fc.Arbitrary<number> =>
  fc.oneof(fc.integer({ min, max: min + 8 }), fc.constant(max), fc.integer({ min, max }));

const streamId = uint(1, 0x7fffffff);
const errorCode = uint(0, 0xffffffff);
const bytes = fc.uint8Array({ maxLength: 300 });

export const codec: Codec<Frame> = {
  encode,
  describe,
  putData,
  createFrameDecoder: () => new FrameDecoder(),
  createPushDecoder: (handler: FrameHandler) => new PushDecoder(handler),
  createError: () =>
    new FrameError({
      code: 1,
      field: "type",
      reason: "does not exist",
      frameType: 9,
      streamId: 3,
      offset: 0,
    }),
  FrameError,

  headerLength: 8,
  maxBodyLength: 0xffffff,
  flags: { syn: 2, fin: 1 },

  controlHandler: (tell): Partial<FrameHandler> => ({
    onReset: (streamId, errorCode) => tell({ type: "reset", streamId, errorCode }),
    onIncrement: (streamId, increment) => tell({ type: "increment", streamId, increment }),
    onGoAway: (lastStreamId, errorCode, debug) =>
      tell({ type: "goAway", lastStreamId, errorCode, debug: toHex(debug) }),
  }),
  lengthOf(frame) {
    if (frame.type === "data") return 8 + String(frame["body"]).length / 2;
    return frame.type === "goAway" ? 16 + String(frame["debug"]).length / 2 : 12;
  },
  decidedBy: ({ field }) => (field === "increment" ? 12 : 8),

  hello,
  controls: [
    { frame: reset, method: "onReset", heard: [3, 6] },
    {
      frame: { type: "reset", streamId: MAX_STREAM_ID, errorCode: 0xffffffff },
      method: "onReset",
      heard: [0x7fffffff, 0xffffffff],
    },
    { frame: increment, method: "onIncrement", heard: [3, 1] },
    {
      frame: { type: "increment", streamId: MAX_STREAM_ID, increment: MAX_INCREMENT },
      method: "onIncrement",
      heard: [0x7fffffff, 0x7fffffff],
    },
    { frame: goAway, method: "onGoAway", heard: [0, 0, NO_BYTES] },
    {
      frame: { ...goAway, lastStreamId: MAX_STREAM_ID, errorCode: 0xffffffff },
      method: "onGoAway",
      heard: [0x7fffffff, 0xffffffff, NO_BYTES],
    },
    { frame: bye, method: "onGoAway", heard: [7, 0, text("bye")] },
  ],
  frames: fc.oneof(
    fc.record({
      type: fc.constant("data" as const),
      streamId,
      syn: fc.boolean(),
      fin: fc.boolean(),
      body: bytes,
    }),
    fc.record({ type: fc.constant("reset" as const), streamId, errorCode }),
    fc.record({
      type: fc.constant("increment" as const),
      streamId,
      increment: uint(1, 0x7fffffff),
    }),
    fc.record({
      type: fc.constant("goAway" as const),
      lastStreamId: uint(0, 0x7fffffff),
      errorCode,
      debug: bytes,
    }),
  ),
  longest: [
    { name: "DATA", head: dataHead },
    { name: "GOAWAY", head: goAwayHead },
  ],

  puts: [
    {
      name: "putData: the header alone",
      put: (target, at) => putData(target, at, 3, Flag.SYN, 5),
      hex: "0000051200000003",
    },
    {
      name: "putData: every field over its bytes",
      put: (target, at) => putData(target, at, 0x01020304, 0, 0x050607),
      hex: "0506071001020304",
    },
    {
      name: "putData: every field at its most",
      put: (target, at) => putData(target, at, MAX_STREAM_ID, Flag.SYN | Flag.FIN, MAX_BODY_LENGTH),
      hex: "ffffff137fffffff",
    },
    {
      name: "putReset",
      put: (target, at) => putReset(target, at, 3, ErrorCode.STREAM_CANCELLED),
      hex: "000004000000000300000006",
    },
    {
      name: "putReset: any code of 32 bits",
      put: (target, at) => putReset(target, at, MAX_STREAM_ID, 0xffffffff),
      hex: "000004007fffffffffffffff",
    },
    {
      name: "putIncrement",
      put: (target, at) => putIncrement(target, at, 2, 131072),
      hex: "000004200000000200020000",
    },
    {
      name: "putIncrement: the largest",
      put: (target, at) => putIncrement(target, at, 2, MAX_INCREMENT),
      hex: "00000420000000027fffffff",
    },
    {
      name: "putGoAway: without debug data",
      put: (target, at) => putGoAway(target, at, 5, 0, NO_BYTES),
      hex: "00000830000000000000000500000000",
    },
    {
      name: "putGoAway: a copy of its debug data",
      put: (target, at) => putGoAway(target, at, MAX_STREAM_ID, 0xff, text("bye")),
      hex: "00000b30000000007fffffff000000ff627965",
    },
  ],
  ranges: [
    { frame: data, field: "streamId", refused: [0, -1, 0x8000_0000] },
    { frame: reset, field: "streamId", refused: [0, -1, 0x8000_0000] },
    { frame: reset, field: "errorCode", refused: [-1, 0x1_0000_0000] },
    { frame: increment, field: "streamId", refused: [0, -1, 0x8000_0000] },
    { frame: increment, field: "increment", refused: [0, -1, 0x8000_0000] },
    { frame: goAway, field: "lastStreamId", refused: [-1, 0x8000_0000] },
    { frame: goAway, field: "errorCode", refused: [-1, 0x1_0000_0000] },
  ],
  byteFields: [
    { frame: data, field: "body" },
    { frame: goAway, field: "debug" },
  ],
  noType: {
    type: "ping",
    message: "frame type must be data, reset, increment or goAway, got ping",
  },
  lines: [
    ["DATA stream=3 SYN length=5", hello],
    ["DATA stream=3 FIN length=0", { ...data, fin: true }],
    ["DATA stream=3 SYN FIN length=1", { ...data, syn: true, fin: true, body: text("x") }],
    ["DATA stream=3 length=1", { ...data, body: text("x") }],
    ["RST stream=3 code=STREAM_CANCELLED", reset],
    ["RST stream=3 code=UNKNOWN(0xff)", { ...reset, errorCode: 0xff }],
    ["WNDINC stream=2 increment=131072", { type: "increment", streamId: 2, increment: 131072 }],
    ["GOAWAY last=0 code=NO_ERROR", goAway],
    [
      'GOAWAY last=5 code=PEER_EOF debug="gone"',
      { type: "goAway", lastStreamId: 5, errorCode: 15, debug: text("gone") },
    ],
  ],
  messages: [
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
  ],
  early: { name: "FrameError", code: 15, codeName: "PEER_EOF" },
  vectors: file,
  notToBeSent: ["RST, NO_ERROR", "DATA, empty, without flags"],
};
