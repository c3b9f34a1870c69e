// The bytes of bulk transfers: they are made when they are needed and never repeat. Both ends compute their checksum.

const CHUNK = 64 * 1024;

/** Yields `length` bytes in chunks. Each chunk has its own buffer. */
export function* content(length: number): Generator<Uint8Array> {
  let word = 0x9e3779b9;
  for (let left = length; left > 0; left -= CHUNK) {
    const words = new Uint32Array(CHUNK / 4);
    for (let index = 0; index < words.length; index++) {
      // xorshift32
      word ^= word << 13;
      word ^= word >>> 17;
      word ^= word << 5;
      words[index] = word;
    }
    yield new Uint8Array(words.buffer, 0, Math.min(left, CHUNK));
  }
}

/** FNV-1a with 32 bits, and the length. Any lost, added or misplaced byte changes it. */
export class Checksum {
  length = 0;
  value: number = 0x811c9dc5 | 0;

  add(chunk: Uint8Array): void {
    let { value } = this;
    for (let index = 0; index < chunk.length; index++) {
      value = Math.imul(value ^ chunk[index]!, 0x01000193);
    }
    this.value = value;
    this.length += chunk.length;
  }

  toString(): string {
    return `${this.length} bytes ${(this.value >>> 0).toString(16)}`;
  }
}
