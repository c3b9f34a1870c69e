// The inbound direction of one stream. Bytes that arrive use credit of the window, and wait in the queue for a reader.
// Their credit returns to the peer when the application reads them, not when they arrive. Spec §6.3.

import { misuse, type MuxadoError } from "../base/errors.ts";
import { rejected, type WaiterOwner } from "../base/waiter.ts";
import type { UnreadOwner } from "../life/memory-budget.ts";
import { Opening } from "../life/opening.ts";
import type { Stream } from "../stream.ts";
import { BlockQueue } from "./block-queue.ts";
import type { Receiver } from "./credit.ts";
import type { Loan } from "./loan.ts";
import { ChunkRead, FillingRead, type Read, type ReadForm } from "./reads.ts";
import { ReceiveQueue } from "./receive-queue.ts";
import { ReceiveWindow } from "./receive-window.ts";

/** The inbound direction of a stream. */
export class ReceiveSide implements Receiver, WaiterOwner {
  readonly window: ReceiveWindow;
  /** Bytes that have arrived. */
  bytes = 0;
  /** True after FIN has arrived: no more bytes will arrive. */
  ended = false;
  /** True after the application has closed the stream: arriving bytes are dropped. */
  discarding = false;
  readonly #stream: Stream;
  /** True after unread bytes were dropped. Then a reader must not see FIN as an ordinary end. */
  #dropped = false;
  /** A queue of blocks from the first read on whose memory the reader has brought, even if it is empty. */
  #queue: ReceiveQueue | BlockQueue | null = null;
  #read: Read | null = null;

  constructor(stream: Stream, initial: number, target: number) {
    this.#stream = stream;
    this.window = new ReceiveWindow(initial, target);
  }

  get streamId(): number {
    return this.#stream.id;
  }

  /** Bytes that have arrived and are not read yet. */
  get unread(): number {
    return this.#queue === null ? 0 : this.#queue.length;
  }

  /** Whether a reader waits. A relay may have bytes that wait for another stream; then it does not wait itself. */
  get reading(): boolean {
    return this.#read !== null && this.unread === 0;
  }

  /** Why there may be no further reader; undefined if there may be one. */
  get refusal(): MuxadoError | undefined {
    if (this.#read !== null) return misuse(this.#stream.id, "READ_PENDING");
    return this.discarding ? this.#closedHere() : undefined;
  }

  /** The memory that the unread bytes take, in bytes. */
  get memory(): number {
    return this.#queue === null ? 0 : this.#queue.memory;
  }

  /** The part of this memory that is charged to the memory budget. */
  get charge(): number {
    return this.#stream.session.memory.chargeOf(this.#owner, this.memory);
  }

  /**
   * Called when the peer knows the stream. If the window is larger than the peer assumes, grants the rest at once (spec
   * §6.5).
   */
  begin(): void {
    if (this.window.owed > 0) this.#stream.session.credit.owe(this);
  }

  /** Takes a piece of a body. The window has already been charged for it. */
  receive(chunk: Uint8Array<ArrayBuffer>, start: number, end: number, loan: Loan): void {
    if (start === end) return;
    this.bytes += end - start;
    let at = start;
    const read = this.#read;
    if (read !== null) {
      at += read.take(chunk, start, end, loan);
      if (read.isDone) this.#read = null;
      this.#consumed(at - start);
      // A relay puts frames, and a trace that sees one may end this stream.
      if (at === end || this.#stream.failure !== null) return;
    }
    if (this.discarding) {
      this.#dropped = true;
      this.#consumed(end - at);
      return;
    }
    const before = this.memory;
    this.#queue ??= new ReceiveQueue();
    this.#queue.push(chunk, at, end, loan);
    this.#account(before, this.#queue.memory);
    this.#stream.session.memory.relieve();
    this.#stream.extras?.notify("onReadable");
  }

  /** Ends the direction, because the peer has half-closed. */
  end(): void {
    this.ended = true;
    this.#stream.session.credit.ended(this);
    const read = this.#read;
    this.#read = null;
    read?.end();
    // There may be an observer in addition to a waiting reader. It must also learn of the end.
    this.#stream.extras?.notify("onReadable");
  }

  /**
   * Fails the waiting read, because the stream has failed. Bytes that have arrived stay readable, unless `drop` is
   * true.
   */
  fail(drop: boolean): void {
    if (drop) this.#dropQueue();
    const read = this.#read;
    if (read !== null) {
      this.#read = null;
      read.fail(this.#stream.error!);
    }
  }

  /**
   * Ends the count of the unread bytes, because the stream leaves the session. From now on its memory is that of the
   * application.
   */
  leave(): void {
    this.#account(this.memory, 0);
  }

  /** Called when the application has accepted the stream. Tells the memory budget if there are unread bytes. */
  accepted(): void {
    if (this.unread > 0 && !this.#stream.isOver) this.#stream.session.memory.accepted();
  }

  /** Drops the unread bytes. */
  drop(): void {
    this.#dropQueue();
  }

  /** Drops the unread bytes and returns their credit, because the application wants no more bytes. */
  discard(): void {
    this.discarding = true;
    this.#consumed(this.#dropQueue());
    const read = this.#read;
    if (read !== null) {
      this.#read = null;
      read.fail(this.#closedHere());
    }
  }

  /**
   * Returns the oldest piece, or its first `limit` bytes; null at the end; undefined if nothing has arrived yet. Throws
   * after the stream has failed.
   */
  take(limit?: number): Uint8Array<ArrayBuffer> | null | undefined {
    const queue = this.#queue;
    if (queue === null || queue.length === 0) return this.#nothing();
    const before = queue.memory;
    const piece = queue.shift(limit)!;
    if (queue.length === 0 && queue instanceof ReceiveQueue) this.#queue = null;
    this.#release(before);
    this.#consumed(piece.length);
    return piece;
  }

  /** As {@link take}, but moves the bytes into `view`, up to `limit` from `offset` on, and returns how many. */
  takeInto(view: Uint8Array, offset?: number, limit?: number): number | null | undefined {
    if (this.unread === 0) return this.#nothing();
    const queue = this.#inBlocks();
    const before = queue.memory;
    const length = queue.shiftInto(view, offset, limit);
    this.#release(before);
    this.#consumed(length);
    return length;
  }

  /** Resolves with the oldest piece, or with null at the end, as soon as there is one. */
  read<T>(form: ReadForm<T>, signal: AbortSignal | undefined): Promise<T> {
    if (signal?.aborted) return rejected(signal.reason);
    if (this.#read !== null) return rejected(misuse(this.#stream.id, "READ_PENDING"));
    let piece: Uint8Array<ArrayBuffer> | null | undefined;
    try {
      piece = this.take();
    } catch (error) {
      return rejected(error);
    }
    if (piece !== undefined) return Promise.resolve(form(piece));
    const read = new ChunkRead(this, signal, form);
    this.#read = read;
    return read.promise;
  }

  /** As {@link read}, but moves the bytes into `view`, and resolves with their number. */
  readInto(view: Uint8Array, signal: AbortSignal | undefined): Promise<number | null> {
    if (signal?.aborted) return rejected(signal.reason);
    if (this.#read !== null) return rejected(misuse(this.#stream.id, "READ_PENDING"));
    let length: number | null | undefined;
    try {
      length = this.takeInto(view);
    } catch (error) {
      return rejected(error);
    }
    if (length !== undefined) return Promise.resolve(length);
    this.#inBlocks();
    const read = new FillingRead(this, signal, view);
    this.#read = read;
    return read.promise;
  }

  /** Gives all bytes to `read` from now on. What it does not take waits for {@link takeInto}. */
  divert(read: Read): void {
    this.#inBlocks();
    if (!this.ended) this.#read = read;
  }

  abandon(waiter: object): void {
    if (this.#read === waiter) this.#read = null;
  }

  /** Returns the queue. Its bytes wait in blocks from now on: the reader brings its own memory. */
  #inBlocks(): BlockQueue {
    const old = this.#queue;
    if (old instanceof BlockQueue) return old;
    const queue = new BlockQueue(this.#stream.session.memory.blocks);
    const before = this.memory;
    for (let piece = old?.shift(); piece !== undefined; piece = old?.shift()) {
      queue.push(piece, 0, piece.length);
    }
    this.#queue = queue;
    this.#release(before);
    return queue;
  }

  /** Returns null at the end, and undefined if bytes may still come. Throws after the stream has failed. */
  #nothing(): null | undefined {
    if (this.ended && !this.#dropped) return null;
    if (this.#stream.error !== undefined) throw this.#stream.error;
    if (this.discarding) throw this.#closedHere();
    return undefined;
  }

  #dropQueue(): number {
    const { unread, memory } = this;
    if (unread > 0) this.#dropped = true;
    if (this.#queue instanceof BlockQueue) this.#queue.clear();
    this.#queue = null;
    this.#release(memory);
    return unread;
  }

  /**
   * Tells the memory budget that bytes were read or dropped. If the stream has left the session, they may be leftover
   * bytes.
   */
  #release(before: number): void {
    if (!this.#stream.isOver) this.#account(before, this.memory);
    else this.#stream.session.memory.leftOver(this, this.unread);
  }

  /** Tells the memory budget that the unread memory has changed from `before` to `after` bytes. */
  #account(before: number, after: number): void {
    this.#stream.session.memory.account(this.#owner, before, after);
  }

  get #owner(): UnreadOwner {
    if (this.#stream.isLocal) return "own";
    return this.#stream.opening === Opening.unaccepted ? "unaccepted" : "accepted";
  }

  #consumed(length: number): void {
    // If no bytes were read, no credit must be sent: the peer may not even know the stream.
    if (length === 0 || this.ended || this.#stream.failure !== null) return;
    this.window.consume(length);
    const { credit } = this.#stream.session;
    if (this.window.isDue(credit.step)) credit.owe(this);
  }

  #closedHere(): MuxadoError {
    return misuse(this.#stream.id, "STREAM_CLOSED", "it was closed here");
  }
}

/** The form for `read`: the chunk itself. */
export function asChunk(chunk: Uint8Array<ArrayBuffer> | null): Uint8Array<ArrayBuffer> | null {
  return chunk;
}

/**
 * Reads a stream to its end. It is not a generator, because a generator costs more promises for each step (measured:
 * 0.28 µs instead of 0.17 µs).
 */
export class StreamIterator implements AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
  readonly #receiving: ReceiveSide;

  constructor(receiving: ReceiveSide) {
    this.#receiving = receiving;
  }

  next(): Promise<IteratorResult<Uint8Array<ArrayBuffer>, undefined>> {
    return this.#receiving.read(asResult, undefined);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function asResult(
  chunk: Uint8Array<ArrayBuffer> | null,
): IteratorResult<Uint8Array<ArrayBuffer>, undefined> {
  return chunk === null ? { done: true, value: undefined } : { done: false, value: chunk };
}
