// The memory that one session may use because of its peer: bytes that have arrived and are not read, and writes that
// cannot be sent. It counts this memory, limits the growth of windows, and decides which streams are reset when the
// budget is exceeded; docs/threats.md, 6, 9, 13 and 16, docs/decisions/0028.

import { BlockPool } from "../base/block-pool.ts";

/** The part of the budget that stays in use after a breach. The rest is freed, so that the next breach comes later. */
const RELIEVED = 7 / 8;

/** The part of the budget that windows may grow into. The rest is for streams whose windows have not grown. */
const GROWTH = 1 / 4;

/** The least part that accepted streams may fill, however many streams may wait for `accept`. */
const LEAST_ROOM = 1 / 4;

/** The part for unread bytes of streams that the peer has reset. */
const REMAINS = 1 / 8;

/** The cost in bytes of a stream that is kept for its unread bytes, in addition to these bytes. */
const STREAM_COST = 1024;

/** The facts about a session that its memory is planned with. */
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

/** The memory counters of one session, in bytes. */
export class MemoryBudget {
  /** Blocks for unread bytes that are not in use. They are few and do not count. */
  readonly blocks: BlockPool = new BlockPool();
  /** The most bytes that may be charged. */
  readonly #limit: number;
  /** Bytes that a stream may hold unread before its window has grown. */
  readonly #window: number;
  /** Memory behind bytes that have arrived and are not read. */
  #unread = 0;
  /** The part of it in the first windows of streams opened here. It does not count, because we asked for it. */
  #wished = 0;
  /** Bytes of waiting writes that count. */
  #unsent = 0;
  #stalled = 0;
  /** Accepted streams of the peer that have unread bytes. Each of them may fill its window. */
  #behind = 0;
  /** While so many accepted streams of the peer have unread bytes, no other stream is accepted. */
  readonly #mostBehind: number;
  /** Credit that windows were given beyond their first size. It counts before its bytes arrive. */
  #grown = 0;
  /** Streams that the peer has reset and that have unread bytes, each with its cost; the oldest first. */
  readonly #remains: Map<Leftover, number> = new Map();
  #remaining = 0;
  readonly #holders: () => readonly Holder[];
  readonly #roomAgain: () => void;

  /**
   * @param holders returns the streams that may be ended to free memory, each with what it holds at that moment.
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

  /** Memory behind bytes that have arrived and are not read. */
  get unread(): number {
    return this.#unread;
  }

  /** Bytes of waiting writes that count. */
  get unsent(): number {
    return this.#unsent;
  }

  /** The part of these writes that waits for the peer's credit. A slow transport is not the peer's fault. */
  get stalled(): number {
    return this.#stalled;
  }

  /** Whether streams must be ended to free memory. */
  get exceeded(): boolean {
    return this.#charged > this.#limit;
  }

  /** Whether one more stream may be accepted. It may then fill its window, as all others may. */
  get mayAccept(): boolean {
    return this.#behind === 0 || this.#behind < this.#mostBehind;
  }

  /** The unread memory of one stream has changed from `before` to `after` bytes. */
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

  /** A stream of the peer that has unread bytes has been accepted. */
  accepted(): void {
    this.#behind++;
  }

  /** Returns the part of one stream's `unread` memory that counts. */
  chargeOf(owner: UnreadOwner, unread: number): number {
    return owner === "own" ? unread - this.#wishedOf(unread) : unread;
  }

  /** `change` more bytes of writes wait in their streams; fewer if it is negative. */
  keep(change: number): void {
    this.#unsent += change;
  }

  /** `change` more of these bytes wait for the peer's credit; fewer if it is negative. */
  stall(change: number): void {
    this.#stalled += change;
  }

  /** No write waits for credit any more. */
  endStalls(): void {
    this.#stalled = 0;
  }

  /**
   * Takes up to `wanted` bytes for the growth of a window that has grown by `taken` bytes. Returns the bytes taken. One
   * of `sharers` windows never gets more than its share.
   */
  takeGrowth(wanted: number, taken: number, sharers: number): number {
    const pool = this.#limit * GROWTH;
    const left =
      Math.min(pool, this.#limit - this.#unread + this.#wished - this.#unsent) - this.#grown;
    const growth = Math.max(0, Math.floor(Math.min(wanted, left, pool / sharers - taken)));
    this.#grown += growth;
    return growth;
  }

  /** A window that has grown by `growth` bytes is gone. */
  giveBack(growth: number): void {
    this.#grown -= growth;
  }

  /** If usage exceeds the budget: ends the streams that hold the most memory, until usage is 7/8 of it or less. */
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
   * The peer has reset a stream that has `bytes` unread bytes. If all such streams have too many together, the oldest
   * lose theirs: a reset costs a peer nothing.
   */
  leave(leftover: Leftover, bytes: number): void {
    if (bytes === 0) return;
    this.#keep(leftover, bytes);
    for (const [oldest] of this.#remains) {
      if (this.#remaining <= this.#limit * REMAINS) return;
      // First, because `drop` reports how many bytes are left over.
      this.#forget(oldest);
      oldest.drop();
    }
  }

  /** `bytes` of `leftover` are still unread. Ignored if `leftover` does not count. */
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
