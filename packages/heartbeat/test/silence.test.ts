// What a missing echo proves, and how a session ends whose peer is gone.

import { brief, uncaughtIn } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { ByHand, failureOf, NOTHING, settledBy, typedPair, Watch } from "./watched.ts";

const TIMEOUT = { code: "HEARTBEAT_TIMEOUT", scope: "session", origin: "remote" };

/** Stops one side: it reads nothing and sends nothing. The connection stays open. */
function stopServer(pair: ReturnType<typeof typedPair>["pair"]): void {
  pair.breakAfter("server", 0, "stall");
  pair.breakAfter("client", 0, "stall");
}

describe("a lost echo", () => {
  it("fails the beat once the tolerance is over, and no sooner", async () => {
    const hand = new ByHand({ interval: Infinity });
    const beating = hand.heartbeat.beat();
    const state = settledBy(beating);
    await hand.peer.advance(14_999);
    expect(state.settled).toBe(false);
    await hand.peer.advance(1);
    const error = await failureOf(beating);
    expect(error).toMatchObject(TIMEOUT);
    expect(error.message).toBe(
      "heartbeat timeout: no echo and nothing else has arrived for 15000 ms",
    );
    expect(hand.watch.failures).toEqual([error]);
  });

  it("of a regular beat is reported, and leaves the session as it is", async () => {
    const hand = new ByHand();
    await hand.peer.advance(25_000);
    expect(hand.watch.failures).toHaveLength(1);
    expect(hand.watch.failures[0]).toMatchObject(TIMEOUT);
    const stream = hand.session.open();
    expect(stream.error).toBe(undefined);
  });

  it("is reported again after each further beat, until one is answered", async () => {
    const hand = new ByHand();
    // The first beat is sent after 10 s. It ends at 25 s, when the second is sent; later beats follow every 15 s.
    await hand.peer.advance(10_000 + 3 * 15_000);
    expect(hand.watch.failures).toHaveLength(3);
    hand.takeBeats();
    await hand.peer.advance(15_000);
    await hand.echo(hand.takeBeat());
    await hand.peer.advance(9999);
    expect(hand.watch.failures).toHaveLength(4);
    expect(hand.watch.roundTrips).toHaveLength(1);
  });

  it("may make the callback throw: this is an uncaught exception of its own, and the beats continue", async () => {
    const mistake = new Error("in onFailure");
    const hand = new ByHand({
      interval: 100,
      tolerance: 100,
      onFailure: () => {
        throw mistake;
      },
    });
    const thrown = await uncaughtIn(() => hand.peer.advance(200));
    expect(thrown).toEqual([mistake]);
    const [, next] = hand.takeBeats();
    await hand.echo(next!);
    expect(hand.watch.roundTrips).toHaveLength(1);
  });

  it("needs no callback", async () => {
    const hand = new ByHand({ onFailure: undefined, onBeat: undefined, tolerance: 10 });
    const beating = hand.heartbeat.beat();
    await hand.peer.advance(10);
    await failureOf(beating);
  });
});

describe("a late echo", () => {
  it("is no round trip, and does not change the next beat", async () => {
    const hand = new ByHand({ interval: Infinity, tolerance: 100 });
    const first = hand.heartbeat.beat();
    const value = hand.takeBeat();
    await hand.peer.advance(100);
    await failureOf(first);
    await hand.echo(value);
    expect(hand.watch.roundTrips).toEqual([]);
    const second = hand.heartbeat.beat();
    hand.peer.clock.advance(30);
    await hand.echo(hand.takeBeat());
    expect(await second).toBe(30);
  });

  it("is not taken for the echo of the beat that is out", async () => {
    const hand = new ByHand({ interval: Infinity, tolerance: 100 });
    void hand.heartbeat.beat();
    const late = hand.takeBeat();
    await hand.peer.advance(100);
    const second = settledBy(hand.heartbeat.beat());
    await hand.echo(late);
    expect(second.settled).toBe(false);
  });
});

describe("any byte is a sign of life", () => {
  const LIFE: [string, (hand: ByHand) => void][] = [
    ["a stream", (hand) => void hand.sendOther(2)],
    ["an echo that matches no beat", (hand) => void hand.echo(Uint8Array.of(1, 2, 3, 4))],
    ["the first byte of an echo", (hand) => void hand.echo(hand.takeBeat().subarray(0, 1))],
    ["part of a frame's header", (hand) => hand.peer.sendBytes(Uint8Array.of(0))],
  ];

  it.each(LIFE)("%s: onFailure is not called, but beat() fails", async (_what, live) => {
    const hand = new ByHand({ interval: Infinity, endDeadSession: true });
    const beating = hand.heartbeat.beat();
    await hand.peer.advance(14_000);
    live(hand);
    await hand.peer.advance(1000);
    const error = await failureOf(beating);
    expect(error).toMatchObject(TIMEOUT);
    expect(error.message).toBe("heartbeat timeout: no echo has arrived for 15000 ms");
    expect(hand.watch.failures).toEqual([]);
    expect(hand.peer.sessionHasDestroyed).toBe(false);
    expect(hand.session.open().error).toBe(undefined);
  });

  it("but not one from before the beat", async () => {
    const hand = new ByHand({ interval: Infinity });
    await hand.sendOther(2);
    void hand.heartbeat.beat();
    await hand.peer.advance(15_000);
    expect(hand.watch.failures).toHaveLength(1);
  });

  it("and one after the last beat does not keep a peer alive that is silent from then on", async () => {
    const hand = new ByHand();
    await hand.peer.advance(10_000);
    await hand.sendOther(2);
    await hand.peer.advance(15_000);
    expect(hand.watch.failures).toHaveLength(0);
    await hand.peer.advance(15_000);
    expect(hand.watch.failures).toHaveLength(1);
  });
});

describe("a peer that sends no beats itself", () => {
  it("is not missed, as long as it answers", async () => {
    const { pair, client, server } = typedPair({ latency: [5, 5] });
    const { clock } = pair;
    const silent = new Watch(server, { clock, interval: Infinity });
    const { failures, roundTrips } = new Watch(client, { clock });
    await pair.advance(1_000_000);
    expect(failures).toEqual([]);
    expect(roundTrips).toHaveLength(100);
    expect(silent.failures).toEqual([]);
  });
});

describe("a peer that has stopped", () => {
  it("is found within an interval and the tolerance", async () => {
    const { pair, client, server } = typedPair({ latency: [5, 5] });
    const { clock } = pair;
    new Watch(server, { clock, interval: Infinity });
    const { failures, roundTrips } = new Watch(client, { clock });
    await pair.advance(35_000);
    expect(roundTrips).toHaveLength(3);
    stopServer(pair);
    await pair.advance(19_999);
    expect(failures).toHaveLength(0);
    await pair.advance(1);
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject(TIMEOUT);
  });

  it("with endDeadSession fails everything that waits, with HEARTBEAT_TIMEOUT", async () => {
    const { pair, client, server } = typedPair();
    const { clock } = pair;
    new Watch(server, { clock, interval: Infinity });
    const { heartbeat, failures } = new Watch(client, { clock, endDeadSession: true });
    const stream = client.open();
    await stream.write(Uint8Array.of(1));
    const blocked = stream.write(new Uint8Array(10_000_000));
    await pair.advance(15_000);
    stopServer(pair);
    await pair.advance(4999);
    // The regular beat at 20 s finds the silence. This beat still waits then.
    const beating = heartbeat.beat();
    await pair.advance(1);
    const waiting = [stream.read(), blocked, client.accept(), beating];
    const states = waiting.map(settledBy);
    await pair.advance(14_998);
    expect(states.map(({ settled }) => settled)).toEqual([false, false, false, false]);
    await pair.advance(2);
    for (const error of await Promise.all(waiting.map(failureOf))) {
      expect(error).toMatchObject({ code: "HEARTBEAT_TIMEOUT", scope: "session" });
    }
    expect(() => client.open()).toThrow(expect.objectContaining({ code: "HEARTBEAT_TIMEOUT" }));
    expect(failures).toHaveLength(1);
    await pair.advance(60_000);
    const { localError } = await client.closed;
    expect(localError).toMatchObject({ code: "HEARTBEAT_TIMEOUT" });
    expect(localError?.cause).toBe(failures[0]);
    expect(failures).toHaveLength(1);
  });

  it("with endDeadSession is not ended if the callback has stopped the heartbeat; no timer is left", async () => {
    const hand = new ByHand({
      interval: 100,
      tolerance: 100,
      endDeadSession: true,
      onFailure: () => hand.heartbeat.stop(),
    });
    await hand.peer.advance(200);
    expect(hand.peer.sessionHasDestroyed).toBe(false);
    expect(hand.session.open().error).toBe(undefined);
    expect(hand.peer.clock.timers).toEqual([]);
  });

  it("is reported before the session ends, so that the callback can still look at the session", async () => {
    const states: unknown[] = [];
    const hand = new ByHand({
      interval: 100,
      tolerance: 100,
      endDeadSession: true,
      onFailure: () => states.push(hand.session.stats().openStreams),
    });
    await hand.peer.advance(200);
    expect(states).toEqual([1]);
    expect(hand.session.stats().openStreams).toBe(0);
  });
});

describe("a thread that was blocked", () => {
  /** Runs the whole tolerance except its last timer. */
  async function comesBack(hand: ByHand): Promise<void> {
    await hand.peer.advance(14_999);
    // The platform runs timers that are due, and then reads the input that has arrived.
    hand.peer.clock.runNext();
    expect(hand.peer.clock.now()).toBe(15_000);
  }

  it("gets the echo that waits, although the timer of the beat fires first", async () => {
    const hand = new ByHand({ interval: Infinity, endDeadSession: true });
    const beating = hand.heartbeat.beat();
    const value = hand.takeBeat();
    await comesBack(hand);
    await hand.echo(value);
    await hand.peer.advance(0);
    expect(await beating).toBe(15_000);
    expect(hand.watch.failures).toEqual([]);
    expect(hand.peer.clock.timers).toEqual([]);
  });

  it.each([1001, 560, 110])(
    "from the moment of the beat, for %i ms, has not sent it yet: it begins anew",
    async (blocked) => {
      const hand = new ByHand({ interval: Infinity, tolerance: 1000, endDeadSession: true });
      const beating = hand.heartbeat.beat();
      hand.clock.sleep(blocked);
      hand.peer.clock.runNext();
      const [, value] = hand.takeBeats();
      await hand.peer.advance(999);
      expect(hand.watch.failures).toEqual([]);
      await hand.echo(value!);
      expect(await beating).toBe(999);
    },
  );

  it("takes any input that waits for a sign of life", async () => {
    const hand = new ByHand({ interval: Infinity, endDeadSession: true });
    const beating = hand.heartbeat.beat();
    await comesBack(hand);
    await hand.sendOther(2);
    await hand.peer.advance(0);
    await failureOf(beating);
    expect(hand.watch.failures).toEqual([]);
    expect(hand.peer.sessionHasDestroyed).toBe(false);
  });

  it("judges a silent peer, all the same", async () => {
    const hand = new ByHand({ interval: Infinity });
    void hand.heartbeat.beat();
    await comesBack(hand);
    expect(hand.watch.failures).toEqual([]);
    await hand.peer.advance(0);
    expect(hand.watch.failures).toHaveLength(1);
  });
});

describe("a peer that lives and does not answer", () => {
  it("gets a new stream for the next beat: half a value may have put it out of step for good", async () => {
    const hand = new ByHand({ interval: Infinity, tolerance: 100 });
    const first = hand.heartbeat.beat();
    hand.takeBeat();
    await hand.echo(Uint8Array.of(1, 2));
    await hand.peer.advance(100);
    await failureOf(first);
    expect(brief(hand.peer.take())).toEqual(["3: RST STREAM_CANCELLED"]);
    const second = hand.heartbeat.beat();
    await hand.echo(hand.takeBeat(), 5);
    expect(await second).toBeGreaterThan(0);
  });

  it("while the transport is stuck costs no memory: beats that were given up are not sent later", async () => {
    const hand = new ByHand({ interval: Infinity, tolerance: 100 });
    hand.peer.holdWrites();
    hand.peer.flush();
    for (const type of [1, 2]) {
      const stream = hand.session.open({ type });
      for (let kib = 0; kib < 160; kib += 4) void stream.write(new Uint8Array(4096));
    }
    const beats = Array.from({ length: 100 }, () => hand.heartbeat.beat());
    // As long as the output in front of them may need.
    await hand.peer.advance(60_000);
    for (const beat of beats) await failureOf(beat);
    expect(hand.session.stats().bytesToSend).toBeLessThan(300_000);
    hand.peer.releaseWrites();
    expect(hand.takeBeats().filter((body) => body.length === 4)).toEqual([]);
  });
});

describe("a beat whose peer has gone in the ordinary way", () => {
  it("is no failure of the heartbeat", async () => {
    const hand = new ByHand();
    const beating = hand.heartbeat.beat();
    hand.peer.send({ type: "goAway", lastStreamId: 3, errorCode: 0, debug: NOTHING });
    hand.peer.end();
    await hand.peer.settle();
    expect(await failureOf(beating)).toMatchObject({ scope: "session", origin: "remote" });
    expect(hand.watch.failures).toEqual([]);
  });
});
