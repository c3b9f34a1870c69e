// Time, as a session sees it: given from outside, so that the same inputs give the same bytes and a test
// can turn the hands itself. The default is the platform's own clock.

/** A timer that has been set. */
export interface Timer {
  /** Forgets the timer; harmless once it has fired. */
  cancel(): void;
}

/** The longest that a platform's timers can wait, in milliseconds; more would fire at once. */
export const LONGEST_DELAY: number = 2 ** 31 - 1;

/** A source of time. */
export interface Clock {
  /** Milliseconds from an arbitrary, fixed start; never goes back. */
  now(): number;
  /** Calls `callback` once, `delay` milliseconds from now. */
  setTimer(callback: () => void, delay: number): Timer;
  /** Calls `callback` once, in a task of its own, as soon as input had its turn. Default: a timer of 0 milliseconds. */
  soon?(callback: () => void): void;
}

/** The platform's clock. Its timers do not keep a process alive where the platform can say so. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer(callback, delay) {
    const handle = setTimeout(callback, delay);
    // Node, Bun and Deno return an object; a browser returns a number.
    if (typeof handle === "object") (handle as { unref?: () => void }).unref?.();
    return { cancel: () => clearTimeout(handle) };
  },
  soon: (callback) => flushInNextTask(callback),
};

/** Runs `flush` once, when the current turn of the event loop and all its promise continuations are through. */
export type FlushScheduler = (flush: () => void) => void;

/**
 * The flush scheduler for any runtime: a task of its own, as the platform starts one soonest.
 *
 * An adapter that knows a moment nearer to the end of the turn passes that instead.
 */
export const flushInNextTask: FlushScheduler = (flush) => {
  const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown };
  if (setImmediate !== undefined) setImmediate(flush);
  else postTask(flush);
};

const posted: (() => void)[] = [];
let channel: MessageChannel | undefined;

/** For browsers, where a timer would wait for 4 ms once timers are nested. One channel serves all sessions. */
function postTask(callback: () => void): void {
  if (channel === undefined) {
    channel = new MessageChannel();
    channel.port1.onmessage = () => posted.shift()!();
  }
  posted.push(callback);
  channel.port2.postMessage(undefined);
}
