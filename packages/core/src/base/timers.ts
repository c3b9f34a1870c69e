// Callbacks that come later, and other things to undo, all of them undone together.

import { type Clock, LONGEST_DELAY } from "./clock.ts";

/** The timers of one thing. */
export class Timers {
  readonly #clock: Clock;
  /** Undoes a timer or a listener each. */
  readonly #undo: Set<() => void> = new Set();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `callback` after `delay` milliseconds. Returns what undoes that. */
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

  /** Calls `undo` when all is undone. */
  add(undo: () => void): void {
    this.#undo.add(undo);
  }

  /** Undoes all. */
  cancel(): void {
    for (const undo of this.#undo) undo();
    this.#undo.clear();
  }
}
