// Streams that have output and whose peer gives no credit for it: for how long, and what they are charged with
// meanwhile. docs/threats.md, 9.

import type { Clock } from "./clock.ts";
import { Deadlines } from "./deadlines.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import type { Stream } from "./stream.ts";

/** The streams of a session that wait for their peer's credit. */
export class StalledStreams {
  readonly #deadlines: Deadlines<Stream>;
  readonly #memory: MemoryBudget;

  /** @param expired called with each stream that has waited for `timeout` milliseconds. */
  constructor(
    clock: Clock,
    timeout: number,
    memory: MemoryBudget,
    expired: (stream: Stream) => void,
  ) {
    this.#memory = memory;
    this.#deadlines = new Deadlines(clock, timeout, (stream) => {
      memory.stalled -= stream.sending.charge;
      expired(stream);
    });
  }

  has(stream: Stream): boolean {
    return this.#deadlines.has(stream);
  }

  /** `stream` has found no credit; if it had found none before, it has been waiting since then. */
  add(stream: Stream): void {
    if (this.#deadlines.has(stream)) return;
    this.#deadlines.add(stream);
    this.#memory.stalled += stream.sending.charge;
  }

  /** `stream` has credit, or nothing to send. */
  delete(stream: Stream): void {
    if (this.#deadlines.delete(stream)) this.#memory.stalled -= stream.sending.charge;
  }

  /** The session is over. */
  clear(): void {
    this.#deadlines.clear();
    this.#memory.stalled = 0;
  }
}
