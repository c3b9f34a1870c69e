// The time of a simulated link: that of the virtual clock, or that of the platform for sessions that run freely.

import { flushInNextTask, systemClock, type Timer } from "@muxado/core";

/** The part of a clock that a link needs. */
export interface LinkClock {
  /** Milliseconds from an arbitrary, fixed start. */
  now(): number;
  /** Calls `callback` once, `delay` milliseconds from now. For equal times, the order is that of the calls. */
  setDelivery(callback: () => void, delay: number): Timer;
}

/** The platform's time. Bytes without a travel time arrive in a separate task. */
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
