// Busy polling: a thread looks for input again and again instead of sleeping until input arrives. If the peer answers
// at once, as on the same machine, the system needs more time to put the process to sleep and to wake it than the
// process needs for all its work (docs/decisions/0026).

import { checkNumber } from "@muxado/core/layers";
import { keepContext } from "./context.ts";

/** The option of `connect`, `createServer` and `attach` for busy polling. */
export interface BusyPollOptions {
  /**
   * Milliseconds for which this thread looks for input, instead of sleeping, after bytes have arrived or left. This
   * makes round trips shorter, but keeps a processor busy. If several sessions have this option, the longest time
   * counts. Infinity: until the session ends. Default: 0.
   */
  readonly busyPoll?: number | undefined;
}

/**
 * Returns the option, or its default.
 * @throws {RangeError} if it is out of range.
 */
export function checkBusyPoll({ busyPoll = 0 }: BusyPollOptions): number {
  return checkNumber("busyPoll", busyPoll, 0, Infinity);
}

/**
 * Keeps an event loop from sleeping: it always has an immediate due. The event loop then looks for input, but does not
 * wait for it.
 */
export class BusyPoll {
  #until = -Infinity;
  #isOn = false;
  readonly #now: () => number;
  readonly #setImmediate: (callback: () => void) => unknown;

  /** @param now returns the time, in milliseconds. */
  constructor(now: () => number, setImmediate: (callback: () => void) => unknown) {
    this.#now = now;
    this.#setImmediate = setImmediate;
  }

  /** Whether an immediate is due. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /**
   * Keeps the event loop from sleeping for `duration` milliseconds from now, or for longer if an earlier call has asked
   * for that.
   */
  extend(duration: number): void {
    this.#until = Math.max(this.#until, this.#now() + duration);
    if (this.#isOn) return;
    this.#isOn = true;
    this.#setImmediate(this.#turn);
  }

  /** Stops for all sessions. A session that still polls calls `extend` again when bytes arrive or leave. */
  stop(): void {
    this.#until = -Infinity;
  }

  readonly #turn = (): void => {
    this.#isOn = this.#now() < this.#until;
    if (this.#isOn) this.#setImmediate(this.#turn);
  };
}

/** The immediates serve all sessions, so they must not run in the context of one session. */
const outside = keepContext();
const later = setImmediate;

/**
 * One object for all sessions of this thread, because they share its event loop. It keeps the real clock even if a test
 * installs a fake one.
 */
export const busyPoll: BusyPoll = new BusyPoll(performance.now.bind(performance), (callback) =>
  outside(() => void later(callback), undefined),
);
