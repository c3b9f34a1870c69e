// The memory that a peer can make us hold: never more bytes than it sent, and little overhead.

import { describeCodecMemory, growth } from "@muxado/testkit/codec";
import { expect, it } from "vitest";
import { codec, goAwayHead, handlerOf } from "../test/codec.ts";
import type { FrameError } from "./frame-error.ts";
import { MAX_DEBUG_LENGTH_KEPT } from "./limits.ts";
import { PushDecoder } from "./push-decoder.ts";

describeCodecMemory(codec);

it("debug data that comes byte by byte costs the push decoder no more than it keeps", () => {
  const onInvalid = (error: FrameError): void => {
    throw error;
  };
  const byte = new Uint8Array(1);
  const bytes = growth(() => {
    const decoder = new PushDecoder(handlerOf({ onInvalid }));
    decoder.push(goAwayHead);
    for (let at = 0; at < 1 << 20; at++) decoder.push(byte);
    return [decoder];
  });
  expect(bytes).toBeLessThan(4 * MAX_DEBUG_LENGTH_KEPT);
});
