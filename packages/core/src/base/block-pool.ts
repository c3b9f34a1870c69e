// Blocks of memory that are used again, so that copied bytes need no new memory.

/** Bytes of a block. */
export const BLOCK_LENGTH: number = 16 * 1024;

/** Blocks that are kept for later, at most. */
const SPARE_BLOCKS = 16;

/** The blocks that are not in use. */
export class BlockPool {
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];

  take(): Uint8Array<ArrayBuffer> {
    return this.#spare.pop() ?? new Uint8Array(BLOCK_LENGTH);
  }

  give(block: Uint8Array<ArrayBuffer>): void {
    if (this.#spare.length < SPARE_BLOCKS) this.#spare.push(block);
  }
}
