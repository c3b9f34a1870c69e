// Urgency and weight as one number, and their limits.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_PRIORITY, packPriority, type Priority, urgencyOf, weightOf } from "./priority.ts";

function unpacked(packed: number): Required<Priority> {
  return { urgency: urgencyOf(packed), weight: weightOf(packed) };
}

const urgency = fc.integer({ min: 0, max: 7 });
const weight = fc.integer({ min: 1, max: 256 });

describe("a priority", () => {
  it("is 3 and 16 by default", () => {
    expect(unpacked(DEFAULT_PRIORITY)).toEqual({ urgency: 3, weight: 16 });
  });

  it("a packed priority keeps both numbers apart, for all values", () => {
    fc.assert(
      fc.property(urgency, weight, (urgency, weight) => {
        const packed = packPriority({ urgency, weight }, DEFAULT_PRIORITY);
        expect(unpacked(packed)).toEqual({ urgency, weight });
      }),
    );
  });

  it("a priority keeps the fields that are not given", () => {
    const before = packPriority({ urgency: 5, weight: 256 }, DEFAULT_PRIORITY);
    expect(unpacked(packPriority({}, before))).toEqual({ urgency: 5, weight: 256 });
    expect(unpacked(packPriority({ urgency: 0 }, before))).toEqual({ urgency: 0, weight: 256 });
    expect(unpacked(packPriority({ weight: 1 }, before))).toEqual({ urgency: 5, weight: 1 });
    expect(unpacked(packPriority({ urgency: undefined, weight: undefined }, before))).toEqual({
      urgency: 5,
      weight: 256,
    });
  });

  it.each([
    ["urgency", -1],
    ["urgency", 8],
    ["urgency", 1.5],
    ["urgency", Infinity],
    ["urgency", NaN],
    ["urgency", "3"],
    ["weight", 0],
    ["weight", 257],
    ["weight", 0.5],
    ["weight", Infinity],
    ["weight", null],
  ])("with %s of %s is refused by that name", (name, value) => {
    const refused = (): number => packPriority({ [name]: value } as Priority, DEFAULT_PRIORITY);
    if (value === null) return expect(weightOf(refused())).toBe(16);
    expect(refused).toThrow(RangeError);
    expect(refused).toThrow(name);
  });
});
