// The unread bytes of a stream whose reader brings its own memory. They are copied into blocks of the session, which
// uses them again. So neither the transport nor the session needs new memory, however slow the reader is.

import { BLOCK_LENGTH, type BlockPool } from "../base/block-pool.ts";
import { copyInto } from "../base/bytes.ts";

/** A queue of bytes in blocks. Bytes are copied in and copied out. */
export class BlockQueue {
  /** Bytes in the queue. */
  length = 0;
  readonly #pool: BlockPool;
  readonly #blocks: Uint8Array<ArrayBuffer>[] = [];
  /** The first unread byte of the first block. */
  #start = 0;
  /** Where the next byte goes in the last block. */
  #end = BLOCK_LENGTH;

  constructor(pool: BlockPool) {
    this.#pool = pool;
  }

  /** The session's memory behind the queue, in bytes. */
  get memory(): number {
    return this.#blocks.length * BLOCK_LENGTH;
  }

  /** Appends a copy of `chunk[start, end)`. */
  push(chunk: Uint8Array, start: number, end: number): void {
    this.length += end - start;
    for (let at = start; at < end; ) {
      if (this.#end === BLOCK_LENGTH) {
        this.#blocks.push(this.#pool.take());
        this.#end = 0;
      }
      const count = Math.min(end - at, BLOCK_LENGTH - this.#end);
      copyInto(this.#blocks.at(-1)!, this.#end, chunk, at, at + count);
      this.#end += count;
      at += count;
    }
  }

  /** Moves bytes into `view`, up to `limit` from `offset` on. Returns how many. */
  shiftInto(view: Uint8Array, offset = 0, limit: number = view.length): number {
    const count = Math.min(limit, this.length);
    for (let done = 0; done < count; ) {
      const block = this.#blocks[0]!;
      const stop = this.#blocks.length === 1 ? this.#end : BLOCK_LENGTH;
      const moved = Math.min(count - done, stop - this.#start);
      copyInto(view, offset + done, block, this.#start, this.#start + moved);
      this.#start += moved;
      this.length -= moved;
      done += moved;
      if (this.#start === stop) this.#dropFirst();
    }
    return count;
  }

  /** Returns up to `limit` bytes in memory that the caller owns; undefined if there are none. */
  shift(limit: number = BLOCK_LENGTH): Uint8Array<ArrayBuffer> | undefined {
    if (this.length === 0) return undefined;
    const piece = new Uint8Array(Math.min(limit, this.length));
    this.shiftInto(piece);
    return piece;
  }

  /** Drops all bytes. */
  clear(): void {
    while (this.#blocks.length > 0) this.#dropFirst();
    this.length = 0;
  }

  #dropFirst(): void {
    this.#pool.give(this.#blocks.shift()!);
    this.#start = 0;
    if (this.#blocks.length === 0) this.#end = BLOCK_LENGTH;
  }
}
