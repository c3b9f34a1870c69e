// Two trifles about byte arrays that every room needs.

/** No bytes. */
export const NOTHING: Uint8Array = /* @__PURE__ */ new Uint8Array(0);

/** Throws a TypeError unless `chunk` is a Uint8Array, also one of another realm. */
export function checkBytes(chunk: unknown): void {
  if (!ArrayBuffer.isView(chunk) || (chunk as Uint8Array).BYTES_PER_ELEMENT !== 1) {
    throw new TypeError(`chunk must be a Uint8Array, got ${describe(chunk)}`);
  }
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? (value.constructor?.name ?? "an object") : `a ${typeof value}`;
}
