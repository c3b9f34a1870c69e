// What a test has started it must have ended: the same check after each test of a file.

import { tmpdir } from "node:os";
import { mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { beforeEach, expect, onTestFinished, vi } from "vitest";

/** Checks, after everything a test has asked for at its end, that no socket, server or process is left. */
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
  const isHandle = (name: string): boolean => /^(TCP|TLS|Pipe|Process)/.test(name);
  return process.getActiveResourcesInfo().filter(isHandle).sort();
}

/** A path for a Unix socket, in a folder that is removed when the test ends. */
export function socketPath(): string {
  if (process.platform === "win32") return `\\\\?\\pipe\\muxado-${process.pid}-${Math.random()}`;
  const folder = mkdtempSync(path.join(tmpdir(), "muxado-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return path.join(folder, "socket");
}
