// Runs before each file of tests. `vi.waitFor` waits for a second unless it is told otherwise, and has no setting for
// that as `expect.poll` has: so it is told here.

import { vi } from "vitest";
import { LOOK, WAIT } from "./time-limits.mjs";

const waitFor = vi.waitFor;
vi.waitFor = (callback, options) =>
  waitFor(callback, {
    timeout: WAIT,
    interval: LOOK,
    ...(typeof options === "number" ? { timeout: options } : options),
  });
