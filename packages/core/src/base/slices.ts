// Work on many items, done in parts with tasks of their own between them: no end of anything holds up the event loop,
// however many streams it concerns. It knows nothing of the items.

import type { Clock } from "./clock.ts";

/** Items of one part. Programs do something about each end, too: a Duplex takes some 50 µs. */
const PART = 256;

interface Batch<T> {
  readonly items: readonly T[];
  /** The next one. */
  at: number;
  readonly done: () => void;
}

/** Work that is done in parts, one part at a time, however many ask for it. */
export class Slices<T> {
  readonly #clock: Clock;
  readonly #work: (item: T) => void;
  readonly #batches: Batch<T>[] = [];
  #busy = false;

  constructor(clock: Clock, work: (item: T) => void) {
    this.#clock = clock;
    this.#work = work;
  }

  /** Works on `items` behind all that were added before, the first part at once if none waits; then calls `done`. */
  add(items: readonly T[], done: () => void): void {
    this.#batches.push({ items, at: 0, done });
    if (!this.#busy) this.#next();
  }

  /** Works on `items` in tasks to come, however many call this in one task. */
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

  /** The next part, in a task of its own. */
  #nextSoon(): void {
    this.#busy = true;
    const next = (): void => this.#next();
    if (this.#clock.soon === undefined) this.#clock.setTimer(next, 0);
    else this.#clock.soon(next);
  }
}
