import { expect, test } from "vitest";
import { median, pairedRatio } from "./statistics.ts";

test("the median is the middle value, whatever the order", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([7])).toBe(7);
});

test("the median of an even number of values is the mean of the middle two", () => {
  expect(median([10, 1, 2, 4])).toBe(3);
});

test("the median sorts by value, not by text, and leaves its argument as it is", () => {
  const values = [100, 20, 3];
  expect(median(values)).toBe(20);
  expect(values).toEqual([100, 20, 3]);
});

test("the median of nothing is no number", () => {
  expect(median([])).toBeNaN();
});

test("a slow spell that hits both sides does not move the paired ratio", () => {
  const ours = [200, 210, 20, 22, 200];
  const theirs = [100, 105, 10, 11, 100];
  expect(pairedRatio(ours, theirs)).toBe(2);
});
