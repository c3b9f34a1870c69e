// The time of libp2p's suite, whose pauses and deadlines of 10 ms to 1 s judge the machine. Nothing in it waits for
// anything but this process: so its time moves on when the process has nothing else to do, and never otherwise.

import { afterEach, beforeEach, vi } from "vitest";

/** Turns of the event loop in which whatever has begun gets to where it waits for time to pass. */
const TURNS = 50;

/** Has timers and signals of every test fire in virtual time. */
export function useIdleTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    vi.spyOn(AbortSignal, "timeout").mockImplementation(abortLater);
    const running = new AbortController();
    void moveOn(running.signal);
    stop = () => running.abort();
  });
  afterEach(() => {
    stop();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });
}

let stop: () => void;

async function moveOn(signal: AbortSignal): Promise<void> {
  for (;;) {
    for (let turn = 0; turn < TURNS; turn++) await new Promise((next) => setImmediate(next));
    if (signal.aborted) return;
    vi.advanceTimersToNextTimer();
  }
}

function abortLater(milliseconds: number): AbortSignal {
  const controller = new AbortController();
  const reason = new DOMException("The operation was aborted due to timeout", "TimeoutError");
  setTimeout(() => controller.abort(reason), milliseconds);
  return controller.signal;
}
