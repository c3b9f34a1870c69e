// CRC-32 that takes bytes piece by piece. The browser's own checksums need all bytes at once.

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** The checksum of all bytes that were added. */
export class Checksum {
  #state = -1;

  add(bytes: Uint8Array): void {
    let state = this.#state;
    for (let index = 0; index < bytes.length; index++) {
      state = TABLE[(state ^ bytes[index]!) & 0xff]! ^ (state >>> 8);
    }
    this.#state = state;
  }

  /** From 0 to 4 294 967 295. */
  get value(): number {
    return ~this.#state >>> 0;
  }
}
