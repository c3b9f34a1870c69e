// The bytes that both players send. Each byte shows its place and its stream.

import { patternByte } from "../bytes.ts";

const PERIOD = 65_521;

/** The most bytes of one piece of content. */
const LONGEST_CONTENT = 600_000;

const CONTENT: Uint8Array = new Uint8Array(PERIOD + LONGEST_CONTENT);
for (let at = 0; at < CONTENT.length; at++) CONTENT[at] = patternByte(at % PERIOD);

/** Returns `length` bytes of a stream from `place` on. The memory is shared: nobody may change it. */
export function contentOf(streamId: number, place: number, length: number): Uint8Array {
  const start = (streamId * 61 + place) % PERIOD;
  return CONTENT.subarray(start, start + length);
}

/** Whether a part of a stream that begins at `place` has the right content. Of a long part, it checks both ends. */
export function isContentOf(
  streamId: number,
  place: number,
  chunk: Uint8Array,
  start: number,
  end: number,
): boolean {
  const offset = (streamId * 61 + place) % PERIOD;
  const length = end - start;
  for (let at = 0; at < length; at++) {
    if (at === 64 && length > 128) at = length - 64;
    if (chunk[start + at] !== CONTENT[offset + at]) return false;
  }
  return true;
}
