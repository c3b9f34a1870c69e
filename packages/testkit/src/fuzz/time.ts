// The time of one case. It passes when the case wants it, and the effects of timers are checked.

import { VirtualClock } from "../virtual-clock.ts";
import type { Faults } from "./faults.ts";

/** Timers that may fire in one step of time. */
const MOST_AT_ONCE = 5000;

/** Moves the clock of a case. */
export class Time {
  readonly clock: VirtualClock = new VirtualClock();
  readonly #faults: Faults;
  readonly #log: ((line: string) => void) | undefined;

  constructor(faults: Faults, log: ((line: string) => void) | undefined) {
    this.#faults = faults;
    this.#log = log;
  }

  /** True if something is due now. If many streams end at once, watchers are told in several tasks. */
  get hasMore(): boolean {
    return (this.clock.nextDue ?? Infinity) <= this.clock.now();
  }

  /** Lets `ms` milliseconds pass, and runs everything that is due in them. */
  pass(ms: number): void {
    this.#log?.(`${ms} ms pass`);
    const end = this.clock.now() + ms;
    for (let most = MOST_AT_ONCE; (this.clock.nextDue ?? Infinity) <= end; most--) {
      if (most === 0) return this.#faults.add("timers are set without end", `within ${ms} ms`);
      this.runNext();
    }
    this.clock.advance(Math.max(0, end - this.clock.now()));
  }

  /** Runs the next thing that is due. Returns false if there is none. */
  runNext(): boolean {
    let hasRun = false;
    this.#faults.guard("timer", () => {
      hasRun = true;
      hasRun = this.clock.runNext();
    });
    if (hasRun) this.#log?.(`timer at ${this.clock.now()} ms`);
    return hasRun;
  }

  /** No timer may be left, except timers that are due now. `when` belongs to the kind of the fault. */
  checkQuiet(when: string): void {
    for (let most = 2 * MOST_AT_ONCE; most > 0 && this.hasMore; most--) this.runNext();
    const { timers } = this.clock;
    if (timers.length > 0) {
      const due = timers.map((timer) => timer.due).join();
      this.#faults.add(`${when}: a timer is left`, `due ${due}, now ${this.clock.now()}`);
    }
    // Its effects must do no harm either.
    for (let most = 100; most > 0 && this.runNext(); most--);
  }
}
