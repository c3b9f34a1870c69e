// The model of one direction of one stream: a queue of bytes, written at one end and expected at the other. It stores
// pieces of a pattern, not bytes, so that gigabytes cost nothing.

import { patterned } from "../bytes.ts";

const PATTERN = patterned(1024 * 1024);

/** The most bytes of one piece. */
export const LONGEST_PIECE: number = PATTERN.length / 2;

/** The bytes that one write or offer has put into the queue. */
export interface Piece {
  readonly salt: number;
  length: number;
}

/** Bytes that were written and are to be read, in order. */
export class ByteQueue {
  /** Bytes read so far. */
  read = 0;
  readonly #pieces: Piece[] = [];
  /** The piece that is read next, and how many of its bytes have been read. */
  #at = 0;
  #offset = 0;

  /** Bytes written so far. */
  get written(): number {
    return this.#pieces.reduce((sum, piece) => sum + piece.length, 0);
  }

  /** Returns a piece that could be written, with its bytes. It counts after it is pushed. */
  static draw(length: number, salt: number): [Piece, Uint8Array] {
    const from = salt % LONGEST_PIECE;
    return [{ salt: from, length }, PATTERN.slice(from, from + length)];
  }

  push(piece: Piece): void {
    this.#pieces.push(piece);
  }

  /** Takes back the bytes of `piece` beyond the first `sent` bytes of the direction. */
  cut(piece: Piece, sent: number): void {
    let before = 0;
    for (const other of this.#pieces) {
      if (other === piece) break;
      before += other.length;
    }
    piece.length = Math.min(piece.length, Math.max(0, sent - before));
  }

  /** Reads `chunk`. Returns its fault, or undefined. */
  verify(chunk: Uint8Array): string | undefined {
    let at = 0;
    while (at < chunk.length) {
      const piece = this.#pieces[this.#at];
      if (piece === undefined) {
        return `${chunk.length - at} bytes after byte ${this.read}, the last one written`;
      }
      const length = Math.min(piece.length - this.#offset, chunk.length - at);
      const from = piece.salt + this.#offset;
      for (let i = 0; i < length; i++) {
        if (chunk[at + i] !== PATTERN[from + i]) return `byte ${this.read + i} is wrong`;
      }
      at += length;
      this.read += length;
      this.#offset += length;
      if (this.#offset === piece.length) {
        this.#at++;
        this.#offset = 0;
      }
    }
    return undefined;
  }
}
