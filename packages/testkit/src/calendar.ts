// The calendar, for tests whose time is virtual. Heartbeats and keep-alives look at it in addition to their clock,
// because a machine that sleeps may stop its clock. A busy machine would look like a machine that sleeps.

import { afterEach, beforeEach, vi } from "vitest";

/** Stops the calendar in each test of the file or group, except for `vi.setSystemTime`. */
export function stopCalendar(): void {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
  afterEach(() => void vi.useRealTimers());
}
