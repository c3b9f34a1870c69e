// How many bytes are given to the transport before it has taken earlier ones. A fast transport gets more at a time,
// since each write has a price. A slow one gets less, since bytes that it has are ahead of everything that becomes
// urgent later.

import type { Clock } from "../base/clock.ts";

/** The largest budget, in bytes. Longer writes were no faster over loopback (docs/decisions/0039). */
const MOST = 1024 * 1024;

/** A write that takes fewer milliseconds than this may be longer the next time. */
const FAST = 1;

/** After a write that takes more milliseconds than this, the budget is the smallest again. */
const SLOW = 4;

/** The budget of one session. */
export class TransportBudget {
  /** The budget now, in bytes. */
  bytes: number;
  readonly #clock: Clock;
  readonly #least: number;
  readonly #most: number;
  /** When the write under way began; undefined if it is shorter than the budget, and so says nothing about it. */
  #since: number | undefined;

  /**
   * @param least the smallest budget, in bytes.
   * @param isFixed whether the budget never grows.
   */
  constructor(clock: Clock, least: number, isFixed: boolean) {
    this.#clock = clock;
    this.#least = least;
    this.#most = isFixed ? least : Math.max(least, MOST);
    this.bytes = least;
  }

  /** The transport is given a write of `length` bytes. */
  began(length: number): void {
    const isTelling = length >= this.bytes && this.#least < this.#most;
    this.#since = isTelling ? this.#clock.now() : undefined;
  }

  /** The transport has confirmed the write. */
  confirmed(): void {
    if (this.#since === undefined) return;
    const time = this.#clock.now() - this.#since;
    if (time > SLOW) this.bytes = this.#least;
    else if (time < FAST) this.bytes = Math.min(this.bytes * 2, this.#most);
  }
}
