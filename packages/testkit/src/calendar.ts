// The calendar, for tests whose time is virtual. Heartbeats and keep-alives look at it besides their clock, because a
// machine that sleeps may stop a clock; and one that is busy would be taken for one that sleeps.

import { afterEach, beforeEach, vi } from "vitest";

/** In each test of the file or group the calendar stands still, but for `vi.setSystemTime`. */
export function stopCalendar(): void {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
  afterEach(() => void vi.useRealTimers());
}
