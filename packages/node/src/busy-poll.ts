// Busy polling: a thread looks for input instead of sleeping until it comes. When the peer answers at once, as on the
// same machine, it takes longer to put a process to sleep and to wake it than to do all its work (docs/decisions/0026).

import { checkNumber } from "@muxado/core/layers";
import { keepContext } from "./context.ts";

/** The option for busy polling, of `connect`, `createServer` and `attach`. */
export interface BusyPollOptions {
  /**
   * Milliseconds for which this thread keeps looking for input after bytes have come or left, instead of sleeping.
   * Round trips are shorter, but a processor is busy in the meantime. If several sessions have this option, the longest
   * time counts. Infinity: until the session ends. Default: 0.
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
 * Keeps an event loop from sleeping. As long as an immediate is due, the event loop looks for input and does not wait
 * for it.
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

  /** Continues for this many milliseconds from now, or for longer if an earlier call has asked for that. */
  extend(duration: number): void {
    this.#until = Math.max(this.#until, this.#now() + duration);
    if (this.#isOn) return;
    this.#isOn = true;
    this.#setImmediate(this.#turn);
  }

  /** Stops for all sessions. A session that still polls calls `extend` again when bytes come or leave. */
  stop(): void {
    this.#until = -Infinity;
  }

  readonly #turn = (): void => {
    this.#isOn = this.#now() < this.#until;
    if (this.#isOn) this.#setImmediate(this.#turn);
  };
}

/** The immediates of all sessions belong to no session, so they keep the context of none. */
const outside = keepContext();
const later = setImmediate;

/** One for all sessions of this thread, because they share its event loop. The fake clocks of tests do not reach it. */
export const busyPoll: BusyPoll = new BusyPoll(performance.now.bind(performance), (callback) =>
  outside(() => void later(callback), undefined),
);
