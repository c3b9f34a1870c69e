// Runs before each test file. By default, `vi.waitFor` waits for one second. Unlike `expect.poll`, it has no setting
// for that in vitest's configuration, so this file sets it.

import { vi } from "vitest";
import { LOOK, WAIT } from "./time-limits.mjs";

const waitFor = vi.waitFor;
vi.waitFor = (callback, options) =>
  waitFor(callback, {
    timeout: WAIT,
    interval: LOOK,
    ...(typeof options === "number" ? { timeout: options } : options),
  });
