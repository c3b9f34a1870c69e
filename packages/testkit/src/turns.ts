// Explicit turns of an event loop: flushes wait here until a test ends the turn.

import { flushInNextTask } from "@muxado/core";

/** A flush scheduler that runs its flushes when it is told to. */
export class Turns {
  #flushes: (() => void)[] = [];

  /** The session's option `scheduleFlush`. */
  readonly scheduleFlush = (flush: () => void): void => {
    this.#flushes.push(flush);
  };

  /** Whether flushes wait. */
  get pending(): boolean {
    return this.#flushes.length > 0;
  }

  /** Runs the flushes that wait, in order, but not those that they request. Returns false if there are none. */
  end(): boolean {
    if (this.#flushes.length === 0) return false;
    const flushes = this.#flushes;
    this.#flushes = [];
    for (const flush of flushes) flush();
    return true;
  }
}

/** Waits until every promise continuation that can run has run, at any depth: one task of the platform. */
export function settle(): Promise<void> {
  return new Promise(flushInNextTask);
}

const RESOLVED = Promise.resolve();

/** Lets promise continuations run to a depth of `hops`. Much cheaper than {@link settle}, for known depths. */
export async function hop(hops: number): Promise<void> {
  for (let done = 0; done < hops; done++) await RESOLVED;
}
