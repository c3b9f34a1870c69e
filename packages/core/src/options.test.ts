// Options: their defaults and limits. The error for a value outside a limit names the option.

import { describe, expect, it } from "vitest";
import { flushInNextTask, systemClock } from "./base/clock.ts";
import { checkNumber } from "./base/numbers.ts";
import { muxado } from "./muxado-wire.ts";
import { checkOptions, type Role, resolveOptions, type SessionOptions } from "./options.ts";

const NUMBERS = {
  windowSize: { default: 262_144, least: 1, most: 2 ** 31 - 1 },
  memoryBudget: { default: 134_217_728, least: 0, most: Infinity },
  transportBudget: { default: 262_144, least: 1, most: Infinity },
  acceptBacklog: { default: 128, least: 1, most: Infinity },
  maxInboundStreams: { default: 4096, least: 0, most: Infinity },
  maxOutboundStreams: { default: Infinity, least: 0, most: Infinity },
  maxProvokedResets: { default: 10_000, least: 0, most: Infinity },
  maxWaitingResets: { default: 10_000, least: 0, most: Infinity },
  maxRapidResets: { default: 10_000, least: 0, most: Infinity },
  maxEmptyFrames: { default: 100, least: 0, most: Infinity },
  maxUnearnedIncrements: { default: 10_000, least: 0, most: Infinity },
  writeTimeout: { default: 300_000, least: 0, most: Infinity },
  streamCloseTimeout: { default: 300_000, least: 0, most: Infinity },
  acceptTimeout: { default: 60_000, least: 0, most: Infinity },
  closeTimeout: { default: 30_000, least: 0, most: Infinity },
  goAwayTimeout: { default: 30_000, least: 0, most: Infinity },
  transportTimeout: { default: 300_000, least: 1, most: Infinity },
  maxStrayFrames: { default: 10_000, least: 0, most: Infinity },
  lingerTimeout: { default: 10_000, least: 0, most: 2 ** 31 - 1 },
} as const;

describe.each(Object.entries(NUMBERS))("%s", (name, { default: fallback, least, most }) => {
  const resolved = (value: unknown): unknown =>
    resolveOptions("client", { [name]: value } as SessionOptions)[name as keyof typeof NUMBERS];

  it(`is ${fallback} by default`, () => {
    expect(resolveOptions("client", {})[name as keyof typeof NUMBERS]).toBe(fallback);
    expect(resolved(undefined)).toBe(fallback);
  });

  it(`may be ${least} and ${most}`, () => {
    expect(resolved(least)).toBe(least);
    expect(resolved(most)).toBe(most);
  });

  const bad: unknown[] = [least - 1, -Infinity, Number.NaN, least + 0.5, "7", {}];
  if (most !== Infinity) bad.push(most + 1, Infinity);
  it.each(bad)("is not %o: a RangeError names it", (value) => {
    expect(() => resolved(value)).toThrow(RangeError);
    expect(() => resolved(value)).toThrow(
      new RangeError(
        `${name} must be a whole number from ${least} to ${most}, got ${value === "7" ? '"7"' : String(value)}`,
      ),
    );
  });
});

it("every numeric option is among those above", () => {
  const numeric = Object.entries(resolveOptions("server", {}))
    .filter(([, value]) => typeof value === "number")
    .map(([name]) => name);
  // Its meaning depends on windowSize; see below.
  expect(numeric.sort()).toEqual([...Object.keys(NUMBERS), "maxWindowSize"].sort());
});

describe("the largest size of a window", () => {
  it("is 16 MiB, or as much as is given, unless a size is given: that is fixed", () => {
    expect(resolveOptions("client", {}).maxWindowSize).toBe(16_777_216);
    expect(resolveOptions("client", { maxWindowSize: 300_000 }).maxWindowSize).toBe(300_000);
    for (const windowSize of [1, 262_144, 1_000_000]) {
      const options = { windowSize, maxWindowSize: 2_000_000 };
      expect(resolveOptions("client", options).maxWindowSize).toBe(windowSize);
    }
  });

  it("is never more than the wire allows", () => {
    const wire = { ...muxado, initialWindow: 1000, maxWindow: 1500 };
    expect(resolveOptions("client", { wire }).maxWindowSize).toBe(1500);
    expect(() => resolveOptions("client", { wire, maxWindowSize: 1501 })).toThrow("1 to 1500");
  });
});

describe("the role", () => {
  it.each(["client", "server"] as const)("is %s as given", (role) => {
    expect(resolveOptions(role, {}).role).toBe(role);
  });

  it.each(["Client", "", undefined, 1])("is not %o: a TypeError names it", (role) => {
    expect(() => resolveOptions(role as Role, {})).toThrow(TypeError);
    expect(() => resolveOptions(role as Role, {})).toThrow("role must be");
  });
});

describe("an option that replaces the platform's own", () => {
  it("is the platform's own by default, and the muxado wire, and no trace", () => {
    const { wire, clock, scheduleFlush, trace } = resolveOptions("client", {});
    expect(wire).toBe(muxado);
    expect(clock).toBe(systemClock);
    expect(scheduleFlush).toBe(flushInNextTask);
    expect(trace).toBeUndefined();
  });

  it("is taken as it is", () => {
    const given = {
      wire: { ...muxado, initialWindow: 1000, maxWindow: 2000 },
      clock: { ...systemClock },
      scheduleFlush: () => {},
      trace: () => {},
    };
    expect(resolveOptions("client", given)).toMatchObject(given);
  });

  it("decides with its wire how large a window is by default and may be", () => {
    const wire = { ...muxado, initialWindow: 1000, maxWindow: 2000 };
    expect(resolveOptions("client", { wire }).windowSize).toBe(1000);
    expect(resolveOptions("client", { wire, windowSize: 2000 }).windowSize).toBe(2000);
    expect(() => resolveOptions("client", { wire, windowSize: 2001 })).toThrow("1 to 2000");
  });
});

describe("a checked number", () => {
  it("may be infinite only where the most is", () => {
    expect(checkNumber("n", Infinity, 0, Infinity)).toBe(Infinity);
    expect(() => checkNumber("n", Infinity, 0, 10)).toThrow(RangeError);
  });
});

describe("options that are checked ahead of a session", () => {
  it("checked options throw the errors of the session, and no others", () => {
    expect(() => checkOptions("client", {})).not.toThrow();
    expect(() => checkOptions("client", { windowSize: 0 })).toThrow(/^windowSize/);
  });
});
