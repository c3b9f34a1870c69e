// What a peer can make us hold: never more than it sent, and little more than that.
// Measured as the memory behind typed arrays, over enough decoders to drown the noise.

import { describe, expect, it } from "vitest";
import { FrameDecoder } from "./frame-decoder.ts";
import { Flag } from "./frame-type.ts";
import { HEADER_LENGTH, MAX_BODY_LENGTH, MAX_DEBUG_LENGTH_KEPT } from "./limits.ts";
import { type FrameHandler, PushDecoder } from "./push-decoder.ts";
import { putData, putGoAway } from "./put.ts";

const DECODERS = 100;

const silent: FrameHandler = {
  onData: () => {},
  onDataRest: () => {},
  onReset: () => {},
  onIncrement: () => {},
  onGoAway: () => {},
  onInvalid: (error) => {
    throw error;
  },
};

/** Bytes of typed-array memory that `fill` adds while what it returns is alive, per item. */
function growth(fill: () => unknown[]): number {
  const before = process.memoryUsage().arrayBuffers;
  const kept = fill();
  const after = process.memoryUsage().arrayBuffers;
  return (after - before) / kept.length;
}

const dataHeader = new Uint8Array(HEADER_LENGTH);
putData(dataHeader, 0, 3, Flag.SYN, MAX_BODY_LENGTH);

// A GOAWAY that declares all that 24 bits allow.
const goAwayHead = new Uint8Array(16);
putGoAway(goAwayHead, 0, 0, 0, new Uint8Array(0));
goAwayHead.fill(0xff, 0, 3);

describe("a declared length of 16 MiB", () => {
  it.each([
    { name: "DATA, push decoder", head: dataHeader, make: () => new PushDecoder(silent) },
    { name: "GOAWAY, push decoder", head: goAwayHead, make: () => new PushDecoder(silent) },
    { name: "DATA, frame decoder", head: dataHeader, make: () => new FrameDecoder() },
    { name: "GOAWAY, frame decoder", head: goAwayHead, make: () => new FrameDecoder() },
  ])("allocates nothing of that size: $name", ({ head, make }) => {
    const bytes = growth(() =>
      Array.from({ length: DECODERS }, () => {
        const decoder = make();
        const push = (chunk: Uint8Array): unknown =>
          decoder instanceof PushDecoder ? decoder.push(chunk) : decoder.decode(chunk);
        push(head);
        push(new Uint8Array(100));
        return decoder;
      }),
    );
    expect(bytes).toBeLessThan(1024);
  });
});

describe("a body that comes byte by byte", () => {
  it("costs the frame decoder a small multiple of what has come", () => {
    const sent = 1 << 20;
    const byte = new Uint8Array(1);
    const bytes = growth(() => {
      const decoder = new FrameDecoder();
      decoder.decode(dataHeader);
      for (let at = 0; at < sent; at++) decoder.decode(byte);
      return [decoder];
    });
    // Twice for the room to grow, and the arrays it outgrew if they are not collected yet.
    expect(bytes).toBeLessThan(4 * sent + 65536);
  });

  it("of debug data costs no more than is kept of it", () => {
    const byte = new Uint8Array(1);
    const bytes = growth(() => {
      const decoder = new PushDecoder(silent);
      decoder.push(goAwayHead);
      for (let at = 0; at < 1 << 20; at++) decoder.push(byte);
      return [decoder];
    });
    expect(bytes).toBeLessThan(4 * MAX_DEBUG_LENGTH_KEPT);
  });
});
