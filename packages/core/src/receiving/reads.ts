// The reads that wait for bytes: one that is given a chunk, and one that brings its own memory. A relay is a third one.

import { copyInto } from "../base/bytes.ts";
import { Waiter, type WaiterOwner } from "../base/waiter.ts";
import type { Loan } from "./loan.ts";

/** A read that waits, as the receive side needs it. */
export interface Read {
  /** Whether the read takes no more bytes. */
  readonly isDone: boolean;
  /** Takes bytes of `chunk[start, end)`. Returns how many. */
  take(chunk: Uint8Array<ArrayBuffer>, start: number, end: number, loan: Loan): number;
  /** The peer has half-closed: no more bytes come. */
  end(): void;
  /** No more bytes come, because of `reason`. */
  fail(reason: unknown): void;
}

/**
 * Turns a chunk into the result of a read: the chunk itself, or a step of an iteration. The waiting promise resolves
 * with this result directly. A later conversion would cost a promise and a turn of the microtask queue for each chunk
 * (measured: 9 % of all CPU time of a short stream).
 */
export type ReadForm<T> = (chunk: Uint8Array<ArrayBuffer> | null) => T;

/** A read that is given a chunk. */
export class ChunkRead<T> extends Waiter<T> implements Read {
  readonly #form: ReadForm<T>;

  constructor(owner: WaiterOwner, signal: AbortSignal | undefined, form: ReadForm<T>) {
    super(owner, signal);
    this.#form = form;
  }

  get isDone(): boolean {
    return true;
  }

  take(chunk: Uint8Array<ArrayBuffer>, start: number, end: number, loan: Loan): number {
    this.resolve(this.#form(loan.piece(chunk, start, end)));
    return end - start;
  }

  end(): void {
    this.resolve(this.#form(null));
  }

  fail(reason: unknown): void {
    this.reject(reason);
  }
}

/** A read into memory that the reader has brought. It resolves with the number of bytes, or with null at the end. */
export class FillingRead extends Waiter<number | null> implements Read {
  readonly #view: Uint8Array;
  /** Bytes of room in the view when the read began. The view has fewer after its memory has been transferred. */
  readonly #room: number;
  /** The next read that has bytes of the same chunk. */
  nextFilled: FillingRead | null = null;
  #filled = 0;
  #isTold = false;

  constructor(owner: WaiterOwner, signal: AbortSignal | undefined, view: Uint8Array) {
    super(owner, signal);
    this.#view = view;
    this.#room = view.length;
  }

  get isDone(): boolean {
    return this.#filled === this.#room;
  }

  take(chunk: Uint8Array<ArrayBuffer>, start: number, end: number, loan: Loan): number {
    const length = Math.min(end - start, this.#room - this.#filled);
    if (this.#view.length !== this.#room) {
      this.owner.abandon(this);
      this.reject(new TypeError("the memory of the view was taken away during the read"));
      return 0;
    }
    copyInto(this.#view, this.#filled, chunk, start, start + length);
    // The chunk may bring more, so the reader is told when all of it has been received. A reader without room is told
    // now: the next read may come before that.
    const isFirst = this.#filled === 0;
    this.#filled += length;
    if (this.isDone) this.deliver();
    else if (isFirst) loan.fill(this);
    return length;
  }

  /** Tells the reader of its bytes, once. */
  deliver(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.owner.abandon(this);
    this.resolve(this.#filled);
  }

  end(): void {
    if (this.#filled > 0) this.deliver();
    else this.resolve(null);
  }

  fail(reason: unknown): void {
    if (this.#filled > 0) this.deliver();
    else this.reject(reason);
  }

  /** Bytes that are in the view already are not lost by an abort. */
  override aborted(signal: AbortSignal): void {
    if (this.#filled > 0) this.deliver();
    else super.aborted(signal);
  }
}
