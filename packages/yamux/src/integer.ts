// Big-endian integers in a byte array. By index: a DataView would have to be made for each chunk.
// Nothing checks bounds; callers know how many bytes they have.
// Spec §3.1.

/** The unsigned 32-bit number at `at`. */
export function readUint32(source: Uint8Array, at: number): number {
  return (
    ((source[at]! << 24) | (source[at + 1]! << 16) | (source[at + 2]! << 8) | source[at + 3]!) >>> 0
  );
}

/** Puts the low 32 bits of `value` at `at`. The array itself cuts each store to eight bits. */
export function put32(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}
