// Timers and other registrations that are undone together.

import { type Clock, LONGEST_DELAY } from "./clock.ts";

/** The timers of one owner. */
export class Timers {
  readonly #clock: Clock;
  /** Each function undoes one timer or listener. */
  readonly #undo: Set<() => void> = new Set();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `callback` after `delay` milliseconds. Returns a function that cancels the timer. */
  after(delay: number, callback: () => void): () => void {
    const timer = this.#clock.setTimer(
      () => {
        this.#undo.delete(cancel);
        callback();
      },
      Math.min(Math.max(delay, 0), LONGEST_DELAY),
    );
    const cancel = (): void => {
      timer.cancel();
      this.#undo.delete(cancel);
    };
    this.#undo.add(cancel);
    return cancel;
  }

  /** Makes {@link cancel} call `undo`, too. */
  add(undo: () => void): void {
    this.#undo.add(undo);
  }

  /** Cancels all timers, and undoes everything else. */
  cancel(): void {
    for (const undo of this.#undo) undo();
    this.#undo.clear();
  }
}
