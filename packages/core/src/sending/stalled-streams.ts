// Streams that have output but no credit from the peer: how long they wait, and how much of the memory budget their
// writes are charged with meanwhile. docs/threats.md, 9.

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

/** The streams of a session that wait for their peer's credit. */
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

  /** `sender` has found no credit. If it had found none before, its time continues. */
  add(sender: Stalled): void {
    if (this.#deadlines.has(sender)) return;
    this.#deadlines.add(sender);
    this.#memory.stall(sender.charge);
  }

  /** `sender` has credit, or has nothing to send. */
  delete(sender: Stalled): void {
    if (this.#deadlines.delete(sender)) this.#memory.stall(-sender.charge);
  }

  /** The session is over. */
  clear(): void {
    this.#deadlines.clear();
    this.#memory.endStalls();
  }
}
