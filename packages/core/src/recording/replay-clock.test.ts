// Timers of a replay fire in the order of their times, each in its own turn.

import { describe, expect, it } from "vitest";
import { ReplayClock } from "./replay-clock.ts";

function started(): { clock: ReplayClock; told: string[]; settle: () => Promise<void> } {
  const clock = new ReplayClock(100);
  const told: string[] = [];
  return { clock, told, settle: async () => void told.push("settled") };
}

describe("the clock of a replay", () => {
  it("begins when the recorded session did, and moves when it is told", async () => {
    const { clock, settle } = started();
    expect(clock.now()).toBe(100);
    await clock.advance(100.25, settle);
    expect(clock.now()).toBe(100.25);
    await clock.advance(90, settle);
    expect(clock.now()).toBe(100.25);
  });

  it("advance fires the due timers in order, those of the same time in the order of their setting, and settles after each", async () => {
    const { clock, told, settle } = started();
    const set = (name: string, delay: number): void => {
      clock.setTimer(() => told.push(`${name} at ${clock.now()}`), delay);
    };
    set("late", 30);
    set("one", 20);
    set("other", 20);
    set("early", 10);
    await clock.advance(129, settle);
    expect(told).toEqual([
      "early at 110",
      "settled",
      "one at 120",
      "settled",
      "other at 120",
      "settled",
    ]);
    await clock.advance(130, settle);
    expect(told.slice(6)).toEqual(["late at 130", "settled"]);
  });

  it("advance also fires timers that were set on the way, and forgets timers that were cancelled on the way", async () => {
    const { clock, told, settle } = started();
    const cancelled = clock.setTimer(() => told.push("cancelled"), 20);
    clock.setTimer(() => {
      cancelled.cancel();
      clock.setTimer(() => told.push(`set at 110, fired at ${clock.now()}`), 5);
    }, 10);
    await clock.advance(200, settle);
    expect(told).toEqual(["settled", "set at 110, fired at 115", "settled"]);
    cancelled.cancel();
  });
});
