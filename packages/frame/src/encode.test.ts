// Bytes that do not fit into a frame.

import { expect, it } from "vitest";
import { NO_BYTES } from "../test/codec.ts";
import { encode } from "./encode.ts";
import { MAX_BODY_LENGTH } from "./limits.ts";

it("a DATA body of 16 MiB", () => {
  const data = { type: "data", streamId: 3, syn: false, fin: false } as const;
  expect(encode({ ...data, body: new Uint8Array(MAX_BODY_LENGTH) })).toHaveLength(16_777_223);
  const body = new Uint8Array(MAX_BODY_LENGTH + 1);
  expect(() => encode({ ...data, body })).toThrow(
    new RangeError("data frame: body must have at most 16777215 bytes, got 16777216"),
  );
});

it("debug data that leaves no room for the fixed body", () => {
  const goAway = { type: "goAway", lastStreamId: 0, errorCode: 0, debug: NO_BYTES } as const;
  expect(encode({ ...goAway, debug: new Uint8Array(MAX_BODY_LENGTH - 8) })).toHaveLength(
    16_777_223,
  );
  const debug = new Uint8Array(MAX_BODY_LENGTH - 7);
  expect(() => encode({ ...goAway, debug })).toThrow(
    new RangeError("goAway frame: debug must have at most 16777207 bytes, got 16777208"),
  );
});
