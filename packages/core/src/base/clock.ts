// The source of a session's time. A session gets it as an option, so that the same inputs lead to the same bytes, and
// so that a test can set the time. The default is the platform's clock.

/** A timer that has been set. */
export interface Timer {
  /** Cancels the timer. Harmless after it has fired. */
  cancel(): void;
}

/** The longest delay of a platform's timers, in milliseconds. A timer with a longer delay would fire at once. */
export const LONGEST_DELAY: number = 2 ** 31 - 1;

/** A source of time. */
export interface Clock {
  /** Milliseconds since an arbitrary, fixed start. Never goes back. */
  now(): number;
  /** Calls `callback` once, `delay` milliseconds from now. */
  setTimer(callback: () => void, delay: number): Timer;
  /**
   * Calls `callback` once, in a separate task, after input that already waits was handled. Default: a timer of 0
   * milliseconds.
   */
  soon?(callback: () => void): void;
}

/** The platform's clock. Its timers do not keep a process alive, where the platform supports this. */
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

/** Runs `flush` once, after the current turn of the event loop and all its promise continuations. */
export type FlushScheduler = (flush: () => void) => void;

/**
 * The flush scheduler for any runtime. It runs the flush in a separate task, as soon as the platform can start one.
 *
 * An adapter that can run code closer to the end of the turn uses its own scheduler instead.
 */
export const flushInNextTask: FlushScheduler = (flush) => {
  const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown };
  if (setImmediate !== undefined) setImmediate(flush);
  else postTask(flush);
};

const posted: (() => void)[] = [];
let channel: MessageChannel | undefined;

/**
 * Runs `callback` in the next task. Needed in browsers, where nested timers wait for 4 ms. All sessions share one
 * channel.
 */
function postTask(callback: () => void): void {
  if (channel === undefined) {
    channel = new MessageChannel();
    channel.port1.onmessage = () => posted.shift()!();
  }
  posted.push(callback);
  channel.port2.postMessage(undefined);
}
