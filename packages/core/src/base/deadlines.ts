// Things that may last only so long, each from when it began. One delay for all, so they expire in the order in
// which they came, and one timer watches the oldest.

import { type Clock, LONGEST_DELAY, type Timer } from "./clock.ts";
import { TransientMap } from "./transient-map.ts";

/** Items that expire in one task of the event loop. */
const MOST_AT_ONCE = 256;

/** Items with a deadline each. */
export class Deadlines<T> {
  readonly #clock: Clock;
  readonly #delay: number;
  readonly #expired: (item: T) => void;
  /** By item, when it expires; the oldest first. */
  readonly #due: TransientMap<T, number> = new TransientMap();
  #timer: Timer | undefined;

  /**
   * @param delay milliseconds; Infinity: nothing ever expires.
   * @param expired called with each item whose time is over. It is forgotten by then.
   */
  constructor(clock: Clock, delay: number, expired: (item: T) => void) {
    this.#clock = clock;
    this.#delay = delay;
    this.#expired = expired;
  }

  /** Items that have time left. */
  get size(): number {
    return this.#due.size;
  }

  /** Whether `item` has time left. */
  has(item: T): boolean {
    return this.#due.has(item);
  }

  /** Gives `item` its time, from now; one that has some keeps what it has. */
  add(item: T): void {
    if (this.#due.has(item)) return;
    this.#due.set(item, this.#clock.now() + this.#delay);
    this.#watch();
  }

  /** `item` is done in time, or of no interest any more. Says whether it had time left. */
  delete(item: T): boolean {
    // Most often there is none: every stream that ends asks. The timer stays: items may come and go by the thousand
    // while one delay passes, and each would set it and take it off.
    return this.#due.size > 0 && this.#due.delete(item);
  }

  /** Forgets all. */
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
      // The others are overdue, and so at once, but behind whatever else there is to do.
      if (due > now || left-- === 0) break;
      // The end of one may have been that of another, or have begun its time anew.
      if (this.#due.get(item) !== due) continue;
      this.#due.delete(item);
      this.#expired(item);
    }
    this.#watch();
  }
}
