// The memory of the chunk that is being received. It is the transport's, which uses it again for its next read, unless
// a piece of it is kept: then it is the session's. This file decides which pieces are kept as views, and which are
// copied.

/**
 * Pieces up to this many bytes are always copied. V8 keeps so few bytes beside the object, so a copy costs as much as a
 * view (measured: 39 ns each; 65 bytes cost ten times as much).
 */
const ALWAYS_COPIED = 64;

/**
 * A piece below this part of the memory is copied even for a reader that waits. Copies of pieces up to half of it cost
 * more than the new memory that a view costs the transport (measured: 64 streams in bulk 15 % slower).
 */
const SMALL_PART = 8;

/** A read whose bytes are told of when the whole chunk has been received. */
export interface Filled {
  deliver(): void;
}

/** A read that has bytes of the chunk, in a list: an array would need new memory for each chunk. */
interface FilledInTurn extends Filled {
  nextFilled: FilledInTurn | null;
}

/** Decides which pieces of a chunk the session keeps. One object serves all chunks of a session, one after the other. */
export class Loan {
  #isKept = false;
  /** Reads that have bytes of the chunk. */
  #firstFilled: FilledInTurn | null = null;
  #lastFilled: FilledInTurn | null = null;
  /** The relay that had the last relayed piece of the chunk. */
  #last: Filled | null = null;

  /** A chunk begins. */
  begin(): void {
    this.#isKept = false;
  }

  /**
   * `relay` has a piece. Returns whether the piece before was its own, so that it may put both into one frame. Otherwise
   * the relay before is told that no more pieces follow: only one at a time has bytes that wait for others.
   */
  continues(relay: Filled): boolean {
    const last = this.#last;
    if (last === relay) return true;
    this.#last = relay;
    last?.deliver();
    return false;
  }

  /**
   * Returns whether a piece of `length` bytes of `chunk` may be kept as a view: it is worth new memory for the
   * transport, and does not keep more alive than itself. The caller then makes the view.
   */
  keeps(chunk: Uint8Array, length: number): boolean {
    if (length * 2 < chunk.buffer.byteLength) return false;
    this.#isKept = true;
    return true;
  }

  /**
   * Returns the piece `chunk[start, end)` for a reader that takes it now and owns it. It is a view if the memory is kept
   * anyway, or if the chunk fills at least half of its memory and the piece is no small part of it: then most of the
   * memory has a reader. Otherwise it is a copy.
   */
  piece(chunk: Uint8Array<ArrayBuffer>, start: number, end: number): Uint8Array<ArrayBuffer> {
    const length = end - start;
    if (length > ALWAYS_COPIED && (this.#isKept || isWorthMemory(chunk, length))) {
      this.#isKept = true;
      return chunk.subarray(start, end);
    }
    // Not with its own method: the slice of a Buffer copies nothing.
    return Uint8Array.prototype.slice.call(chunk, start, end);
  }

  /** `read` has bytes. It may get more of the same chunk, so it is told at the end. */
  fill(read: FilledInTurn): void {
    if (this.#lastFilled === null) this.#firstFilled = read;
    else this.#lastFilled.nextFilled = read;
    this.#lastFilled = read;
  }

  /** The chunk has been received. Returns whether its memory is kept. */
  end(): boolean {
    const last = this.#last;
    if (last !== null) {
      this.#last = null;
      last.deliver();
    }
    for (let read = this.#firstFilled; read !== null; read = read.nextFilled) read.deliver();
    this.#firstFilled = this.#lastFilled = null;
    return this.#isKept;
  }
}

/** Whether a piece of `length` bytes of `chunk` is worth new memory for the transport. */
function isWorthMemory(chunk: Uint8Array, length: number): boolean {
  const memory = chunk.buffer.byteLength;
  return chunk.length * 2 >= memory && length * SMALL_PART >= memory;
}
