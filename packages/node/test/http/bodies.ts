// Bodies of any length. Tests check them without keeping them.

import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";

/** Bytes of a large body: 100 MiB in the full run. */
export const LARGE = Number(process.env.MUXADO_HTTP_MIB ?? 20) * 1024 * 1024;

function sha256(): ReturnType<typeof createHash> {
  return createHash("sha256");
}

/** Returns a body of `length` random bytes, in pieces, and the checksum of the bytes that have been read. */
export function source(length: number): { body: Readable; sum: ReturnType<typeof createHash> } {
  const sum = sha256();
  const block = randomBytes(64 * 1024);
  let left = length;
  const body = new Readable({
    read() {
      const chunk = block.subarray(0, Math.min(left, block.length));
      left -= chunk.length;
      sum.update(chunk);
      this.push(chunk.length === 0 ? null : chunk);
    },
  });
  return { body, sum };
}

/** Yields all of `body`; the last piece waits for `event`. */
export async function* heldUntil(event: Promise<unknown>, body: Readable): AsyncGenerator<unknown> {
  let last: unknown;
  for await (const chunk of body) {
    if (last !== undefined) yield last;
    last = chunk;
  }
  await event;
  yield last;
}

export async function digest(
  body: AsyncIterable<unknown>,
): Promise<{ length: number; sha256: string }> {
  const sum = sha256();
  let length = 0;
  for await (const chunk of body) {
    length += (chunk as Buffer).length;
    sum.update(chunk as Buffer);
  }
  return { length, sha256: sum.digest("hex") };
}
