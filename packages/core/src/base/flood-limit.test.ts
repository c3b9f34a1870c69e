// Counts what a peer makes us do: a limit of occurrences in a span, and one more is too many.

import { describe, expect, it } from "vitest";
import { FloodLimit } from "./flood-limit.ts";

function limitAt(limit: number): { limit: FloodLimit; time: { now: number } } {
  const time = { now: 5 };
  const clock = { now: () => time.now, setTimer: () => ({ cancel: () => {} }) };
  return { limit: new FloodLimit(clock, limit), time };
}

function count(limit: FloodLimit, times: number): boolean[] {
  return Array.from({ length: times }, () => limit.exceeded());
}

describe("a limit of occurrences in 10 seconds", () => {
  it("is kept by that many and exceeded by one more", () => {
    const { limit } = limitAt(3);
    expect(count(limit, 4)).toEqual([false, false, false, true]);
  });

  it("starts anew with the first occurrence after the span", () => {
    const { limit, time } = limitAt(2);
    expect(count(limit, 2)).toEqual([false, false]);
    time.now += 10_000;
    expect(count(limit, 3)).toEqual([false, false, true]);
  });

  it("still counts within the span", () => {
    const { limit, time } = limitAt(2);
    expect(count(limit, 2)).toEqual([false, false]);
    time.now += 9_999;
    expect(count(limit, 1)).toEqual([true]);
  });

  it("of 0 allows none, of Infinity any number", () => {
    expect(count(limitAt(0).limit, 1)).toEqual([true]);
    expect(count(limitAt(Infinity).limit, 1000)).not.toContain(true);
  });
});
