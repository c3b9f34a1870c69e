import { expect, test } from "vitest";
import { median, pairedRatio, quantile } from "./statistics.ts";

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

test("a quantile is one of the values, with the right part of them up to it", () => {
  const values = Array.from({ length: 100 }, (_, at) => 100 - at);
  expect(quantile(values, 0.99)).toBe(99);
  expect(quantile(values, 0.5)).toBe(50);
  expect(quantile(values, 1)).toBe(100);
  expect(quantile(values, 0)).toBe(1);
  expect(quantile([5, 7], 0.99)).toBe(7);
  expect(quantile([], 0.5)).toBeNaN();
});
