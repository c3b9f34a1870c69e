// The clock of a replay. Its time changes only when the recording gives a later time.

import type { Clock, Timer } from "../base/clock.ts";

interface SetTimer {
  readonly due: number;
  readonly callback: () => void;
}

/** A clock that is moved by its user. */
export class ReplayClock implements Clock {
  #now: number;
  /** The timers, in the order in which they were set. */
  readonly #timers: Set<SetTimer> = new Set();

  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  setTimer(callback: () => void, delay: number): Timer {
    const timer = { due: this.#now + delay, callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** Moves the time to `time`. Timers that are due by then fire in their order, and `settle` is awaited after each. */
  async advance(time: number, settle: () => Promise<void>): Promise<void> {
    for (let next = this.#next(time); next !== undefined; next = this.#next(time)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.callback();
      await settle();
    }
    this.#now = Math.max(this.#now, time);
  }

  /** Returns the first timer that is due at `time`. */
  #next(time: number): SetTimer | undefined {
    let first: SetTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.due <= time && (first === undefined || timer.due < first.due)) first = timer;
    }
    return first;
  }
}
