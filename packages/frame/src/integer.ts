// Big-endian integers in a byte array, read by index: a DataView would cost an object for each chunk. These functions
// check no bounds, because their callers know how many bytes they have. Spec §3.1.

/** Returns the 24-bit number at `at`. */
export function readUint24(source: Uint8Array, at: number): number {
  return (source[at]! << 16) | (source[at + 1]! << 8) | source[at + 2]!;
}

/**
 * Returns the 32-bit number at `at` as a signed number: negative when the high bit is set. `>>> 0` makes it unsigned.
 */
export function readInt32(source: Uint8Array, at: number): number {
  return (source[at]! << 24) | (source[at + 1]! << 16) | (source[at + 2]! << 8) | source[at + 3]!;
}

/** Puts the low 32 bits of `value` at `at`. The array itself keeps only the low eight bits of each number. */
export function put32(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}
