// The time of one case: it passes when the case says so, and whatever timers do is watched.

import { VirtualClock } from "../virtual-clock.ts";
import type { Faults } from "./faults.ts";

/** Timers that may fire while time passes once. */
const MOST_AT_ONCE = 5000;

/** Turns the clock of a case. */
export class Time {
  readonly clock: VirtualClock = new VirtualClock();
  readonly #faults: Faults;
  readonly #log: ((line: string) => void) | undefined;

  constructor(faults: Faults, log: ((line: string) => void) | undefined) {
    this.#faults = faults;
    this.#log = log;
  }

  /** Something is due at this very moment. Of many streams that end at once, watchers are told in several tasks. */
  get hasMore(): boolean {
    return (this.clock.nextDue ?? Infinity) <= this.clock.now();
  }

  /** Some milliseconds pass, and what falls due on the way happens. */
  pass(ms: number): void {
    this.#log?.(`${ms} ms pass`);
    const end = this.clock.now() + ms;
    for (let most = MOST_AT_ONCE; (this.clock.nextDue ?? Infinity) <= end; most--) {
      if (most === 0) return this.#faults.add("timers are set without end", `within ${ms} ms`);
      this.runNext();
    }
    this.clock.advance(Math.max(0, end - this.clock.now()));
  }

  /** The next thing that is due happens. False if there is none. */
  runNext(): boolean {
    let hasRun = false;
    this.#faults.guard("timer", () => {
      hasRun = true;
      hasRun = this.clock.runNext();
    });
    if (hasRun) this.#log?.(`timer at ${this.clock.now()} ms`);
    return hasRun;
  }

  /** No timer may be left, but for those of this moment. `when` belongs to the kind of the fault. */
  checkQuiet(when: string): void {
    for (let most = 2 * MOST_AT_ONCE; most > 0 && this.hasMore; most--) this.runNext();
    const { timers } = this.clock;
    if (timers.length > 0) {
      const due = timers.map((timer) => timer.due).join();
      this.#faults.add(`${when}: a timer is left`, `due ${due}, now ${this.clock.now()}`);
    }
    // What it does must do no harm either.
    for (let most = 100; most > 0 && this.runNext(); most--);
  }
}
