// What a test has started it must have ended: the same check after each test of a file.

import { beforeEach, expect, onTestFinished, vi } from "vitest";

/** Checks, after everything a test has asked for at its end, that no socket and no server is left. */
export function leaveNothingOpen(): void {
  beforeEach(() => {
    const before = openHandles();
    // What is registered first runs last.
    onTestFinished(async () => {
      await vi.waitFor(() => expect(openHandles()).toEqual(before));
    });
  });
}

function openHandles(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((name) => name.startsWith("TCP"))
    .sort();
}
