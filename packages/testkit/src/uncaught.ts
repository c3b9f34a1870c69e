// An error that application code throws out of a callback becomes an uncaught exception, which would end the test run.

import { vi } from "vitest";

/** Resolves with the errors that callbacks throw while `run` runs. */
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
