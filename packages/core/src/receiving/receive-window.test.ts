// Inbound credit: the bytes that a peer may still send, and when consumed credit returns. Spec §6.3, §6.5.

import { describe, expect, it } from "vitest";
import { CAREFUL_STEP } from "./credit.ts";
import { ReceiveWindow } from "./receive-window.ts";

const INITIAL = 262_144;
const KIB = 1024;

/** The peer sends `length` bytes that are consumed at once. Returns the increment that is due, or 0. */
function pass(window: ReceiveWindow, length: number): number {
  if (!window.charge(length)) throw new Error(`no credit for ${length} bytes`);
  window.consume(length);
  return window.isDue(CAREFUL_STEP) ? window.takeIncrement(0) : 0;
}

describe("credit of the peer", () => {
  it("may be used up by one piece", () => {
    const window = new ReceiveWindow(INITIAL, INITIAL);
    expect(window.charge(INITIAL)).toBe(true);
    expect(window.remaining).toBe(0);
  });

  it("may not be exceeded by one byte, and the refusal leaves the window as it is", () => {
    const window = new ReceiveWindow(INITIAL, INITIAL);
    expect(window.charge(INITIAL - 10)).toBe(true);
    expect(window.charge(11)).toBe(false);
    expect(window.remaining).toBe(10);
    expect(window.charge(10)).toBe(true);
    expect(window.charge(1)).toBe(false);
  });
});

describe("returned credit", () => {
  it("is nothing before half of the window is consumed, and then all of it", () => {
    const window = new ReceiveWindow(INITIAL, 100 * KIB);
    pass(window, INITIAL - 100 * KIB); // the peer's credit beyond the target
    expect(pass(window, 50 * KIB - 1)).toBe(0);
    expect(pass(window, 1)).toBe(50 * KIB);
    expect(window.owed).toBe(0);
  });

  it("credit is due after 128 KiB, even if the window is much larger", () => {
    const window = new ReceiveWindow(INITIAL, 16 * INITIAL);
    window.takeIncrement(0);
    expect(pass(window, 128 * KIB - 1)).toBe(0);
    expect(pass(window, 1)).toBe(128 * KIB);
  });

  it("is due after half of the window if the steps may be as long as that", () => {
    const window = new ReceiveWindow(INITIAL, 4 * INITIAL);
    window.takeIncrement(0);
    window.charge(2 * INITIAL);
    window.consume(2 * INITIAL - 1);
    expect(window.isDue(Infinity)).toBe(false);
    window.consume(1);
    expect(window.isDue(Infinity)).toBe(true);
  });

  it("is never due while nothing is owed", () => {
    expect(new ReceiveWindow(INITIAL, INITIAL).isDue(CAREFUL_STEP)).toBe(false);
    expect(new ReceiveWindow(INITIAL, 1).isDue(CAREFUL_STEP)).toBe(false);
  });
});

describe("growth", () => {
  it("comes with an increment that is due, and stays", () => {
    const window = new ReceiveWindow(INITIAL, INITIAL);
    window.charge(128 * KIB);
    window.consume(128 * KIB);
    expect(window.isDue(CAREFUL_STEP)).toBe(true);
    expect(window.takeIncrement(INITIAL)).toBe(128 * KIB + INITIAL);
    expect(window).toMatchObject({ remaining: 2 * INITIAL, target: 2 * INITIAL, owed: 0 });
    window.charge(128 * KIB);
    window.consume(128 * KIB);
    expect(window.takeIncrement(0)).toBe(128 * KIB);
    expect(window).toMatchObject({ target: 2 * INITIAL, owed: 0 });
  });
});

describe("a target above the initial credit", () => {
  it("is reached by one increment of the difference", () => {
    const window = new ReceiveWindow(INITIAL, 4 * INITIAL);
    expect(window.isDue(CAREFUL_STEP)).toBe(true);
    expect(window.takeIncrement(0)).toBe(3 * INITIAL);
    expect(window.remaining).toBe(4 * INITIAL);
    expect(window.isDue(CAREFUL_STEP)).toBe(false);
  });
});

describe.each([1, 100, KIB, 2 * KIB, 3 * KIB, 64 * KIB])("a target of %i bytes", (target) => {
  it("absorbs the whole initial credit", () => {
    expect(new ReceiveWindow(INITIAL, target).charge(INITIAL)).toBe(true);
  });

  it("a window returns no credit for the part of the initial credit beyond its target", () => {
    const window = new ReceiveWindow(INITIAL, target);
    expect(pass(window, INITIAL - window.target)).toBe(0);
    expect(window.owed).toBe(0);
  });

  it("returns credit for all that comes after", () => {
    const window = new ReceiveWindow(INITIAL, target);
    let sent = INITIAL - window.target;
    let returned = pass(window, sent);
    while (sent < INITIAL + 3 * window.target) {
      const length = Math.min(97, window.remaining);
      returned += pass(window, length);
      sent += length;
    }
    expect(window.remaining).toBe(INITIAL + returned - sent);
    expect(window.remaining + window.owed).toBe(window.target);
  });

  it("always leaves a sender that splits at 1 KiB something that it can send", () => {
    const window = new ReceiveWindow(INITIAL, target);
    let least = INITIAL;
    for (let sent = 0; sent < INITIAL + 10 * KIB; sent += 7) {
      pass(window, 7);
      least = Math.min(least, window.remaining);
    }
    expect(least).toBeGreaterThanOrEqual(KIB);
  });
});
