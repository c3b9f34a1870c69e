// The bytes of one direction that the peer has not confirmed. They are copies, because the session uses its own memory
// again as soon as a write is done.

/** The most bytes of a block, and the fewest. */
const LARGEST = 64 * 1024;
const SMALLEST = 4 * 1024;

/** Blocks of the largest size that are kept for later bytes. */
const MOST_SPARE = 16;

/**
 * Unused bytes before a block. Some processors copy 15 times slower if the target begins up to 64 bytes behind the
 * source, modulo 4096 (decision 36).
 */
const MARGIN = 1024;

/** A queue of bytes that are numbered from the beginning of their direction. */
export class KeptBytes {
  /** The number of the first byte that is kept, and the number of the next byte to come. */
  start = 0;
  end = 0;
  readonly #blocks: Uint8Array<ArrayBuffer>[] = [];
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];
  /** Bytes of the first block that are confirmed, and bytes of the last block that are used. */
  #confirmed = 0;
  #used = 0;

  /** The number of bytes that are kept. */
  get length(): number {
    return this.end - this.start;
  }

  /** Copies `chunks` to the end. */
  append(chunks: readonly Uint8Array[]): void {
    let left = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    this.end += left;
    for (const chunk of chunks) {
      for (let at = 0; at < chunk.length; ) {
        const block = this.#roomFor(left);
        const piece = chunk.subarray(at, at + block.length - this.#used);
        block.set(piece, this.#used);
        this.#used += piece.length;
        at += piece.length;
        left -= piece.length;
      }
    }
  }

  /**
   * Forgets the bytes before the one with this number.
   *
   * @param isUsed whether a transport may still refer to their memory, so that it cannot be used again.
   */
  confirm(number: number, isUsed: boolean): void {
    this.#confirmed += number - this.start;
    this.start = number;
    for (;;) {
      const block = this.#blocks[0];
      const isLast = this.#blocks.length === 1;
      const isDone =
        block !== undefined && (isLast ? this.start === this.end : this.#confirmed >= block.length);
      if (!isDone) return;
      this.#blocks.shift();
      this.#confirmed = isLast ? 0 : this.#confirmed - block.length;
      const isSpare = !isUsed && block.length === LARGEST && this.#spare.length < MOST_SPARE;
      if (isSpare) this.#spare.push(block);
    }
  }

  /** Returns the bytes from the one with this number on. They stay as they are until they are confirmed. */
  from(number: number): Uint8Array<ArrayBuffer>[] {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    let skip = this.#confirmed + number - this.start;
    for (const [index, block] of this.#blocks.entries()) {
      const length = index === this.#blocks.length - 1 ? this.#used : block.length;
      if (skip < length) pieces.push(block.subarray(skip, length));
      skip = Math.max(0, skip - length);
    }
    return pieces;
  }

  /** Gives up the memory. */
  clear(): void {
    this.start = this.end;
    this.#blocks.length = this.#spare.length = this.#confirmed = 0;
  }

  /** Returns the last block. If it is full, adds one, which suits `length` bytes. */
  #roomFor(length: number): Uint8Array<ArrayBuffer> {
    const last = this.#blocks.at(-1);
    if (last !== undefined && this.#used < last.length) return last;
    const size = Math.min(Math.max(length, SMALLEST), LARGEST);
    const spare = size === LARGEST ? this.#spare.pop() : undefined;
    const block = spare ?? new Uint8Array(MARGIN + size).subarray(MARGIN);
    this.#blocks.push(block);
    this.#used = 0;
    return block;
  }
}
