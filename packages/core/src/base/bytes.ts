// Four trifles about byte arrays that every room needs.

/** No bytes. */
export const NOTHING: Uint8Array<ArrayBuffer> = /* @__PURE__ */ new Uint8Array(0);

/** Throws a TypeError unless `chunk` is a Uint8Array, also one of another realm. */
export function checkBytes(chunk: unknown): void {
  // By its name, for the class is another one there. Node's streams throw at other views, also those of bytes.
  if (!ArrayBuffer.isView(chunk) || (chunk as Uint8Array)[Symbol.toStringTag] !== "Uint8Array") {
    throw new TypeError(`chunk must be a Uint8Array, got ${describe(chunk)}`);
  }
}

/** `chunk`, or a copy if its memory is shared: what readers get is theirs alone, and platforms refuse other bytes. */
export function unshared(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  return chunk.buffer[Symbol.toStringTag] === "ArrayBuffer"
    ? (chunk as Uint8Array<ArrayBuffer>)
    : new Uint8Array(chunk);
}

/** All of `chunks`, one behind the other, as a copy. */
export function concatenated(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? (value.constructor?.name ?? "an object") : `a ${typeof value}`;
}
