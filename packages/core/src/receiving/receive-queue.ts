// The bytes of one stream that have arrived and are not read yet. It holds bytes and nothing else: credit
// is the receive window's, waiting readers are the stream's.

import { NOTHING } from "../base/bytes.ts";

/** The smallest and largest block that small pieces are gathered in, in bytes. */
const SMALLEST_BLOCK = 64;
const LARGEST_BLOCK = 16 * 1024;

/** Bytes that a piece costs besides its contents. */
const PIECE_COST = 200;

/**
 * Pieces below this many bytes are always gathered: a view costs some 200 bytes of its own, which a peer could
 * make us pay for every byte by sending them one by one.
 */
const SMALLEST_VIEW = 1024;

/**
 * Pieces up to this many bytes are copied even when a reader is waiting: V8 keeps so few beside the object, so
 * that a copy costs what a view does (measured: 39 ns each; 65 bytes cost ten times as much), and it keeps a
 * 64 KiB transport chunk from living as long as 10 bytes of it.
 */
const ALWAYS_COPIED = 64;

/** Up to this many bytes a loop beats a view and a set() (measured: 30 against 65 ns). */
const COPIED_BY_LOOP = 16;

/** The piece `chunk[start, end)` for a reader that takes it now: a copy if small, else a view. */
export function pieceForReader(
  chunk: Uint8Array<ArrayBuffer>,
  start: number,
  end: number,
): Uint8Array<ArrayBuffer> {
  return end - start <= ALWAYS_COPIED
    ? Uint8Array.prototype.slice.call(chunk, start, end)
    : chunk.subarray(start, end);
}

/** `rest` of a piece, without the memory of the part that is gone once that is the larger one. */
function unpinned(rest: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  // Not by its own method: that of a Buffer copies nothing.
  return rest.length * 2 < rest.buffer.byteLength ? Uint8Array.prototype.slice.call(rest) : rest;
}

/** A queue of unread bytes, in the pieces in which a reader will get them. */
export class ReceiveQueue {
  /** Bytes in the queue. */
  length = 0;
  readonly #pieces: Uint8Array<ArrayBuffer>[] = [];
  #head = 0;
  /** The block that further small pieces are appended to; its first `#filled` bytes are the last piece. */
  #block: Uint8Array<ArrayBuffer> | undefined;
  #filled = 0;
  /** Bytes appended to blocks since the last view: what the next block is measured by. */
  #gathered = 0;

  /**
   * Appends `chunk[start, end)`.
   *
   * A piece that fills at least half of the memory behind it, and is not small, is kept as a view. Anything
   * else is copied, so that it does not pin the rest, and shares blocks with its neighbours, so that what is
   * retained is proportional to the bytes and not to the number of pieces (docs/threats.md, 10 and 19).
   */
  push(chunk: Uint8Array<ArrayBuffer>, start: number, end: number): void {
    const length = end - start;
    this.length += length;
    if (length >= SMALLEST_VIEW && length * 2 >= chunk.buffer.byteLength) {
      this.#seal();
      this.#gathered = 0;
      this.#pieces.push(chunk.subarray(start, end));
    } else {
      this.#append(chunk, start, end);
    }
  }

  /** Memory behind it, in bytes, as far as it is ours: each piece costs something, however small it is. */
  get memory(): number {
    const pieces = this.#pieces.length - this.#head + (this.#block === undefined ? 0 : 1);
    return this.length + PIECE_COST * pieces;
  }

  /**
   * Takes the oldest piece, or its first `limit` bytes; undefined if there is none. What it returns is the
   * caller's.
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
      // As large as all that was gathered and is unread: doubling, so the unused part is never more than the
      // used, also when a view soon seals the block.
      const gathered = Math.min(LARGEST_BLOCK, this.length, this.#gathered);
      block = new Uint8Array(Math.max(SMALLEST_BLOCK, gathered, end - start));
      this.#block = block;
    }
    if (end - start <= COPIED_BY_LOOP) {
      for (let from = start; from < end; from++) block[this.#filled++] = chunk[from]!;
    } else {
      block.set(chunk.subarray(start, end), this.#filled);
      this.#filled += end - start;
    }
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
