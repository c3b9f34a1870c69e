// When windows grow, by how much, and how the round trip is estimated.

import { VirtualClock } from "@muxado/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { MemoryBudget } from "../life/memory-budget.ts";
import { CAREFUL_STEP } from "./credit.ts";
import { ReceiveWindow } from "./receive-window.ts";
import { WindowTuning } from "./window-tuning.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

function budgetOf(limit: number): MemoryBudget {
  return new MemoryBudget(
    { limit, window: WINDOW, backlog: 0 },
    () => [],
    () => {},
  );
}

let clock: VirtualClock;
let memory: MemoryBudget;

beforeEach(() => {
  clock = new VirtualClock();
  // A round trip of 0 would not count.
  clock.advance(1);
  memory = budgetOf(Infinity);
});

function tuned(limit = 64 * WINDOW): WindowTuning {
  return new WindowTuning(clock, memory, limit);
}

/** The peer sends `length` bytes, which are read at once. Due credit is granted. Returns the window's growth. */
function pass(tuning: WindowTuning, window: ReceiveWindow, length: number): number {
  expect(window.charge(length)).toBe(true);
  if (tuning.probed === window) tuning.arrived(length);
  window.consume(length);
  if (!window.isDue(CAREFUL_STEP)) return 0;
  const growth = tuning.growthOf(window);
  window.takeIncrement(growth);
  return growth;
}

describe("growth", () => {
  /** A window on which credit was granted just now, and a known round trip. */
  function granted(roundTrip: number | undefined, limit?: number) {
    const tuning = tuned(limit);
    const window = new ReceiveWindow(WINDOW, WINDOW);
    expect(pass(tuning, window, WINDOW / 2)).toBe(0);
    if (roundTrip !== undefined) tuning.measured(roundTrip);
    return { tuning, window };
  }

  it.each([
    ["half a window in less than two round trips", 199, WINDOW],
    ["half a window in two round trips", 200, 0],
    ["half a window in more", 500, 0],
  ])("after %s: %i ms give %i bytes", (_, ms, growth) => {
    const { tuning, window } = granted(100);
    clock.advance(ms);
    expect(pass(tuning, window, WINDOW / 2)).toBe(growth);
  });

  it("a window is judged when half of it was consumed, even if 128 KiB are a small part of it", () => {
    const tuning = tuned();
    const window = new ReceiveWindow(WINDOW, 8 * WINDOW);
    window.takeIncrement(0);
    pass(tuning, window, 128 * KIB);
    tuning.measured(160);
    for (let step = 0; step < 7; step++) {
      // One step alone, fast or slow, shows nothing.
      clock.advance(step === 0 ? 319 : 0);
      const growth = { 1: 8 * WINDOW, 5: 16 * WINDOW }[step] ?? 0;
      expect(pass(tuning, window, 512 * KIB)).toBe(growth);
    }
  });

  it("ends at 512 KiB where the round trip is shorter than a millisecond", () => {
    const { tuning, window } = granted(0.9);
    expect(pass(tuning, window, WINDOW / 2)).toBe(WINDOW);
    for (let step = 0; step < 10; step++) expect(pass(tuning, window, WINDOW / 2)).toBe(0);
    const further = granted(1);
    for (let step = 0; step < 10; step++) pass(further.tuning, further.window, WINDOW / 2);
    expect(further.window.target).toBeGreaterThan(2 * WINDOW);
  });

  it("does not come before a round trip is known, nor with the first credit", () => {
    const { tuning, window } = granted(undefined);
    expect(pass(tuning, window, WINDOW / 2)).toBe(0);
    const known = tuned();
    known.measured(100);
    expect(pass(known, new ReceiveWindow(WINDOW, WINDOW), WINDOW / 2)).toBe(0);
  });

  it("ends at the limit, exactly", () => {
    const { tuning, window } = granted(100, 2.5 * WINDOW);
    expect(pass(tuning, window, WINDOW / 2)).toBe(WINDOW);
    expect(pass(tuning, window, WINDOW)).toBe(WINDOW / 2);
    expect(pass(tuning, window, 2 * WINDOW)).toBe(0);
    expect(window.target).toBe(2.5 * WINDOW);
  });

  it("is none for a window that is at the limit or above, which is not probed either", () => {
    const tuning = tuned(WINDOW);
    const window = new ReceiveWindow(WINDOW, WINDOW);
    for (let times = 0; times < 3; times++) pass(tuning, window, WINDOW / 2);
    expect([window.target, tuning.probed]).toEqual([WINDOW, undefined]);
  });

  it("is none when the application reads nothing: no credit falls due", () => {
    const { tuning, window } = granted(100);
    window.charge(window.remaining);
    expect(window.isDue(CAREFUL_STEP)).toBe(false);
    expect(tuning.probed).toBe(window);
  });

  it("the growth of a window is limited by the rest of the budget", () => {
    memory = budgetOf(2 * WINDOW);
    const { tuning, window } = granted(100);
    expect(pass(tuning, window, WINDOW / 2)).toBe(WINDOW / 2);
    expect(pass(tuning, window, WINDOW / 2)).toBe(0);
  });

  it("is shared with the other windows that credit has been granted on", () => {
    memory = budgetOf(16 * WINDOW);
    const { tuning, window } = granted(100);
    const others = Array.from({ length: 3 }, () => new ReceiveWindow(WINDOW, WINDOW));
    for (const other of others) pass(tuning, other, WINDOW / 2);
    expect(pass(tuning, window, WINDOW / 2)).toBe(WINDOW);
    expect(pass(tuning, window, WINDOW / 2)).toBe(0);
    expect(pass(tuning, others[0]!, WINDOW / 2)).toBe(WINDOW);
    for (const other of others) tuning.forget(other);
    expect(pass(tuning, window, WINDOW / 2)).toBe(2 * WINDOW);
  });

  it("is given back when the window is gone, once", () => {
    memory = budgetOf(8 * WINDOW);
    const { tuning, window } = granted(100);
    expect(pass(tuning, window, WINDOW / 2)).toBe(WINDOW);
    for (const gone of [window, window, new ReceiveWindow(WINDOW, WINDOW)]) tuning.forget(gone);
    expect(memory.takeGrowth(Infinity, 0, 1)).toBe(2 * WINDOW);
  });
});

describe("the round trip", () => {
  it("is the time from a grant until the first byte that needed it", () => {
    const tuning = tuned();
    const window = new ReceiveWindow(WINDOW, WINDOW);
    pass(tuning, window, WINDOW / 2);
    clock.advance(70);
    pass(tuning, window, WINDOW / 2);
    expect(tuning.roundTrip).toBeUndefined();
    clock.advance(10);
    pass(tuning, window, 1);
    expect(tuning.roundTrip).toBe(80);
    expect(tuning.probed).toBeUndefined();
  });

  it("is measured on one window at a time", () => {
    const tuning = tuned();
    const [first, second] = [new ReceiveWindow(WINDOW, WINDOW), new ReceiveWindow(WINDOW, WINDOW)];
    pass(tuning, first, WINDOW / 2);
    clock.advance(50);
    pass(tuning, second, WINDOW / 2);
    expect(tuning.probed).toBe(first);
    clock.advance(50);
    pass(tuning, second, WINDOW / 2);
    pass(tuning, second, 1);
    expect(tuning.roundTrip).toBeUndefined();
    pass(tuning, first, WINDOW / 2);
    pass(tuning, first, 1);
    expect(tuning.roundTrip).toBe(100);
  });

  it("a sender that had credit left gives no round trip, because its frame uses old and new credit", () => {
    const tuning = tuned();
    const window = new ReceiveWindow(WINDOW, WINDOW);
    pass(tuning, window, WINDOW / 2);
    clock.advance(70);
    pass(tuning, window, WINDOW / 2 - 1024);
    pass(tuning, window, 1025);
    expect(tuning.roundTrip).toBeUndefined();
  });

  it("is told by one that has left less than a frame is worth", () => {
    const tuning = tuned();
    const window = new ReceiveWindow(WINDOW, WINDOW);
    pass(tuning, window, WINDOW / 2);
    clock.advance(70);
    pass(tuning, window, WINDOW / 2 - 1023);
    clock.advance(30);
    pass(tuning, window, 2000);
    expect(tuning.roundTrip).toBe(100);
  });

  it("is not told by a sender that had nothing to send for 10 seconds", () => {
    const tuning = tuned();
    const window = new ReceiveWindow(WINDOW, WINDOW);
    pass(tuning, window, WINDOW / 2);
    window.charge(WINDOW / 2);
    tuning.arrived(WINDOW / 2);
    clock.advance(10_000);
    window.charge(1);
    tuning.arrived(1);
    expect(tuning.roundTrip).toBeUndefined();
    expect(tuning.probed).toBeUndefined();
  });

  it("is measured on another after 10 seconds without a result", () => {
    const tuning = tuned();
    const [first, second] = [new ReceiveWindow(WINDOW, WINDOW), new ReceiveWindow(WINDOW, WINDOW)];
    pass(tuning, first, WINDOW / 2);
    clock.advance(9_999);
    pass(tuning, second, WINDOW / 2);
    expect(tuning.probed).toBe(first);
    clock.advance(1);
    pass(tuning, second, WINDOW / 2);
    expect(tuning.probed).toBe(second);
  });

  it("is not waited for on a window that is gone", () => {
    const tuning = tuned();
    const [first, second] = [new ReceiveWindow(WINDOW, WINDOW), new ReceiveWindow(WINDOW, WINDOW)];
    pass(tuning, first, WINDOW / 2);
    tuning.forget(second);
    expect(tuning.probed).toBe(first);
    tuning.forget(first);
    expect(tuning.probed).toBeUndefined();
    pass(tuning, second, WINDOW / 2);
    expect(tuning.probed).toBe(second);
  });

  it("is the shortest of at least 60 seconds, and at most 120", () => {
    const tuning = tuned();
    tuning.measured(100);
    clock.advance(119_999);
    tuning.measured(200);
    expect(tuning.roundTrip).toBe(100);
    clock.advance(1);
    expect(tuning.roundTrip).toBe(200);
    tuning.measured(50);
    expect(tuning.roundTrip).toBe(50);
  });

  it("is forgotten when nothing confirms it", () => {
    const tuning = tuned();
    tuning.measured(100);
    clock.advance(120_000);
    expect(tuning.roundTrip).toBeUndefined();
    tuning.measured(300);
    clock.advance(1_000_000);
    expect(tuning.roundTrip).toBeUndefined();
  });

  it("is never none: a clock that is too coarse to see it says nothing", () => {
    const tuning = tuned();
    const window = new ReceiveWindow(WINDOW, WINDOW);
    pass(tuning, window, WINDOW / 2);
    pass(tuning, window, WINDOW / 2);
    pass(tuning, window, 1);
    expect(tuning.roundTrip).toBeUndefined();
  });

  it("is believed for another 60 seconds when it is measured again", () => {
    const tuning = tuned();
    tuning.measured(100);
    clock.advance(40_000);
    tuning.measured(100);
    clock.advance(40_000);
    tuning.measured(200);
    expect(tuning.roundTrip).toBe(100);
  });
});

describe("a peer that does not clamp its credit", () => {
  /** Grants `growth` bytes beyond the `owed` ones, when `unused` bytes of credit are left. Returns what that shows. */
  function shows(tuning: WindowTuning, window: ReceiveWindow, unused: number): boolean {
    window.charge(window.remaining - unused);
    window.consume(window.target - window.remaining - window.owed);
    return tuning.keepsAll(window, window.takeIncrement(tuning.growthOf(window)));
  }

  it("is known when it uses credit that a peer which clamps at 256 KiB has lost", () => {
    const tuning = tuned();
    const window = new ReceiveWindow(WINDOW, WINDOW);
    expect(shows(tuning, window, WINDOW / 2)).toBe(false);
    tuning.measured(100);
    // This increment has 384 KiB. A peer that clamps loses at least 128 KiB of it.
    expect(shows(tuning, window, WINDOW / 2)).toBe(false);
    expect(window.target).toBe(2 * WINDOW);
    expect(shows(tuning, window, WINDOW / 2)).toBe(false);
    expect(shows(tuning, window, WINDOW / 2 - 1)).toBe(true);
  });

  it("is not known while no increment has had more than 256 KiB", () => {
    const tuning = tuned(WINDOW);
    const window = new ReceiveWindow(WINDOW, WINDOW);
    for (let times = 0; times < 5; times++) expect(shows(tuning, window, 0)).toBe(false);
  });
});
