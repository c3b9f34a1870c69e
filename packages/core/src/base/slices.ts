// Does the work on many items in parts. Other tasks can run between two parts, so the end of many streams does not
// block the event loop.

import type { Clock } from "./clock.ts";

/**
 * The number of items in one part. It is small because programs also react to the end of each stream: a Duplex takes
 * some 50 µs.
 */
const PART = 256;

interface Batch<T> {
  readonly items: readonly T[];
  /** The index of the next item. */
  at: number;
  readonly done: () => void;
}

/** Work that is done in parts, one part at a time, even if many callers add work. */
export class Slices<T> {
  readonly #clock: Clock;
  readonly #work: (item: T) => void;
  readonly #batches: Batch<T>[] = [];
  #busy = false;

  constructor(clock: Clock, work: (item: T) => void) {
    this.#clock = clock;
    this.#work = work;
  }

  /**
   * Works on `items` after all earlier items, then calls `done`. The first part runs inside this call if no other part
   * waits.
   */
  add(items: readonly T[], done: () => void): void {
    this.#batches.push({ items, at: 0, done });
    if (!this.#busy) this.#next();
  }

  /** Works on `items` in later tasks, so that it may be called many times in one task. */
  addLater(items: readonly T[]): void {
    if (items.length === 0) return;
    this.#batches.push({ items, at: 0, done: () => {} });
    if (!this.#busy) this.#nextSoon();
  }

  #next(): void {
    this.#busy = true;
    let left = PART;
    for (let batch; (batch = this.#batches[0]) !== undefined; ) {
      if (batch.at === batch.items.length) {
        this.#batches.shift();
        batch.done();
      } else if (left-- > 0) {
        this.#work(batch.items[batch.at++]!);
      } else {
        return this.#nextSoon();
      }
    }
    this.#busy = false;
  }

  /** Runs the next part in a separate task. */
  #nextSoon(): void {
    this.#busy = true;
    const next = (): void => this.#next();
    if (this.#clock.soon === undefined) this.#clock.setTimer(next, 0);
    else this.#clock.soon(next);
  }
}
