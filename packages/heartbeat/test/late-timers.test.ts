// A machine that slept, or a throttled tab: our own timer is late, and this shows nothing about the peer.

import { describe, expect, it, vi } from "vitest";
import { ByHand, failureOf, settledBy } from "./watched.ts";

/** The number of slices that the tolerance is divided into. */
const SLICES = 8;

/** Nothing runs for 60 s during a slice of the tolerance. */
async function oversleep(hand: ByHand): Promise<void> {
  hand.clock.sleep(60_000);
  await hand.peer.advance(15_000 / SLICES);
}

describe("a timer that is late by 60 s", () => {
  it("repeats the beat, with another value", async () => {
    const hand = new ByHand({ interval: Infinity });
    const beating = settledBy(hand.heartbeat.beat());
    const first = hand.takeBeat();
    await oversleep(hand);
    expect(hand.takeBeat()).not.toEqual(first);
    expect(beating.settled).toBe(false);
    expect(hand.watch.failures).toEqual([]);
  });

  it("does not count for the round trip of a peer that answers", async () => {
    const hand = new ByHand({ interval: Infinity, endDeadSession: true });
    const beating = hand.heartbeat.beat();
    hand.takeBeat();
    await oversleep(hand);
    hand.peer.clock.advance(25);
    await hand.echo(hand.takeBeat());
    expect(await beating).toBe(25);
    expect(hand.watch).toMatchObject({ roundTrips: [25], failures: [] });
    expect(hand.peer.clock.timers).toEqual([]);
  });

  it("takes no echo of the first value for one of the second", async () => {
    const hand = new ByHand({ interval: Infinity });
    const beating = settledBy(hand.heartbeat.beat());
    const first = hand.takeBeat();
    await oversleep(hand);
    await hand.echo(first);
    expect(beating.settled).toBe(false);
    await hand.echo(hand.takeBeat());
    expect(beating.settled).toBe(true);
  });

  it("and then runs in time finds a silent peer", async () => {
    const hand = new ByHand({ interval: Infinity });
    const beating = hand.heartbeat.beat();
    await oversleep(hand);
    await hand.peer.advance(14_999);
    expect(hand.watch.failures).toEqual([]);
    await hand.peer.advance(1);
    expect((await failureOf(beating)).message).toContain(
      "and nothing else has arrived for 15000 ms",
    );
    expect(hand.watch.failures).toHaveLength(1);
  });

  it("every time finds a silent peer in the end: at the fourth", async () => {
    const hand = new ByHand({ interval: Infinity });
    const beating = hand.heartbeat.beat();
    const values = new Set<string>();
    for (let round = 1; round <= 3; round++) {
      values.add(String(hand.takeBeat()));
      await oversleep(hand);
      expect(hand.watch.failures).toEqual([]);
    }
    values.add(String(hand.takeBeat()));
    expect(values.size).toBe(4);
    for (let slice = 1; slice < SLICES; slice++) {
      await oversleep(hand);
      expect(hand.watch.failures).toEqual([]);
    }
    await oversleep(hand);
    await failureOf(beating);
    expect(hand.takeBeats()).toEqual([]);
    expect(hand.watch.failures).toHaveLength(1);
  });

  it("of a regular beat moves the next one, and no more", async () => {
    const hand = new ByHand();
    hand.clock.sleep(60_000);
    await hand.peer.advance(10_000);
    await hand.echo(hand.takeBeat());
    await hand.peer.advance(9999);
    expect(hand.takeBeats()).toEqual([]);
    await hand.peer.advance(1);
    expect(hand.takeBeats()).toHaveLength(1);
  });

  it("repeats a regular beat, and further beats follow", async () => {
    const hand = new ByHand();
    await hand.peer.advance(10_000);
    hand.takeBeat();
    await oversleep(hand);
    await hand.echo(hand.takeBeat());
    await hand.peer.advance(10_000);
    expect(hand.takeBeats()).toHaveLength(1);
    expect(hand.watch.failures).toEqual([]);
  });

  it("repeats nothing once the session is over", async () => {
    const hand = new ByHand();
    void hand.heartbeat.beat();
    hand.takeBeat();
    hand.session.destroy();
    hand.peer.end();
    await oversleep(hand);
    expect(hand.watch).toMatchObject({ roundTrips: [], failures: [] });
    expect(hand.peer.clock.timers).toEqual([]);
  });
});

describe("the tolerance that a late timer is judged by", () => {
  it("is that of its beat, whatever has been set since", async () => {
    const hand = new ByHand({ interval: Infinity });
    void hand.heartbeat.beat();
    hand.takeBeat();
    hand.heartbeat.tolerance = 100;
    hand.clock.sleep(1000);
    await hand.peer.advance(15_000);
    expect(hand.takeBeats()).toEqual([]);
    expect(hand.watch.failures).toHaveLength(1);
  });
});

describe("a timer that is late by up to a tenth of the tolerance", () => {
  const TOLERANCES = [15_000, 1000];

  it.each(TOLERANCES)("is an ordinary one, for a busy thread: %s ms", async (tolerance) => {
    const hand = new ByHand({ interval: Infinity, tolerance });
    void hand.heartbeat.beat();
    hand.takeBeat();
    hand.clock.sleep(tolerance / 10);
    await hand.peer.advance(tolerance);
    expect(hand.takeBeats()).toEqual([]);
    expect(hand.watch.failures).toHaveLength(1);
  });

  it.each(TOLERANCES)(
    "and one that is later is not, in whichever slice: %s ms",
    async (tolerance) => {
      for (let slice = 0; slice < SLICES; slice++) {
        const hand = new ByHand({ interval: Infinity, tolerance });
        void hand.heartbeat.beat();
        hand.takeBeat();
        await hand.peer.advance((slice * tolerance) / SLICES);
        hand.clock.sleep(tolerance / 10 + 1);
        await hand.peer.advance(tolerance / SLICES);
        expect(hand.takeBeats()).toHaveLength(1);
        await hand.peer.advance(tolerance - 1);
        expect(hand.watch.failures).toEqual([]);
      }
    },
  );
});

describe("a clock that stands still while the machine sleeps", () => {
  it("does not hide that the calendar has gone on: the beat is repeated", async () => {
    const hand = new ByHand({ interval: Infinity });
    void hand.heartbeat.beat();
    hand.takeBeat();
    vi.setSystemTime(Date.now() + 60_000);
    await hand.peer.advance(15_000 / SLICES);
    expect(hand.takeBeats()).toHaveLength(1);
    vi.setSystemTime(Date.now() - 3_600_000);
    await hand.peer.advance(15_000 - 1);
    expect(hand.watch.failures).toEqual([]);
    await hand.peer.advance(1);
    expect(hand.watch.failures).toHaveLength(1);
  });
});
