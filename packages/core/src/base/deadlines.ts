// Items that expire after a time, each counted from its own start. All have the same delay, so they expire in the order
// in which they were added, and one timer for the oldest item is enough.

import { type Clock, LONGEST_DELAY, type Timer } from "./clock.ts";
import { TransientMap } from "./transient-map.ts";

/** The most items that expire in one task of the event loop. */
const MOST_AT_ONCE = 256;

/** Items, each with its own deadline. */
export class Deadlines<T> {
  readonly #clock: Clock;
  readonly #delay: number;
  readonly #expired: (item: T) => void;
  /** The time when each item expires; the oldest item first. */
  readonly #due: TransientMap<T, number> = new TransientMap();
  #timer: Timer | undefined;

  /**
   * @param delay milliseconds; Infinity: nothing ever expires.
   * @param expired called with each item whose time is over, after the item was forgotten.
   */
  constructor(clock: Clock, delay: number, expired: (item: T) => void) {
    this.#clock = clock;
    this.#delay = delay;
    this.#expired = expired;
  }

  /** The number of items that have time left. */
  get size(): number {
    return this.#due.size;
  }

  /** Returns whether `item` has time left. */
  has(item: T): boolean {
    return this.#due.has(item);
  }

  /** Starts the time of `item` now. An item that has time left keeps its deadline. */
  add(item: T): void {
    if (this.#due.has(item)) return;
    this.#due.set(item, this.#clock.now() + this.#delay);
    this.#watch();
  }

  /** Forgets `item`, because it is done in time or no longer matters. Returns whether it had time left. */
  delete(item: T): boolean {
    // Most often the map is empty, because every stream that ends calls this. The timer stays set: thousands of items
    // may be added and deleted during one delay, and each of them would set and cancel the timer.
    return this.#due.size > 0 && this.#due.delete(item);
  }

  /** Forgets all items. */
  clear(): void {
    this.#due.clear();
    this.#stop();
  }

  #watch(): void {
    if (this.#timer !== undefined || this.#delay === Infinity) return;
    for (const [, due] of this.#due) {
      const delay = Math.min(Math.max(0, due - this.#clock.now()), LONGEST_DELAY);
      this.#timer = this.#clock.setTimer(() => this.#expire(), delay);
      return;
    }
  }

  #stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #expire(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    let left = MOST_AT_ONCE;
    for (const [item, due] of this.#due) {
      // The other items are overdue too. They expire in the next task, after other pending work.
      if (due > now || left-- === 0) break;
      // The end of one item may have ended another item, or restarted its time.
      if (this.#due.get(item) !== due) continue;
      this.#due.delete(item);
      this.#expired(item);
    }
    this.#watch();
  }
}
