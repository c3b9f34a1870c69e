// A test must end everything that it has started: the same check after each test of a file.

import { beforeEach, expect, onTestFinished, vi } from "vitest";

/** Checks, after all other hooks at the end of a test, that no socket and no server is left. */
export function leaveNothingOpen(): void {
  beforeEach(() => {
    const before = openHandles();
    // Vitest runs the hook last that was registered first.
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
