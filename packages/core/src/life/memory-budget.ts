// The memory that one session may use because of its peer: bytes that have arrived and are not read, and writes that
// cannot be sent. This file counts the memory, limits the growth of windows, and decides which streams are reset when
// the budget is exceeded. See docs/threats.md, 6, 9, 13 and 16, and docs/decisions/0028.

import { BlockPool } from "../base/block-pool.ts";

/**
 * The part of the budget that may stay in use after it was exceeded. The rest is freed, so that the budget is not
 * exceeded again at once.
 */
const RELIEVED = 7 / 8;

/** The part of the budget that windows may grow into. The rest is for streams whose windows have not grown. */
const GROWTH = 1 / 4;

/** The smallest part of the budget that accepted streams may fill, even if very many streams may wait for `accept`. */
const LEAST_ROOM = 1 / 4;

/** The part of the budget for unread bytes of streams that the peer has reset. */
const REMAINS = 1 / 8;

/** The cost in bytes of a stream that is kept for its unread bytes, in addition to these bytes. */
const STREAM_COST = 1024;

/** The numbers of a session that decide how its memory is divided. */
export interface MemoryPlan {
  /** The budget, in bytes. */
  readonly limit: number;
  /** Bytes that a stream may hold unread before its window has grown. */
  readonly window: number;
  /** Streams that may wait for `accept`. */
  readonly backlog: number;
}

/** A stream that holds memory of the budget. */
export interface Holder {
  /** Bytes of the budget that it holds: unread bytes, and writes that wait for the peer's credit. */
  readonly held: number;
  /** Ends the stream, so that it holds nothing any more. */
  pay(): void;
}

/** Unread bytes of a stream that the peer has reset. */
export interface Leftover {
  /** Drops the bytes. */
  drop(): void;
}

/** The owner of unread bytes: a stream opened here, or a stream of the peer that is accepted or not yet accepted. */
export type UnreadOwner = "own" | "accepted" | "unaccepted";

/** Counts the memory of one session, in bytes. */
export class MemoryBudget {
  /** Blocks for unread bytes that are not in use. They are few and do not count. */
  readonly blocks: BlockPool = new BlockPool();
  /** The budget, in bytes. */
  readonly #limit: number;
  /** Bytes that a stream may hold unread before its window has grown. */
  readonly #window: number;
  /** Bytes of memory that hold bytes which have arrived and are not read. */
  #unread = 0;
  /**
   * The part of `#unread` in the first windows of streams opened here. It does not count, because we asked for these
   * bytes.
   */
  #wished = 0;
  /** Bytes of waiting writes that count. */
  #unsent = 0;
  #stalled = 0;
  /** Accepted streams of the peer that have unread bytes. Each of them may fill its window. */
  #behind = 0;
  /** While this many accepted streams of the peer have unread bytes, no other stream is accepted. */
  readonly #mostBehind: number;
  /** The growth of all windows beyond their first size. It counts although its bytes may not have arrived. */
  #grown = 0;
  /** Streams that the peer has reset and that have unread bytes, each with its cost; the oldest first. */
  readonly #remains: Map<Leftover, number> = new Map();
  #remaining = 0;
  readonly #holders: () => readonly Holder[];
  readonly #roomAgain: () => void;

  /**
   * @param holders returns the streams that may be ended to free memory, each with the bytes that it holds at that
   * moment.
   * @param roomAgain called when one more stream may be accepted.
   */
  constructor(
    { limit, window, backlog }: MemoryPlan,
    holders: () => readonly Holder[],
    roomAgain: () => void,
  ) {
    this.#limit = limit;
    this.#window = window;
    this.#holders = holders;
    this.#roomAgain = roomAgain;
    const waiting = Math.min(backlog * window, limit);
    const room =
      limit === Infinity ? limit : Math.max((1 - GROWTH) * limit - waiting, LEAST_ROOM * limit);
    this.#mostBehind = Math.floor(room / window);
  }

  /** Bytes of memory that hold bytes which have arrived and are not read. */
  get unread(): number {
    return this.#unread;
  }

  /** Bytes of waiting writes that count. */
  get unsent(): number {
    return this.#unsent;
  }

  /**
   * The part of `unsent` that waits for the peer's credit. Only this part is charged, because a slow transport is not
   * the peer's fault.
   */
  get stalled(): number {
    return this.#stalled;
  }

  /** Whether more memory is charged than the budget allows. */
  get exceeded(): boolean {
    return this.#charged > this.#limit;
  }

  /** Whether one more stream may be accepted, so that all accepted streams can still fill their windows. */
  get mayAccept(): boolean {
    return this.#behind === 0 || this.#behind < this.#mostBehind;
  }

  /** Counts the change of one stream's unread memory from `before` to `after` bytes. */
  account(owner: UnreadOwner, before: number, after: number): void {
    this.#unread += after - before;
    if (owner === "own") {
      this.#wished += this.#wishedOf(after) - this.#wishedOf(before);
    } else if (owner === "accepted") {
      if (before === 0 && after > 0) this.#behind++;
      if (before > 0 && after === 0) {
        this.#behind--;
        this.#roomAgain();
      }
    }
  }

  /** Counts a stream of the peer that has just been accepted and has unread bytes. */
  accepted(): void {
    this.#behind++;
  }

  /** Returns the part of one stream's `unread` memory that counts. */
  chargeOf(owner: UnreadOwner, unread: number): number {
    return owner === "own" ? unread - this.#wishedOf(unread) : unread;
  }

  /** Adds `change`, which may be negative, to the bytes of writes that wait in their streams. */
  keep(change: number): void {
    this.#unsent += change;
  }

  /** Adds `change`, which may be negative, to the part of these bytes that waits for the peer's credit. */
  stall(change: number): void {
    this.#stalled += change;
  }

  /** Sets this part to 0, because no write waits for credit any more. */
  endStalls(): void {
    this.#stalled = 0;
  }

  /**
   * Takes up to `wanted` bytes of the budget for the growth of a window that has already grown by `taken` bytes.
   * Returns the number of bytes taken. If `sharers` windows may grow, no window gets more than an equal share.
   */
  takeGrowth(wanted: number, taken: number, sharers: number): number {
    const pool = this.#limit * GROWTH;
    const left =
      Math.min(pool, this.#limit - this.#unread + this.#wished - this.#unsent) - this.#grown;
    const growth = Math.max(0, Math.floor(Math.min(wanted, left, pool / sharers - taken)));
    this.#grown += growth;
    return growth;
  }

  /** Gives back `growth` bytes by which a window had grown, because the window is gone. */
  giveBack(growth: number): void {
    this.#grown -= growth;
  }

  /**
   * If more memory is charged than the budget allows, ends the streams that hold the most, until 7/8 of the budget or
   * less is charged.
   */
  relieve(): void {
    if (!this.exceeded) return;
    const holders = this.#holders()
      .filter(({ held }) => held > 0)
      .sort((one, other) => other.held - one.held);
    for (const holder of holders) {
      if (this.#charged <= this.#limit * RELIEVED) return;
      holder.pay();
    }
  }

  /**
   * Counts the `bytes` unread bytes of a stream that the peer has reset. If all such streams together hold too many,
   * drops the bytes of the oldest: without a limit, a peer could fill our memory with resets, which cost it nothing.
   */
  leave(leftover: Leftover, bytes: number): void {
    if (bytes === 0) return;
    this.#keep(leftover, bytes);
    for (const [oldest] of this.#remains) {
      if (this.#remaining <= this.#limit * REMAINS) return;
      // This comes first, because `drop` calls `leftOver`.
      this.#forget(oldest);
      oldest.drop();
    }
  }

  /** Counts `bytes` as the bytes of `leftover` that are still unread. Does nothing if `leftover` is not counted. */
  leftOver(leftover: Leftover, bytes: number): void {
    if (!this.#remains.has(leftover)) return;
    this.#forget(leftover);
    if (bytes > 0) this.#keep(leftover, bytes);
  }

  #keep(leftover: Leftover, bytes: number): void {
    const cost = bytes + STREAM_COST;
    this.#remains.set(leftover, cost);
    this.#remaining += cost;
  }

  get #charged(): number {
    return this.#unread - this.#wished + this.#stalled;
  }

  #forget(leftover: Leftover): void {
    this.#remaining -= this.#remains.get(leftover) ?? 0;
    this.#remains.delete(leftover);
  }

  /** Returns the part of `bytes` that we asked for when we opened the stream. */
  #wishedOf(bytes: number): number {
    return Math.min(bytes, this.#window);
  }
}
