// How the budget of the transport follows the time that its writes take.

import { VirtualClock } from "@muxado/testkit";
import { expect, it } from "vitest";
import { TransportBudget } from "./transport-budget.ts";

const KIB = 1024;

function budgetOf(least: number, isFixed = false) {
  const clock = new VirtualClock();
  const budget = new TransportBudget(clock, least, isFixed);
  /** One write of `length` bytes that takes `ms`. */
  const write = (length: number, ms: number): number => {
    budget.began(length);
    clock.advance(ms);
    budget.confirmed();
    return budget.bytes / KIB;
  };
  return { budget, write };
}

it("doubles with each full write that takes less than a millisecond, up to 1 MiB", () => {
  const { write } = budgetOf(256 * KIB);
  expect(write(256 * KIB, 0.9)).toBe(512);
  expect(write(600 * KIB, 0.9)).toBe(1024);
  expect(write(1024 * KIB, 0)).toBe(1024);
});

it("is the smallest again after one full write of more than four milliseconds", () => {
  const { write } = budgetOf(256 * KIB);
  write(256 * KIB, 0.1);
  write(512 * KIB, 0.1);
  expect(write(1024 * KIB, 4)).toBe(1024);
  expect(write(1024 * KIB, 4.1)).toBe(256);
});

it("is not changed by a write that it has not limited", () => {
  const { write } = budgetOf(256 * KIB);
  write(256 * KIB, 0.1);
  expect(write(511 * KIB, 0.1)).toBe(512);
  expect(write(511 * KIB, 1000)).toBe(512);
});

it("stays as it is if the user has chosen it", () => {
  const { write } = budgetOf(64 * KIB, true);
  expect(write(100 * KIB, 0)).toBe(64);
  expect(write(100 * KIB, 1000)).toBe(64);
});

it("that is larger than 1 MiB at first stays so", () => {
  const { write } = budgetOf(2048 * KIB);
  expect(write(2048 * KIB, 0)).toBe(2048);
});
