// A stream's Duplex keeps every byte, as a socket of Node does.

import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import { patterned, Random } from "@muxado/testkit";
import { describe, expect, test } from "vitest";
import type { Connection } from "../connections.ts";
import { write } from "../duplexes.ts";
import { leaveNothingOpen } from "../resources.ts";
import { kinds } from "./kinds.ts";

leaveNothingOpen();

describe.each(kinds)("$name", ({ pair }) => {
  describe("keeps bytes", () => {
    test.each([1, 2, 3])(
      "a connection keeps bytes of random sizes with random pauses, both ways at once (seed %i)",
      async (seed) => {
        const random = new Random(seed);
        // Each end continues to write after the other end has ended.
        const [left, right] = await pair({ allowHalfOpen: true });
        const length = 2_000_000;
        const expected = [patterned(length, seed), patterned(length, seed + 7)] as const;
        const [there, back] = await Promise.all([
          receive(right, random),
          receive(left, random),
          send(left, expected[0], random),
          send(right, expected[1], random),
        ]);
        expect(there.equals(expected[0])).toBe(true);
        expect(back.equals(expected[1])).toBe(true);
      },
    );

    test("a connection keeps bytes that are echoed, with one buffer that is used again after each callback", async () => {
      const [left, right] = await pair();
      right.pipe(right);
      const sizes = [1, 2, 3, 100, 4_095, 4_096, 4_097, 16_384, 65_535, 65_536, 65_537, 200_000];
      const scratch = Buffer.alloc(200_000);
      const heard = buffer(left);
      for (const [index, size] of sizes.entries()) {
        scratch.fill(index + 1);
        await write(left, scratch.subarray(0, size));
        scratch.fill(0xee);
      }
      left.end();
      const expected = Buffer.concat(sizes.map((size, index) => Buffer.alloc(size, index + 1)));
      expect((await heard).equals(expected)).toBe(true);
    });

    test("a connection keeps bytes of corked writes whose buffers are used again after their callbacks", async () => {
      const [left, right] = await pair();
      const heard = buffer(right);
      const expected: Buffer[] = [];
      for (const sizes of [
        [1, 2],
        [4_000, 4_097, 10],
        [70_000, 3, 150_000],
        [60_000, 5_536],
        [60_000, 5_537],
      ]) {
        const buffers = sizes.map((size, index) => Buffer.alloc(size, size + index));
        expected.push(...buffers.map((one) => Buffer.from(one)));
        left.cork();
        const written = buffers.map(async (one) => {
          expect(await write(left, one)).toBeFalsy();
          one.fill(0xee);
        });
        left.uncork();
        await Promise.all(written);
      }
      left.end();
      expect((await heard).equals(Buffer.concat(expected))).toBe(true);
    });
  });
});

/**
 * Sends all of `bytes` in pieces of any size, with pauses and corks. It sometimes obeys back-pressure and sometimes
 * does not.
 */
async function send(stream: Connection, bytes: Uint8Array, random: Random): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const size = random.oneIn(3) ? random.between(1, 200_000) : random.between(0, 5_000);
    const chunk = Buffer.from(bytes.subarray(at, at + size));
    at += size;
    if (random.oneIn(10)) {
      stream.cork();
      process.nextTick(() => stream.uncork());
    }
    if (!stream.write(chunk) && random.oneIn(2)) await once(stream, "drain");
    if (random.oneIn(20)) await new Promise(setImmediate);
  }
  stream.end();
}

/** Reads to the end with pauses, alternately by `read` of any size and in flowing mode. */
async function receive(stream: Connection, random: Random): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk as Buffer);
    if (random.oneIn(8)) await new Promise(setImmediate);
    if (random.oneIn(8)) {
      const more = stream.read(random.between(1, 100)) as Buffer | null;
      if (more !== null) chunks.push(more);
    }
  }
  return Buffer.concat(chunks);
}
