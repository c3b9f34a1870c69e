// What a session's memory may be, what of it windows get, and who pays when it runs out.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryBudget } from "./memory-budget.ts";
import type { Stream } from "./stream.ts";

/** Streams that hold so much unread, and so much that their peer gives no credit for. */
function holding(...held: (number | [unread: number, stalled: number])[]): Stream[] {
  return held.map((each) => {
    const [memory, stalled] = typeof each === "number" ? [each, 0] : each;
    return { receiving: { memory, charge: memory }, sending: { stalled } } as unknown as Stream;
  });
}

/** A budget with all of it counted, besides so much output that waits for the transport. */
function budgetOf(limit: number, streams: readonly Stream[], waiting = 0): MemoryBudget {
  const budget = new MemoryBudget({ limit, window: 1, backlog: 0 });
  for (const { receiving, sending } of streams) {
    budget.unread += receiving.memory;
    budget.stalled += sending.stalled;
  }
  budget.unsent = budget.stalled + waiting;
  return budget;
}

/** Who pays, by their index. Their memory is free again afterwards, as when a stream is reset. */
function relieved(budget: MemoryBudget, streams: readonly Stream[]): number[] {
  const paid: number[] = [];
  budget.relieve(streams, (stream) => {
    paid.push(streams.indexOf(stream));
    budget.unread -= stream.receiving.memory;
    budget.stalled -= stream.sending.stalled;
  });
  return paid;
}

describe("the limit", () => {
  it("is exceeded by one byte more, of either kind", () => {
    const budget = new MemoryBudget({ limit: 100, window: 1, backlog: 0 });
    budget.unread = 60;
    budget.stalled = 40;
    expect(budget.exceeded).toBe(false);
    budget.stalled++;
    expect(budget.exceeded).toBe(true);
  });

  it("may be endless: then nothing exceeds it, and windows get all they want", () => {
    const budget = new MemoryBudget({ limit: Infinity, window: 1, backlog: 0 });
    budget.unread = Number.MAX_SAFE_INTEGER;
    expect(budget.exceeded).toBe(false);
    expect(budget.takeGrowth(1000, 0, 7)).toBe(1000);
  });
});

describe("growth", () => {
  it("is what was wanted, of a quarter of the limit", () => {
    const budget = new MemoryBudget({ limit: 2000, window: 1, backlog: 0 });
    expect(budget.takeGrowth(100, 0, 1)).toBe(100);
    expect(budget.takeGrowth(300, 100, 1)).toBe(300);
    expect(budget.takeGrowth(400, 400, 1)).toBe(100);
    expect(budget.takeGrowth(400, 500, 1)).toBe(0);
  });

  it("of one window is its share at the most", () => {
    const budget = new MemoryBudget({ limit: 2000, window: 1, backlog: 0 });
    expect(budget.takeGrowth(400, 0, 4)).toBe(125);
    expect(budget.takeGrowth(400, 125, 4)).toBe(0);
    expect(budget.takeGrowth(400, 125, 2)).toBe(125);
  });

  it("counts what is in use as gone, and is never less than nothing", () => {
    const budget = new MemoryBudget({ limit: 2000, window: 1, backlog: 0 });
    budget.unread = 1300;
    budget.unsent = 500;
    expect(budget.takeGrowth(400, 0, 1)).toBe(200);
    budget.unsent = 5000;
    expect(budget.takeGrowth(400, 200, 1)).toBe(0);
  });

  it("that was given back may be had again", () => {
    const budget = new MemoryBudget({ limit: 2000, window: 1, backlog: 0 });
    const growth = budget.takeGrowth(500, 0, 1);
    expect(budget.takeGrowth(500, 0, 1)).toBe(0);
    budget.giveBack(growth);
    expect(budget.takeGrowth(500, 0, 1)).toBe(500);
  });

  it("of any number of windows stays within a quarter of the limit", () => {
    const wishes = fc.array(fc.tuple(fc.nat({ max: 5000 }), fc.integer({ min: 1, max: 9 })));
    fc.assert(
      fc.property(fc.nat({ max: 10_000 }), wishes, (limit, wanted) => {
        const budget = new MemoryBudget({ limit, window: 1, backlog: 0 });
        const sum = wanted.reduce(
          (all, [each, sharers]) => all + budget.takeGrowth(each, 0, sharers),
          0,
        );
        expect(sum).toBeLessThanOrEqual(limit / 4);
      }),
    );
  });
});

describe("relief", () => {
  it("is not needed at the limit", () => {
    const streams = holding(400, 600);
    expect(relieved(budgetOf(1000, streams), streams)).toEqual([]);
  });

  it("comes from the largest, until an eighth of the limit is free", () => {
    const streams = holding(101, 300, 500, 100);
    expect(relieved(budgetOf(1000, streams), streams)).toEqual([2]);
    const others = holding(126, 125, 750);
    expect(relieved(budgetOf(1000, others), others)).toEqual([2]);
    const equal = holding(...Array.from({ length: 11 }, () => 91));
    expect(relieved(budgetOf(1000, equal), equal)).toHaveLength(2);
  });

  it("counts what is unread and what has no credit together", () => {
    const streams = holding([300, 0], [200, 200], [0, 301]);
    expect(relieved(budgetOf(1000, streams), streams)).toEqual([1]);
  });

  it("is paid by nobody for output that only waits for the transport", () => {
    const streams = holding(400, 600);
    expect(relieved(budgetOf(1000, streams, 5000), streams)).toEqual([]);
    const more = holding(401, 600);
    expect(relieved(budgetOf(1000, more, 5000), more)).toEqual([1]);
  });

  it("ends when one who pays takes all the others along, as the end of a session does", () => {
    const streams = holding(600, 500, 400);
    const budget = budgetOf(1000, streams);
    const paid: Stream[] = [];
    budget.relieve(streams, (stream) => {
      paid.push(stream);
      budget.unread = 0;
    });
    expect(paid).toEqual([streams[0]]);
  });

  it("leaves at most seven eighths, takes no more streams than it must, and never a smaller one first", () => {
    const held = fc.tuple(fc.nat({ max: 300 }), fc.nat({ max: 300 }));
    fc.assert(
      fc.property(fc.array(held, { maxLength: 40 }), (pairs) => {
        const streams = holding(...pairs);
        const budget = budgetOf(1000, streams);
        const { exceeded } = budget;
        const paid = relieved(budget, streams);
        expect(paid.length > 0).toBe(exceeded);
        if (!exceeded) return;
        const left = budget.unread + budget.stalled;
        const sum = (index: number): number => pairs[index]![0] + pairs[index]![1];
        expect(left).toBeLessThanOrEqual(875);
        expect(left + sum(paid.at(-1)!)).toBeGreaterThan(875);
        const spared = pairs.map((_, index) => index).filter((index) => !paid.includes(index));
        const largest = Math.max(0, ...spared.map(sum));
        expect(Math.min(...paid.map(sum))).toBeGreaterThanOrEqual(largest);
      }),
    );
  });
});
