// How long the owner waits for an answer, and which timers prove nothing. Time is virtual, and the machine can sleep.

import { stopCalendar, VirtualClock } from "@muxado/testkit";
import { describe, expect, it, vi } from "vitest";
import type { Question } from "./liveness.ts";
import { Silence } from "./silence.ts";

stopCalendar();

const TOLERANCE = 8_000;
const SLICE = TOLERANCE / 8;

/** An owner that asks a peer, and asks again when it is told to. Its clock moves on while its machine sleeps. */
class Owner {
  readonly #timers: VirtualClock = new VirtualClock();
  #slept = 0;
  /** The peer has sent something. */
  isAlive = false;
  /** How often the silence has looked at the question for a sign of life. */
  looks = 0;
  /** How often the owner was told to ask again. */
  repeats = 0;
  readonly verdicts: boolean[] = [];
  readonly silence: Silence;

  constructor(untilSign = false) {
    this.silence = new Silence({
      clock: {
        now: () => this.#timers.now() + this.#slept,
        setTimer: (callback, delay) => this.#timers.setTimer(callback, delay),
      },
      untilSign,
      onLate: () => {
        this.repeats++;
        this.ask();
      },
      onVerdict: (isSilent) => this.verdicts.push(isSilent),
    });
  }

  /** @param delay how long the question needs to reach the peer, in milliseconds. */
  ask(delay = 0): void {
    const question: Pick<Question, "look" | "patience"> = {
      look: () => {
        this.looks++;
        return this.isAlive;
      },
      patience: (tolerance) => tolerance + delay,
    };
    this.silence.listen(question as Question, TOLERANCE);
  }

  /** Moves the clock; timers fire when they are due. */
  pass(ms: number): void {
    this.#timers.advance(ms);
  }

  /** Fires the next timer, and no other. */
  fireNext(): void {
    this.#timers.runNext();
  }

  /** Moves the clock; no timer fires. */
  sleep(ms: number): void {
    this.#slept += ms;
  }

  get timers(): number {
    return this.#timers.timers.length;
  }
}

/** Returns an owner that has just asked. */
function asked(untilSign = false): Owner {
  const owner = new Owner(untilSign);
  owner.ask();
  return owner;
}

describe("a verdict", () => {
  it("comes when the patience is over, once, and leaves no timer", () => {
    const owner = asked();
    owner.pass(TOLERANCE - 1);
    expect(owner.verdicts).toEqual([]);
    owner.pass(1);
    expect(owner.verdicts).toEqual([true]);
    expect(owner.timers).toBe(0);
    owner.pass(10 * TOLERANCE);
    expect(owner.verdicts).toEqual([true]);
  });

  it("the patience depends on the output in front of the question", () => {
    const owner = new Owner();
    owner.ask(2_000);
    expect(owner.silence.patience).toBe(TOLERANCE + 2_000);
    owner.pass(TOLERANCE + 1_999);
    expect(owner.verdicts).toEqual([]);
    owner.pass(1);
    expect(owner.verdicts).toEqual([true]);
  });

  it("is that there was a sign of life, if there was one in time", () => {
    const owner = asked();
    owner.pass(SLICE);
    owner.isAlive = true;
    owner.pass(TOLERANCE - SLICE - 1);
    expect(owner.verdicts).toEqual([]);
    owner.pass(1);
    expect(owner.verdicts).toEqual([false]);
  });

  it("comes at the end of the slice with the first sign of life, for those who want no more", () => {
    const owner = asked(true);
    owner.pass(2 * SLICE + 1);
    owner.isAlive = true;
    owner.pass(SLICE - 2);
    expect(owner.verdicts).toEqual([]);
    owner.pass(1);
    expect(owner.verdicts).toEqual([false]);
    expect(owner.timers).toBe(0);
  });

  it.each([false, true])(
    "comes in a turn after the last slice, since input may wait; until a sign of life: %s",
    (untilSign) => {
      const owner = asked(untilSign);
      owner.pass(7 * SLICE);
      owner.fireNext();
      expect(owner.verdicts).toEqual([]);
      owner.isAlive = true;
      owner.fireNext();
      expect(owner.verdicts).toEqual([false]);
    },
  );

  it("does not come once the owner has stopped listening", () => {
    const owner = asked();
    owner.pass(3 * SLICE);
    owner.silence.stop();
    owner.silence.stop();
    expect(owner.timers).toBe(0);
    owner.pass(TOLERANCE);
    expect(owner.verdicts).toEqual([]);
  });

  it("needs the question to be looked at in every slice, since a write may be under way in one only", () => {
    const owner = asked();
    owner.pass(TOLERANCE);
    expect(owner.looks).toBe(8 + 1);
  });
});

describe("a timer that is late by more than a tenth of the patience", () => {
  const slices = [0, 1, 2, 3, 4, 5, 6, 7];

  it.each(slices)(
    "proves nothing in slice %i: the owner asks again, with all of the patience",
    (slice) => {
      const owner = asked();
      owner.pass(slice * SLICE);
      owner.sleep(TOLERANCE / 10 + 1);
      owner.pass(SLICE);
      expect(owner.repeats).toBe(1);
      owner.pass(TOLERANCE - 1);
      expect(owner.verdicts).toEqual([]);
      owner.pass(1);
      expect(owner).toMatchObject({ repeats: 1, verdicts: [true] });
    },
  );

  it.each(slices)("is later than one that is believed, as in slice %i", (slice) => {
    const owner = asked();
    owner.pass(slice * SLICE);
    owner.sleep(TOLERANCE / 10);
    owner.pass(TOLERANCE - slice * SLICE);
    expect(owner).toMatchObject({ repeats: 0, verdicts: [true] });
  });

  it("is noticed by the calendar, too: some clocks stand still while the machine sleeps", () => {
    const owner = asked();
    vi.setSystemTime(Date.now() + TOLERANCE);
    owner.pass(SLICE);
    expect(owner.repeats).toBe(1);
  });

  it("is not found in a calendar that has been put back", () => {
    const owner = asked();
    vi.setSystemTime(Date.now() - TOLERANCE);
    owner.pass(TOLERANCE);
    expect(owner).toMatchObject({ repeats: 0, verdicts: [true] });
  });

  it("is no evidence three times, and then is: a tab that is throttled must learn of a dead peer", () => {
    const owner = asked();
    for (let slice = 0; slice < 3 + 8; slice++) {
      expect(owner.verdicts).toEqual([]);
      owner.sleep(TOLERANCE);
      owner.pass(SLICE);
    }
    expect(owner).toMatchObject({ repeats: 3, verdicts: [true] });
  });

  it("does not matter to those who want a sign of life, and have one", () => {
    const owner = asked(true);
    owner.isAlive = true;
    owner.sleep(TOLERANCE);
    owner.pass(SLICE);
    expect(owner).toMatchObject({ repeats: 0, verdicts: [false] });
  });

  it("a late timer makes an owner that waits for an answer ask again, even after a sign of life", () => {
    const owner = asked();
    owner.isAlive = true;
    owner.sleep(TOLERANCE);
    owner.pass(SLICE);
    expect(owner).toMatchObject({ repeats: 1, verdicts: [] });
  });

  it("is judged by the patience with the last question", () => {
    const owner = new Owner();
    owner.ask(TOLERANCE);
    owner.sleep(TOLERANCE / 10 + 1);
    owner.pass(2 * SLICE);
    expect(owner.repeats).toBe(0);
    owner.sleep(TOLERANCE / 5 + 1);
    owner.pass(2 * SLICE);
    expect(owner.repeats).toBe(1);
    owner.sleep(TOLERANCE / 10 + 1);
    owner.pass(SLICE);
    expect(owner.repeats).toBe(2);
  });
});
