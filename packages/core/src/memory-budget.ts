// The memory that one session may take for its peer's sake: what has arrived and is not read, and what is written
// and cannot be sent. Counts, what may be promised of it, and who has to pay when it is exceeded; docs/threats.md, 6, 9,
// 13 and 16, docs/decisions/0028.

import type { Stream } from "./stream.ts";

/** After a breach, as much of the budget is freed as makes the next one wait. */
const RELIEVED = 7 / 8;

/** The part of the budget that windows may grow into. The rest is for what every stream may hold without having grown. */
const GROWTH = 1 / 4;

/** The least part that accepted streams may fill, however many may wait to be accepted. */
const LEAST_ROOM = 1 / 4;

/** The part for what a peer has left behind on streams that it has reset. */
const REMAINS = 1 / 8;

/** What a stream that is kept for its unread bytes costs besides, in bytes. */
const STREAM_COST = 1024;

/** What there is to know of a session before anything arrives. */
export interface MemoryPlan {
  /** The budget, in bytes. */
  readonly limit: number;
  /** Bytes that a stream may hold unread without its window having grown. */
  readonly window: number;
  /** Streams that may wait to be accepted. */
  readonly backlog: number;
}

/** Counters of a session's memory, in bytes. */
export class MemoryBudget {
  /** The most that may count. */
  readonly limit: number;
  /** Memory behind what has arrived and is not read yet. */
  unread = 0;
  /** The part of it that fits into the first windows of streams opened here. It does not count: they were our wish. */
  wished = 0;
  /** What of the application's writes waits in its streams, and counts. */
  unsent = 0;
  /** The part of it that waits for the peer's credit. That the transport is slow is nobody's fault. */
  stalled = 0;
  /** Accepted streams of the peer's that have unread bytes: each may fill its window. */
  behind = 0;
  /** Accepted streams of the peer's that may have unread bytes when one more is accepted. */
  readonly #mostBehind: number;
  /** Credit that windows have been given beyond their first size: what it may yet bring counts beforehand. */
  #grown = 0;
  /** Streams that the peer has reset and that have unread bytes, with what they cost; the oldest first. */
  readonly #remains: Map<Stream, number> = new Map();
  #remaining = 0;

  constructor({ limit, window, backlog }: MemoryPlan) {
    this.limit = limit;
    const waiting = Math.min(backlog * window, limit);
    const room =
      limit === Infinity ? limit : Math.max((1 - GROWTH) * limit - waiting, LEAST_ROOM * limit);
    this.#mostBehind = Math.floor(room / window);
  }

  /** Whether streams have to pay. */
  get exceeded(): boolean {
    return this.#charged > this.limit;
  }

  /** Whether one more stream may be accepted, and then fill its window as all the others may. */
  get mayAccept(): boolean {
    return this.behind === 0 || this.behind < this.#mostBehind;
  }

  /**
   * Takes up to `wanted` bytes for the growth of a window that has grown by `taken` bytes, and says how many: never
   * more than its share, if there are so many `sharers`.
   */
  takeGrowth(wanted: number, taken: number, sharers: number): number {
    const pool = this.limit * GROWTH;
    const left = Math.min(pool, this.limit - this.unread + this.wished - this.unsent) - this.#grown;
    const growth = Math.max(0, Math.floor(Math.min(wanted, left, pool / sharers - taken)));
    this.#grown += growth;
    return growth;
  }

  /** A window that has grown by so many bytes is gone. */
  giveBack(growth: number): void {
    this.#grown -= growth;
  }

  /**
   * Has those of `streams` pay that hold the most, until it is enough: with what is unread on them, and with what
   * waits for their peer's credit.
   */
  relieve(streams: readonly Stream[], pay: (stream: Stream) => void): void {
    if (!this.exceeded) return;
    const holders = streams
      .map((stream) => ({ stream, held: stream.receiving.charge + stream.sending.stalled }))
      .filter(({ held }) => held > 0)
      .sort((one, other) => other.held - one.held);
    for (const { stream } of holders) {
      if (this.#charged <= this.limit * RELIEVED) return;
      pay(stream);
    }
  }

  /**
   * So many unread bytes are left on `stream`, which the peer has reset. The oldest such streams lose theirs when all
   * have too many together: resetting costs a peer nothing.
   */
  leave(stream: Stream, bytes: number): void {
    if (bytes === 0) return;
    this.#keep(stream, bytes);
    for (const [oldest] of this.#remains) {
      if (this.#remaining <= this.limit * REMAINS) return;
      // Before it is told, which asks what is left over.
      this.#forget(oldest);
      oldest.receiving.drop();
    }
  }

  /** So many of them are left, if they count. */
  leftOver(stream: Stream, bytes: number): void {
    if (!this.#remains.has(stream)) return;
    this.#forget(stream);
    if (bytes > 0) this.#keep(stream, bytes);
  }

  #keep(stream: Stream, bytes: number): void {
    const cost = bytes + STREAM_COST;
    this.#remains.set(stream, cost);
    this.#remaining += cost;
  }

  get #charged(): number {
    return this.unread - this.wished + this.stalled;
  }

  #forget(stream: Stream): void {
    this.#remaining -= this.#remains.get(stream) ?? 0;
    this.#remains.delete(stream);
  }
}
