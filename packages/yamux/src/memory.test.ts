// What a peer can make us hold: never more than it sent, and little more than that.
// Measured as the memory behind typed arrays, over enough decoders to drown the noise.

import { describe, expect, it } from "vitest";
import { FrameDecoder } from "./frame-decoder.ts";
import { Flag } from "./frame-type.ts";
import { HEADER_LENGTH, MAX_BODY_LENGTH } from "./limits.ts";
import { type FrameHandler, PushDecoder } from "./push-decoder.ts";
import { putData } from "./put.ts";

const DECODERS = 100;

const silent: FrameHandler = {
  onData: () => {},
  onDataRest: () => {},
  onWindowUpdate: () => {},
  onPing: () => {},
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

const header = new Uint8Array(HEADER_LENGTH);
putData(header, 0, 1, Flag.SYN, MAX_BODY_LENGTH);

describe("a declared length of 4 GiB", () => {
  it.each([
    { name: "push decoder", make: () => new PushDecoder(silent) },
    { name: "frame decoder", make: () => new FrameDecoder() },
  ])("allocates nothing of that size: $name", ({ make }) => {
    const bytes = growth(() =>
      Array.from({ length: DECODERS }, () => {
        const decoder = make();
        const push = (chunk: Uint8Array): unknown =>
          decoder instanceof PushDecoder ? decoder.push(chunk) : decoder.decode(chunk);
        push(header);
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
      decoder.decode(header);
      for (let at = 0; at < sent; at++) decoder.decode(byte);
      return [decoder];
    });
    // Twice for the room to grow, and the arrays it outgrew if they are not collected yet.
    expect(bytes).toBeLessThan(4 * sent + 65536);
  });

  it("costs the push decoder nothing", () => {
    const byte = new Uint8Array(1);
    const bytes = growth(() => {
      const decoder = new PushDecoder(silent);
      decoder.push(header);
      for (let at = 0; at < 1 << 20; at++) decoder.push(byte);
      return [decoder];
    });
    expect(bytes).toBeLessThan(1024);
  });
});
