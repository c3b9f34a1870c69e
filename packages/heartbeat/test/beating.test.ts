// When the heartbeat sends beats, how they look on the wire, and what their echoes show.

import { Heartbeat } from "@muxado/heartbeat";
import { rawPeer, uncaughtIn, wires } from "@muxado/testkit";
import { TypedSession } from "@muxado/typed";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ByHand, failureOf, settledBy, TYPE, typedPair, Watch } from "./watched.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("on the wire", () => {
  it("the stream is opened at once, with its type alone on the frame with SYN", () => {
    const { peer } = new ByHand();
    expect(peer.take()).toEqual([{ type: "data", streamId: 3, syn: true, fin: false, body: TYPE }]);
  });

  it("each beat is a frame of its own, of exactly 4 bytes", async () => {
    const { peer, heartbeat } = new ByHand();
    peer.take();
    void heartbeat.beat();
    void heartbeat.beat();
    const frames = peer.take();
    expect(frames).toHaveLength(2);
    for (const frame of frames) {
      expect(frame).toMatchObject({ type: "data", streamId: 3, syn: false, fin: false });
      expect(frame.type === "data" && frame.body.length).toBe(4);
    }
  });

  it("the type and the first beat are frames of their own even in one turn", () => {
    const { peer, heartbeat } = new ByHand();
    void heartbeat.beat();
    expect(peer.take().map((frame) => frame.type === "data" && frame.body.length)).toEqual([4, 4]);
  });

  it("no two beats have the same value", async () => {
    const { peer, heartbeat } = new ByHand();
    for (let count = 0; count < 200; count++) void heartbeat.beat();
    const values = peer.take().map((frame) => frame.type === "data" && String(frame.body));
    expect(new Set(values).size).toBe(201);
  });

  it("a value that is out already is drawn again", () => {
    const draws = [7, 7, 7, 8];
    const getRandomValues = (array: Uint32Array): Uint32Array => {
      array[0] = draws.shift()!;
      return array;
    };
    vi.stubGlobal("crypto", { getRandomValues });
    const hand = new ByHand();
    void hand.heartbeat.beat();
    void hand.heartbeat.beat();
    expect(hand.takeBeats()).toEqual([Uint8Array.of(0, 0, 0, 7), Uint8Array.of(0, 0, 0, 8)]);
  });
});

describe("a regular beat", () => {
  it("is sent every 10 s by default, the first after 10 s", async () => {
    const { pair, client, server } = typedPair();
    const { clock } = pair;
    const { roundTrips, heartbeat } = new Watch(client, { clock });
    new Watch(server, { clock, interval: Infinity });
    expect(heartbeat.interval).toBe(10_000);
    expect(heartbeat.tolerance).toBe(15_000);
    await pair.advance(9999);
    expect(roundTrips).toHaveLength(0);
    await pair.advance(1);
    await pair.drive();
    expect(roundTrips).toHaveLength(1);
    await pair.advance(10_000);
    await pair.drive();
    expect(roundTrips).toHaveLength(2);
  });

  it("waits until the one before has its outcome, and comes then at once if it is late", async () => {
    const hand = new ByHand({ interval: 100, tolerance: 1000 });
    await hand.peer.advance(100);
    const first = hand.takeBeat();
    await hand.peer.advance(450);
    expect(hand.takeBeats()).toHaveLength(0);
    await hand.echo(first);
    await hand.peer.advance(0);
    expect(hand.takeBeats()).toHaveLength(1);
  });

  it.each(wires)(
    "is sent by both sides at once, each on a stream of its own, on $name",
    async ({ wire }) => {
      const { pair, client, server } = typedPair({ session: { wire }, latency: [20, 20] });
      const { clock } = pair;
      const watches = [client, server].map((session) => new Watch(session, { clock }));
      await pair.advance(30_100);
      for (const { roundTrips, failures } of watches) {
        expect(roundTrips).toEqual([40, 40, 40]);
        expect(failures).toEqual([]);
      }
    },
  );
});

describe("an echo", () => {
  it("shows the round trip in milliseconds", async () => {
    const { pair, client, server } = typedPair({ latency: [70, 70] });
    const { clock } = pair;
    const { heartbeat, roundTrips } = new Watch(client, { clock });
    new Watch(server, { clock });
    const beating = heartbeat.beat();
    await pair.advance(140);
    await pair.drive();
    expect(await beating).toBe(140);
    expect(roundTrips).toEqual([140]);
  });

  it("that takes no time on the clock shows a round trip of more than 0", async () => {
    const { pair, client, server } = typedPair();
    const { clock } = pair;
    const { heartbeat, roundTrips } = new Watch(client, { clock });
    new Watch(server, { clock });
    const beating = heartbeat.beat();
    await pair.drive();
    const roundTrip = await beating;
    expect(roundTrip).toBeGreaterThan(0);
    expect(roundTrip).toBeLessThan(1);
    expect(roundTrips).toEqual([roundTrip]);
    expect(clock.now()).toBe(0);
  });

  it("may come in pieces of 1 byte", async () => {
    const hand = new ByHand();
    const beating = hand.heartbeat.beat();
    const state = settledBy(beating);
    const value = hand.takeBeat();
    for (const byte of value) {
      expect(state.settled).toBe(false);
      hand.peer.clock.advance(5);
      await hand.echo(Uint8Array.of(byte));
    }
    expect(await beating).toBe(20);
    // The pieces of the next echo are not mixed up with them.
    const next = hand.heartbeat.beat();
    await hand.echo(hand.takeBeat());
    await next;
  });

  it("may come together with others, and in another order", async () => {
    const hand = new ByHand();
    const beats = [hand.heartbeat.beat(), hand.heartbeat.beat()];
    const [first, second] = hand.takeBeats();
    hand.peer.clock.advance(30);
    await hand.echo(Uint8Array.of(...second!, ...first!));
    expect(await Promise.all(beats)).toEqual([30, 30]);
    expect(hand.watch.roundTrips).toEqual([30, 30]);
  });

  it("that matches no beat is ignored", async () => {
    const hand = new ByHand();
    const beating = hand.heartbeat.beat();
    const state = settledBy(beating);
    const value = hand.takeBeat();
    const other = value.map((byte) => byte ^ 0x55);
    await hand.echo(other);
    expect(state.settled).toBe(false);
    expect(hand.watch.roundTrips).toEqual([]);
    await hand.echo(value);
    await beating;
  });

  it("counts once, however often it comes", async () => {
    const hand = new ByHand();
    const beating = hand.heartbeat.beat();
    const value = hand.takeBeat();
    await hand.echo(value);
    await hand.echo(value);
    await beating;
    expect(hand.watch.roundTrips).toHaveLength(1);
  });

  it("is passed to a callback; an error of the callback is an uncaught exception of its own", async () => {
    const mistake = new Error("in onBeat");
    const hand = new ByHand({
      onBeat: () => {
        throw mistake;
      },
    });
    const beats = [hand.heartbeat.beat(), hand.heartbeat.beat()];
    const [first, second] = hand.takeBeats();
    const thrown = await uncaughtIn(() => hand.echo(Uint8Array.of(...first!, ...second!)));
    await Promise.all(beats);
    expect(thrown).toEqual([mistake, mistake]);
  });
});

describe("beat()", () => {
  it("does not move the regular beats", async () => {
    const { pair, client, server } = typedPair();
    const { clock } = pair;
    const { heartbeat, roundTrips } = new Watch(client, { clock });
    new Watch(server, { clock });
    await pair.advance(9000);
    void heartbeat.beat();
    await pair.advance(1000);
    await pair.drive();
    expect(roundTrips).toHaveLength(2);
  });

  it("sends the only beats when the interval is Infinity", async () => {
    const hand = new ByHand({ interval: Infinity });
    expect(hand.peer.clock.timers).toEqual([]);
    await hand.peer.advance(1_000_000);
    expect(hand.takeBeats()).toEqual([]);
    const beating = hand.heartbeat.beat();
    await hand.echo(hand.takeBeat());
    await beating;
    expect(hand.peer.clock.timers).toEqual([]);
  });

  it("sends nothing if its signal has aborted", async () => {
    const hand = new ByHand({ interval: Infinity });
    const reason = new Error("never mind");
    const beating = hand.heartbeat.beat({ signal: AbortSignal.abort(reason) });
    await expect(beating).rejects.toBe(reason);
    expect(hand.takeBeats()).toEqual([]);
  });

  it("rejects with the reason of its signal; the beat is forgotten, and its echo ignored", async () => {
    const hand = new ByHand({ interval: Infinity });
    const controller = new AbortController();
    const beating = hand.heartbeat.beat({ signal: controller.signal });
    const value = hand.takeBeat();
    const reason = new Error("never mind");
    controller.abort(reason);
    await expect(beating).rejects.toBe(reason);
    expect(hand.peer.clock.timers).toEqual([]);
    await hand.echo(value);
    await hand.peer.advance(100_000);
    expect(hand.watch).toMatchObject({ roundTrips: [], failures: [] });
  });

  it("leaves nothing on its signal once it has settled", async () => {
    const hand = new ByHand();
    const { signal } = new AbortController();
    const removed = vi.spyOn(signal, "removeEventListener");
    const added = vi.spyOn(signal, "addEventListener");
    const beating = hand.heartbeat.beat({ signal });
    await hand.echo(hand.takeBeat());
    await beating;
    expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(
      added.mock.calls.map(([, listener]) => listener),
    );
  });

  it("may be dropped: its rejection is not unhandled", async () => {
    const reported = vi.fn();
    process.on("unhandledRejection", reported);
    const hand = new ByHand({ tolerance: 10 });
    void hand.heartbeat.beat();
    await hand.peer.advance(10);
    await new Promise(setImmediate);
    process.off("unhandledRejection", reported);
    expect(reported).not.toHaveBeenCalled();
    expect(hand.watch.failures).toHaveLength(1);
  });
});

describe("the interval", () => {
  it("changed while running counts from the last beat", async () => {
    const hand = new ByHand();
    await hand.peer.advance(10_000);
    await hand.echo(hand.takeBeat());
    await hand.peer.advance(1000);
    hand.heartbeat.interval = 3000;
    expect(hand.heartbeat.interval).toBe(3000);
    await hand.peer.advance(1999);
    expect(hand.takeBeats()).toHaveLength(0);
    await hand.peer.advance(1);
    expect(hand.takeBeats()).toHaveLength(1);
  });

  it("that is already over when it is set causes a beat now", async () => {
    const hand = new ByHand();
    await hand.peer.advance(5000);
    hand.heartbeat.interval = 2000;
    expect(hand.takeBeats()).toHaveLength(0);
    await hand.peer.advance(0);
    expect(hand.takeBeats()).toHaveLength(1);
  });

  it("changed while a beat is out applies once that beat has its outcome", async () => {
    const hand = new ByHand();
    await hand.peer.advance(10_000);
    const value = hand.takeBeat();
    hand.heartbeat.interval = 500;
    await hand.peer.advance(700);
    expect(hand.takeBeats()).toHaveLength(0);
    await hand.echo(value);
    await hand.peer.advance(0);
    expect(hand.takeBeats()).toHaveLength(1);
  });

  it("of Infinity ends the regular beats, until it is another", async () => {
    const hand = new ByHand();
    hand.heartbeat.interval = Infinity;
    expect(hand.peer.clock.timers).toEqual([]);
    await hand.peer.advance(60_000);
    hand.heartbeat.interval = 61_000;
    await hand.peer.advance(1000);
    expect(hand.takeBeats()).toHaveLength(1);
  });

  it("may be longer than a platform's timers can wait", async () => {
    const hand = new ByHand({ interval: 2 ** 40 });
    expect(hand.peer.clock.timers.map(({ due }) => due)).toEqual([2 ** 31 - 1]);
  });

  it.each([0, 0.5, -1, Number.NaN])("is not %s", (interval) => {
    const session = new TypedSession(rawPeer().session);
    expect(() => new Heartbeat(session, { interval })).toThrow(RangeError);
    const { heartbeat, peer } = new ByHand();
    expect(() => (heartbeat.interval = interval)).toThrow(RangeError);
    expect(heartbeat.interval).toBe(10_000);
    expect(peer.clock.timers).toHaveLength(1);
  });
});

describe("the tolerance", () => {
  it("changed while running applies to later beats, not to those that are out", async () => {
    const hand = new ByHand({ interval: Infinity });
    const before = settledBy(hand.heartbeat.beat());
    hand.heartbeat.tolerance = 1000;
    expect(hand.heartbeat.tolerance).toBe(1000);
    const after = hand.heartbeat.beat();
    await hand.peer.advance(999);
    expect(hand.watch.failures).toHaveLength(0);
    await hand.peer.advance(1);
    expect(await failureOf(after)).toMatchObject({ code: "HEARTBEAT_TIMEOUT" });
    await hand.peer.advance(13_999);
    expect(before.settled).toBe(false);
    await hand.peer.advance(1);
    expect(before.settled).toBe(true);
    expect(hand.watch.failures).toHaveLength(2);
  });

  it.each([0, -1, Number.NaN, 2 ** 31, Infinity])("is not %s", (tolerance) => {
    const session = new TypedSession(rawPeer().session);
    expect(() => new Heartbeat(session, { tolerance })).toThrow(RangeError);
    const { heartbeat } = new ByHand();
    expect(() => (heartbeat.tolerance = tolerance)).toThrow(RangeError);
    expect(heartbeat.tolerance).toBe(15_000);
  });
});

describe("a session", () => {
  it("has one heartbeat at a time", () => {
    const { session, heartbeat, peer } = new ByHand();
    peer.take();
    expect(() => new Heartbeat(session)).toThrow(TypeError);
    expect(peer.take()).toEqual([]);
    heartbeat.stop();
    new Heartbeat(session).stop();
  });

  it("that was given wrong options can still have one", () => {
    const peer = rawPeer();
    const session = new TypedSession(peer.session);
    expect(() => new Heartbeat(session, { interval: -1 })).toThrow("interval");
    new Heartbeat(session).stop();
  });
});
