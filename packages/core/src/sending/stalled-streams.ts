// Streams that have output but no credit from the peer. Their writes are charged to the memory budget, and they may
// wait only for a limited time. docs/threats.md, 9.

import type { Clock } from "../base/clock.ts";
import { Deadlines } from "../base/deadlines.ts";
import type { MemoryBudget } from "../life/memory-budget.ts";

/** The output of one stream that waits for credit. */
export interface Stalled {
  /** Bytes of pending writes that are charged to the memory budget. */
  readonly charge: number;
  /** Called after it has waited for `timeout` milliseconds. */
  expire(timeout: number): void;
}

/** The streams of a session that wait for the peer's credit. */
export class StalledStreams {
  readonly #deadlines: Deadlines<Stalled>;
  readonly #memory: MemoryBudget;

  /** @param timeout milliseconds that a stream may wait. */
  constructor(clock: Clock, timeout: number, memory: MemoryBudget) {
    this.#memory = memory;
    this.#deadlines = new Deadlines(clock, timeout, (sender) => {
      memory.stall(-sender.charge);
      sender.expire(timeout);
    });
  }

  has(sender: Stalled): boolean {
    return this.#deadlines.has(sender);
  }

  /** Starts the time of `sender`, which has found no credit. If its time is running already, it continues. */
  add(sender: Stalled): void {
    if (this.#deadlines.has(sender)) return;
    this.#deadlines.add(sender);
    this.#memory.stall(sender.charge);
  }

  /** Stops the time of `sender`, which has got credit or has nothing to send. */
  delete(sender: Stalled): void {
    if (this.#deadlines.delete(sender)) this.#memory.stall(-sender.charge);
  }

  /** Stops the time of all streams, because the session is over. */
  clear(): void {
    this.#deadlines.clear();
    this.#memory.endStalls();
  }
}
