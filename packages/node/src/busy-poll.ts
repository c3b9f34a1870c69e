// Looking for input instead of sleeping until it comes. Where the peer answers at once, as on the same machine, putting
// a process to sleep and waking it takes longer than all that it does in between (docs/decisions/0026).

import { checkNumber } from "@muxado/core/layers";
import { keepContext } from "./context.ts";

/** An option of `connect`, `createServer` and `attach`. */
export interface BusyPollOptions {
  /**
   * Milliseconds for which this thread goes on looking for input when something has come or left, instead of
   * sleeping: round trips are shorter, and a processor is busy meanwhile. Of several sessions, the longest counts.
   * Infinity: until the session ends. Default: 0.
   */
  readonly busyPoll?: number | undefined;
}

/** The option, or its default. @throws {RangeError} if it is out of range. */
export function checkBusyPoll({ busyPoll = 0 }: BusyPollOptions): number {
  return checkNumber("busyPoll", busyPoll, 0, Infinity);
}

/** Keeps an event loop from sleeping: as long as an immediate is due, it looks for input and does not wait for it. */
export class BusyPoll {
  #until = -Infinity;
  #isOn = false;
  readonly #now: () => number;
  readonly #setImmediate: (callback: () => void) => unknown;

  /** @param now the time, in milliseconds. */
  constructor(now: () => number, setImmediate: (callback: () => void) => unknown) {
    this.#now = now;
    this.#setImmediate = setImmediate;
  }

  /** Whether an immediate is due. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** Goes on for so many milliseconds from now, or for longer if that was asked before. */
  extend(duration: number): void {
    this.#until = Math.max(this.#until, this.#now() + duration);
    if (this.#isOn) return;
    this.#isOn = true;
    this.#setImmediate(this.#turn);
  }

  /** Stops, for all: whoever still wants it says so again with the next sign of life. */
  stop(): void {
    this.#until = -Infinity;
  }

  readonly #turn = (): void => {
    this.#isOn = this.#now() < this.#until;
    if (this.#isOn) this.#setImmediate(this.#turn);
  };
}

/** The immediates of all sessions belong to none of them, and so keep nobody's context. */
const outside = keepContext();
const later = setImmediate;

/** One for all sessions of this thread, since they share its event loop. Out of reach of clocks that tests set up. */
export const busyPoll: BusyPoll = new BusyPoll(performance.now.bind(performance), (callback) =>
  outside(() => void later(callback), undefined),
);
