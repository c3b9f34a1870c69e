// The time that a simulated link keeps: the virtual clock's, or the platform's for sessions that run freely.

import { flushInNextTask, systemClock, type Timer } from "@muxado/core";

/** What a link needs of a clock. */
export interface LinkClock {
  /** Milliseconds from an arbitrary, fixed start. */
  now(): number;
  /** Calls `callback` once, `delay` milliseconds from now, and in the order of the calls if that is the same. */
  setDelivery(callback: () => void, delay: number): Timer;
}

/** The platform's time; what takes no time arrives in a task of its own. */
export const liveClock: LinkClock = {
  now: () => systemClock.now(),
  setDelivery(callback, delay) {
    if (delay > 0) return systemClock.setTimer(callback, delay);
    let cancelled = false;
    flushInNextTask(() => {
      if (!cancelled) callback();
    });
    return { cancel: () => void (cancelled = true) };
  },
};
