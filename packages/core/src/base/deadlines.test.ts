// Items that last a limited time: one timer for all, and soon no timer when no item is left.

import { VirtualClock } from "@muxado/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LONGEST_DELAY } from "./clock.ts";
import { Deadlines } from "./deadlines.ts";

function bench(delay: number): {
  clock: VirtualClock;
  deadlines: Deadlines<string>;
  expired: [item: string, at: number][];
} {
  const clock = new VirtualClock();
  const expired: [string, number][] = [];
  const deadlines = new Deadlines<string>(clock, delay, (item) => {
    expired.push([item, clock.now()]);
  });
  return { clock, deadlines, expired };
}

describe("an item", () => {
  it("expires when its time is over, not before, and once", () => {
    const { clock, deadlines, expired } = bench(1000);
    clock.advance(5);
    deadlines.add("a");
    clock.advance(999);
    expect([expired, deadlines.size]).toEqual([[], 1]);
    clock.advance(1);
    expect([expired, deadlines.size]).toEqual([[["a", 1005]], 0]);
    clock.advance(10_000);
    expect(expired).toHaveLength(1);
  });

  it("that is added again keeps the time that it has", () => {
    const { clock, deadlines, expired } = bench(1000);
    deadlines.add("a");
    clock.advance(900);
    deadlines.add("a");
    clock.advance(100);
    expect(expired).toEqual([["a", 1000]]);
  });

  it("that was deleted has its whole time when it is added again", () => {
    const { clock, deadlines, expired } = bench(1000);
    deadlines.add("a");
    clock.advance(900);
    deadlines.delete("a");
    deadlines.add("a");
    clock.advance(999);
    expect(expired).toEqual([]);
    clock.advance(1);
    expect(expired).toEqual([["a", 1900]]);
  });

  it("may be added, and others deleted, while it expires", () => {
    const clock = new VirtualClock();
    const expired: string[] = [];
    const deadlines: Deadlines<string> = new Deadlines<string>(clock, 10, (item) => {
      expired.push(item);
      if (item === "a") {
        deadlines.delete("b");
        deadlines.add("a");
      }
    });
    for (const item of ["a", "b", "c"]) deadlines.add(item);
    clock.advance(10);
    expect(expired).toEqual(["a", "c"]);
    expect(clock.timers).toHaveLength(1);
    clock.advance(10);
    expect(expired).toEqual(["a", "c", "a"]);
  });

  it("has no time at all with a delay of 0, and never expires with Infinity", () => {
    const none = bench(0);
    none.deadlines.add("a");
    none.clock.advance(0);
    expect(none.expired).toEqual([["a", 0]]);
    const endless = bench(Infinity);
    endless.deadlines.add("a");
    expect(endless.deadlines.size).toBe(1);
    expect(endless.clock.timers).toEqual([]);
  });

  it("may have more time than a timer of the platform's can wait", () => {
    const delay = 3 * LONGEST_DELAY;
    const { clock, deadlines, expired } = bench(delay);
    deadlines.add("a");
    clock.advance(delay - 1);
    expect(expired).toEqual([]);
    clock.advance(1);
    expect(expired).toEqual([["a", delay]]);
  });
});

describe("the timer", () => {
  it("is one for all, set once while they come and go, and gone when it finds none", () => {
    const { clock, deadlines, expired } = bench(1000);
    for (const item of ["a", "b", "c"]) deadlines.add(item);
    expect(clock.timers).toHaveLength(1);
    deadlines.delete("a");
    deadlines.delete("b");
    deadlines.delete("never added");
    expect(clock.timers).toHaveLength(1);
    const [timer] = clock.timers;
    for (let i = 0; i < 10; i++) {
      deadlines.delete("c");
      deadlines.add("c");
    }
    expect(clock.timers).toEqual([timer]);
    deadlines.delete("c");
    clock.advance(1000);
    expect([clock.timers, expired]).toEqual([[], []]);
  });

  it("is gone when all is forgotten", () => {
    const { clock, deadlines, expired } = bench(1000);
    deadlines.add("a");
    deadlines.clear();
    expect([deadlines.size, clock.timers]).toEqual([0, []]);
    clock.advance(5000);
    expect(expired).toEqual([]);
  });

  it("is gone when all is forgotten because one has expired", () => {
    const clock = new VirtualClock();
    const deadlines: Deadlines<string> = new Deadlines<string>(clock, 10, () => deadlines.clear());
    deadlines.add("a");
    deadlines.add("b");
    clock.advance(10);
    expect([deadlines.size, clock.timers]).toEqual([0, []]);
  });
});

it("whatever is added and deleted, each expires exactly when it should, in order", () => {
  const step = fc.record({
    verb: fc.constantFrom("add", "add", "delete"),
    item: fc.constantFrom("a", "b", "c", "d"),
    ms: fc.integer({ min: 0, max: 60 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { clock, deadlines, expired } = bench(100);
      const due = new Map<string, number>();
      const expected: [string, number][] = [];
      const pass = (until: number): void => {
        for (const [item, at] of due) {
          if (at > until) continue;
          due.delete(item);
          expected.push([item, at]);
        }
      };
      for (const { verb, item, ms } of steps) {
        if (verb === "delete") due.delete(item);
        else if (!due.has(item)) due.set(item, clock.now() + 100);
        if (verb === "delete") deadlines.delete(item);
        else deadlines.add(item);
        pass(clock.now() + ms);
        clock.advance(ms);
        expect(deadlines.size).toBe(due.size);
        expect(clock.timers.length).toBeLessThanOrEqual(1);
      }
      expect(expired).toEqual(expected);
    }),
  );
});
