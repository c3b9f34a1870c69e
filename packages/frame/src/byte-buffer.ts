// One body, gathered from the pieces it arrives in up to a limit; the rest is forgotten.
// Grows with what has arrived, never from what was declared: a peer pays for what it makes us hold.
// Spec §10, rules 10 and 11.

export class ByteBuffer {
  readonly #limit: number;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #length = 0;

  /** @param limit most bytes to keep */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Copies `chunk[start, end)` behind what is there already. */
  append(chunk: Uint8Array, start: number, end: number): void {
    const piece = chunk.subarray(start, Math.min(end, start + this.#limit - this.#length));
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) {
      // Doubling keeps a body that comes byte by byte from being copied once per byte.
      const grown = new Uint8Array(Math.min(this.#limit, Math.max(length, 2 * this.#bytes.length)));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
  }

  /**
   * The bytes, in an array of exactly their length that the caller owns. The buffer must not be
   * used again.
   */
  take(): Uint8Array<ArrayBuffer> {
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.#length);
  }
}
