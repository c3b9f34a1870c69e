// Byte arrays for tests: joined, and with content that can be checked at any place.

/** Returns all of `chunks` in one new array. */
export function concatenated(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** Returns `length` bytes that differ from each other. Another `salt` gives other bytes. */
export function patterned(length: number, salt = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = patternByte(at + salt);
  return bytes;
}

/** Returns the byte at `place` of an endless pattern. Its period is no power of two, unlike the lengths of buffers. */
export function patternByte(place: number): number {
  return (place + Math.floor(place / 251) * 7) & 0xff;
}

/** Returns where the two first differ, in bytes from the start; -1 if they are the same. */
export function firstDifference(one: Uint8Array, other: Uint8Array): number {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at++) if (one[at] !== other[at]) return at;
  return one.length === other.length ? -1 : length;
}
