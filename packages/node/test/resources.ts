// A test must end everything that it has started: the same check after each test of a file.

import { tmpdir } from "node:os";
import { mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { beforeEach, expect, onTestFinished, vi } from "vitest";

/** Checks, after all other hooks at the end of a test, that no socket, server or process is left. */
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
  const isHandle = (name: string): boolean => /^(TCP|TLS|Pipe|Process)/.test(name);
  return process.getActiveResourcesInfo().filter(isHandle).sort();
}

/** Returns a path for a Unix socket, in a folder that is removed when the test ends. */
export function socketPath(): string {
  if (process.platform === "win32") return `\\\\?\\pipe\\muxado-${process.pid}-${Math.random()}`;
  const folder = mkdtempSync(path.join(tmpdir(), "muxado-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return path.join(folder, "socket");
}
