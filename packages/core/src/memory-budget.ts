// The memory that one session may take for its peer's sake: what has arrived and is not read, and what is written
// and cannot be sent. Counts, and who has to pay when they are too high; docs/threats.md, 6, 9, 13 and 16.

import type { Stream } from "./stream.ts";

/** After a breach, as much of the budget is freed as makes the next one wait. */
const RELIEVED = 7 / 8;

/**
 * The part of the budget that windows may grow into. The rest is for what every stream may hold without having grown,
 * so that a reader who pauses does not have honest streams reset.
 */
const GROWTH = 1 / 2;

/** Counters of a session's memory, in bytes. */
export class MemoryBudget {
  /** The most that {@link unread} and {@link stalled} may be together. */
  readonly limit: number;
  /** Memory behind what has arrived and is not read yet. */
  unread = 0;
  /** What of the application's writes waits in its streams, and counts. */
  unsent = 0;
  /** The part of it that waits for the peer's credit. That the transport is slow is nobody's fault. */
  stalled = 0;
  /** Credit that windows have been given beyond their first size: what it may yet bring counts beforehand. */
  #grown = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Whether streams have to pay. */
  get exceeded(): boolean {
    return this.unread + this.stalled > this.limit;
  }

  /**
   * Takes up to `wanted` bytes for the growth of a window that has grown by `taken` bytes, and says how many: never
   * more than its share, if there are so many `sharers`.
   */
  takeGrowth(wanted: number, taken: number, sharers: number): number {
    const pool = this.limit * GROWTH;
    const left = Math.min(pool, this.limit - this.unread - this.unsent) - this.#grown;
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
      .map((stream) => ({ stream, held: stream.receiving.memory + stream.sending.stalled }))
      .filter(({ held }) => held > 0)
      .sort((one, other) => other.held - one.held);
    for (const { stream } of holders) {
      if (this.unread + this.stalled <= this.limit * RELIEVED) return;
      pay(stream);
    }
  }
}
