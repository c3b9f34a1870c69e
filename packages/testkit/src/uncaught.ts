// What application code throws out of a callback surfaces as an uncaught exception, which would end the test run.

import { vi } from "vitest";

/** What callbacks throw while `run` runs. */
export async function uncaughtIn(run: () => unknown): Promise<unknown[]> {
  const thrown: unknown[] = [];
  vi.stubGlobal("queueMicrotask", (task: () => void) => {
    try {
      task();
    } catch (error) {
      thrown.push(error);
    }
  });
  try {
    await run();
  } finally {
    vi.unstubAllGlobals();
  }
  return thrown;
}
