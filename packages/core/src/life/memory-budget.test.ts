// The limit of a session's memory, the part that windows get, and the streams that are ended when it runs out.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Holder, MemoryBudget } from "./memory-budget.ts";

/** A stream that holds `unread` bytes, and bytes for which its peer gives no credit. */
class Stream implements Holder {
  readonly unread: number;
  readonly stalled: number;
  /** Called when the stream is ended to free memory. */
  pay: () => void = () => {};

  constructor(unread: number, stalled: number) {
    this.unread = unread;
    this.stalled = stalled;
  }

  get held(): number {
    return this.unread + this.stalled;
  }
}

function holding(...held: (number | [unread: number, stalled: number])[]): Stream[] {
  return held.map((each) => (typeof each === "number" ? new Stream(each, 0) : new Stream(...each)));
}

function budgetWith(limit: number, streams: readonly Stream[] = []): MemoryBudget {
  return new MemoryBudget(
    { limit, window: 1, backlog: 0 },
    () => streams,
    () => {},
  );
}

function addUnread(budget: MemoryBudget, bytes: number): void {
  budget.account("unaccepted", 0, bytes);
}

/** A budget that counts all these streams, and in addition output that waits for the transport. */
function budgetOf(limit: number, streams: readonly Stream[], waiting = 0): MemoryBudget {
  const budget = budgetWith(limit, streams);
  for (const { unread, stalled } of streams) {
    addUnread(budget, unread);
    budget.stall(stalled);
    budget.keep(stalled);
  }
  budget.keep(waiting);
  return budget;
}

/** The indexes of the streams that are ended. Their memory is then free again, as after a reset. */
function relieved(budget: MemoryBudget, streams: readonly Stream[]): number[] {
  const paid: number[] = [];
  for (const [index, stream] of streams.entries()) {
    stream.pay = () => {
      paid.push(index);
      addUnread(budget, -stream.unread);
      budget.stall(-stream.stalled);
    };
  }
  budget.relieve();
  return paid;
}

describe("the limit", () => {
  it("is exceeded by one byte more, of either kind", () => {
    const budget = budgetWith(100);
    addUnread(budget, 60);
    budget.stall(40);
    expect(budget.exceeded).toBe(false);
    budget.stall(1);
    expect(budget.exceeded).toBe(true);
  });

  it("may be endless: then nothing exceeds it, and windows get all they want", () => {
    const budget = budgetWith(Infinity);
    addUnread(budget, Number.MAX_SAFE_INTEGER);
    expect(budget.exceeded).toBe(false);
    expect(budget.takeGrowth(1000, 0, 7)).toBe(1000);
  });
});

describe("growth", () => {
  it("growth is the wanted number of bytes, up to a quarter of the limit", () => {
    const budget = budgetWith(2000);
    expect(budget.takeGrowth(100, 0, 1)).toBe(100);
    expect(budget.takeGrowth(300, 100, 1)).toBe(300);
    expect(budget.takeGrowth(400, 400, 1)).toBe(100);
    expect(budget.takeGrowth(400, 500, 1)).toBe(0);
  });

  it("of one window is its share at the most", () => {
    const budget = budgetWith(2000);
    expect(budget.takeGrowth(400, 0, 4)).toBe(125);
    expect(budget.takeGrowth(400, 125, 4)).toBe(0);
    expect(budget.takeGrowth(400, 125, 2)).toBe(125);
  });

  it("growth gets only bytes that are not in use, and is never negative", () => {
    const budget = budgetWith(2000);
    addUnread(budget, 1300);
    budget.keep(500);
    expect(budget.takeGrowth(400, 0, 1)).toBe(200);
    budget.keep(4500);
    expect(budget.takeGrowth(400, 200, 1)).toBe(0);
  });

  it("that was given back may be had again", () => {
    const budget = budgetWith(2000);
    const growth = budget.takeGrowth(500, 0, 1);
    expect(budget.takeGrowth(500, 0, 1)).toBe(0);
    budget.giveBack(growth);
    expect(budget.takeGrowth(500, 0, 1)).toBe(500);
  });

  it("of any number of windows stays within a quarter of the limit", () => {
    const wishes = fc.array(fc.tuple(fc.nat({ max: 5000 }), fc.integer({ min: 1, max: 9 })));
    fc.assert(
      fc.property(fc.nat({ max: 10_000 }), wishes, (limit, wanted) => {
        const budget = budgetWith(limit);
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

  it("the budget counts unread bytes and writes without credit together", () => {
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
    for (const stream of streams) {
      stream.pay = () => {
        paid.push(stream);
        addUnread(budget, -budget.unread);
      };
    }
    budget.relieve();
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
        const sum = (index: number): number => pairs[index]![0] + pairs[index]![1];
        const sumOf = (indices: number[]): number =>
          indices.reduce((all, index) => all + sum(index), 0);
        const left = sumOf(pairs.map((_, index) => index)) - sumOf(paid);
        expect(left).toBeLessThanOrEqual(875);
        expect(left + sum(paid.at(-1)!)).toBeGreaterThan(875);
        const spared = pairs.map((_, index) => index).filter((index) => !paid.includes(index));
        const largest = Math.max(0, ...spared.map(sum));
        expect(Math.min(...paid.map(sum))).toBeGreaterThanOrEqual(largest);
      }),
    );
  });
});
