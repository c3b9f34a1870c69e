// The bytes of one stream that have arrived and are not read yet. The receive window has the credit for them, and the
// receive side has the waiting reader.

import { copyInto, NOTHING } from "../base/bytes.ts";
import type { Loan } from "./loan.ts";

/** The smallest and the largest block for small pieces, in bytes. */
const SMALLEST_BLOCK = 64;
const LARGEST_BLOCK = 16 * 1024;

/** The cost of a piece in addition to its content, in bytes. */
const PIECE_COST = 200;

/**
 * Pieces of fewer bytes than this are always copied into a block. A view costs some 200 bytes, so a peer that sends
 * single bytes could make us use 200 bytes for each of them.
 */
const SMALLEST_VIEW = 1024;

/**
 * Returns `rest`, the unread part of a piece. Copies it if it is less than half of its memory, so that the other part
 * can be freed.
 */
function unpinned(rest: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  // This does not call `rest.slice`, because `slice` of a Buffer copies nothing.
  return rest.length * 2 < rest.buffer.byteLength ? Uint8Array.prototype.slice.call(rest) : rest;
}

/** A queue of unread bytes, in pieces. A reader gets one piece at a time. */
export class ReceiveQueue {
  /** Bytes in the queue. */
  length = 0;
  readonly #pieces: Uint8Array<ArrayBuffer>[] = [];
  #head = 0;
  /** The block to which small pieces are appended. Its first `#filled` bytes are the last piece of the queue. */
  #block: Uint8Array<ArrayBuffer> | undefined;
  #filled = 0;
  /** Bytes appended to blocks since the last view. They decide the size of the next block. */
  #gathered = 0;

  /**
   * Appends `chunk[start, end)`.
   *
   * A piece is kept as a view if it is not small and the loan allows it. Any other piece is copied, so that the rest of
   * its memory can be freed. Consecutive copied pieces share a block. So the memory is proportional to the number of
   * bytes, not to the number of pieces (docs/threats.md, 10 and 19).
   */
  push(chunk: Uint8Array<ArrayBuffer>, start: number, end: number, loan: Loan): void {
    const length = end - start;
    this.length += length;
    if (length >= SMALLEST_VIEW && loan.keeps(chunk, length)) {
      this.#seal();
      this.#gathered = 0;
      this.#pieces.push(chunk.subarray(start, end));
    } else {
      this.#append(chunk, start, end);
    }
  }

  /** The memory that the queue uses, in bytes. Each piece has a cost in addition to its bytes. */
  get memory(): number {
    const pieces = this.#pieces.length - this.#head + (this.#block === undefined ? 0 : 1);
    return this.length + PIECE_COST * pieces;
  }

  /**
   * Takes the oldest piece, or its first `limit` bytes; undefined if there is none. The caller owns the returned bytes.
   */
  shift(limit: number = Infinity): Uint8Array<ArrayBuffer> | undefined {
    if (this.#head === this.#pieces.length) this.#seal();
    const piece = this.#pieces[this.#head];
    if (piece === undefined) return undefined;
    if (piece.length > limit) {
      this.#pieces[this.#head] = unpinned(piece.subarray(limit));
      this.length -= limit;
      return piece.subarray(0, limit);
    }
    this.#pieces[this.#head++] = NOTHING;
    if (this.#head === this.#pieces.length) {
      this.#pieces.length = 0;
      this.#head = 0;
    }
    this.length -= piece.length;
    return piece;
  }

  #append(chunk: Uint8Array<ArrayBuffer>, start: number, end: number): void {
    let block = this.#block;
    this.#gathered += end - start;
    if (block === undefined || end - start > block.length - this.#filled) {
      this.#seal();
      // The block is as large as all bytes that were copied and are unread. In this way, blocks double. The unused part
      // is never larger than the used part, even if a view soon ends the block.
      const gathered = Math.min(LARGEST_BLOCK, this.length, this.#gathered);
      block = new Uint8Array(Math.max(SMALLEST_BLOCK, gathered, end - start));
      this.#block = block;
    }
    copyInto(block, this.#filled, chunk, start, end);
    this.#filled += end - start;
  }

  #seal(): void {
    if (this.#block !== undefined) this.#pieces.push(this.#takeBlock());
  }

  #takeBlock(): Uint8Array<ArrayBuffer> {
    const block = this.#block!;
    const piece = this.#filled === block.length ? block : block.subarray(0, this.#filled);
    this.#block = undefined;
    this.#filled = 0;
    return piece;
  }
}
