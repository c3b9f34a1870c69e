// Collects one body from the pieces in which it arrives, up to a limit, and drops the bytes beyond the limit. Its
// memory grows with the bytes that have arrived, not with the declared length. So a peer cannot make us allocate much
// memory with a declared length alone. Spec §10, rules 10 and 11.

export class ByteBuffer {
  readonly #limit: number;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #length = 0;

  /** @param limit the most bytes to keep */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Copies `chunk[start, end)` after the bytes that are there already. */
  append(chunk: Uint8Array, start: number, end: number): void {
    const piece = chunk.subarray(start, Math.min(end, start + this.#limit - this.#length));
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) {
      // Doubling avoids one copy for each byte of a body that arrives byte by byte.
      const grown = new Uint8Array(Math.min(this.#limit, Math.max(length, 2 * this.#bytes.length)));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
  }

  /**
   * Returns the bytes, in an array of exactly their length. The caller owns the array, so the buffer must not be used
   * again.
   */
  take(): Uint8Array<ArrayBuffer> {
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.#length);
  }
}
