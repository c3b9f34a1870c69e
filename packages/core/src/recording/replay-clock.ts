// The time of a replay: it stands still until the recording says how late it is.

import type { Clock, Timer } from "../base/clock.ts";

interface SetTimer {
  readonly due: number;
  readonly callback: () => void;
}

/** A clock that is moved by hand. */
export class ReplayClock implements Clock {
  #now: number;
  /** In the order in which they were set. */
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

  /** Moves on to `time`. Each timer that falls due on the way fires in its turn, and then `settle` is waited for. */
  async advance(time: number, settle: () => Promise<void>): Promise<void> {
    for (let next = this.#next(time); next !== undefined; next = this.#next(time)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.callback();
      await settle();
    }
    this.#now = Math.max(this.#now, time);
  }

  /** The first timer that is due at `time`. */
  #next(time: number): SetTimer | undefined {
    let first: SetTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.due <= time && (first === undefined || timer.due < first.due)) first = timer;
    }
    return first;
  }
}
