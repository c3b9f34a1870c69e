// Virtual time for libp2p's suite: its pauses and deadlines of 10 ms to 1 s would measure the machine. The suite waits
// only for this process. So its time moves on only when the process has nothing else to do.

import { afterEach, beforeEach, vi } from "vitest";

/** Turns of the event loop that all pending work needs until it waits for time to pass. */
const TURNS = 50;

/** Makes the timers and signals of every test fire in virtual time. */
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
