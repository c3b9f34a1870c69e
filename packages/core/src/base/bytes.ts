// Small helpers for byte arrays that all rooms use.

/** An empty byte array. */
export const NOTHING: Uint8Array<ArrayBuffer> = /* @__PURE__ */ new Uint8Array(0);

/** Throws a TypeError if `chunk` is not a Uint8Array. A Uint8Array of another realm is allowed. */
export function checkBytes(chunk: unknown, name = "chunk"): void {
  // Checks the name and not the class, because another realm has another class. Other views, even views of bytes, are
  // errors because Node's streams also refuse them.
  if (!ArrayBuffer.isView(chunk) || (chunk as Uint8Array)[Symbol.toStringTag] !== "Uint8Array") {
    throw new TypeError(`${name} must be a Uint8Array, got ${describe(chunk)}`);
  }
}

/** Throws a TypeError if `view` is not a Uint8Array with room for bytes. */
export function checkView(view: Uint8Array): void {
  checkBytes(view, "view");
  if (view.length === 0) throw new TypeError("view has no room: its length is 0");
}

/**
 * Returns `chunk`, or a copy if its memory is shared: readers must own their bytes, and platforms refuse shared memory.
 */
export function unshared(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  return chunk.buffer[Symbol.toStringTag] === "ArrayBuffer"
    ? (chunk as Uint8Array<ArrayBuffer>)
    : new Uint8Array(chunk);
}

/** Returns a copy of all `chunks`, one after the other. */
export function concatenated(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** Returns `chunk[start, end)`. It is no new view, and so no garbage, if that is all of the chunk. */
export function part<Bytes extends Uint8Array>(chunk: Bytes, start: number, end: number): Bytes {
  return end - start === chunk.length ? chunk : (chunk.subarray(start, end) as Bytes);
}

/** Up to this many bytes, a loop is no slower than a view and a set(), and makes no garbage. */
const COPIED_BY_LOOP = 64;

/** Copies `chunk[start, end)` into `target`, from `at` on. */
export function copyInto(
  target: Uint8Array,
  at: number,
  chunk: Uint8Array,
  start: number,
  end: number,
): void {
  if (end - start > COPIED_BY_LOOP) target.set(part(chunk, start, end), at);
  else for (let from = start; from < end; from++) target[at + from - start] = chunk[from]!;
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? (value.constructor?.name ?? "an object") : `a ${typeof value}`;
}
