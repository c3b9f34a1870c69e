// Three trifles about byte arrays that every room needs.

/** No bytes. */
export const NOTHING: Uint8Array = /* @__PURE__ */ new Uint8Array(0);

/** Throws a TypeError unless `chunk` is a Uint8Array, also one of another realm. */
export function checkBytes(chunk: unknown): void {
  // By its name, for the class is another one there. Node's streams throw at other views, also those of bytes.
  if (!ArrayBuffer.isView(chunk) || (chunk as Uint8Array)[Symbol.toStringTag] !== "Uint8Array") {
    throw new TypeError(`chunk must be a Uint8Array, got ${describe(chunk)}`);
  }
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
