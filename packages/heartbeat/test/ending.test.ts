// How a heartbeat ends, and how a beat that waits for its echo ends. No timer survives the session.

import { Heartbeat } from "@muxado/heartbeat";
import { type PendingTimer, rawPeer, uncaughtIn } from "@muxado/testkit";
import type { Stream } from "@muxado/core";
import { TypedSession } from "@muxado/typed";
import { describe, expect, it } from "vitest";
import { ByHand, failureOf, NOTHING, settledBy, TYPE, typedPair, Watch } from "./watched.ts";

const STREAM_CANCELLED = 6;
const STREAM_REFUSED = 5;

describe("the end of the session while a beat is out", () => {
  type Ending = (sides: ReturnType<typeof typedPair>) => void;
  const ENDINGS: [string, Ending, object][] = [
    [
      "closed here",
      ({ client }) => void client.close(),
      { code: "SESSION_CLOSED", scope: "session", origin: "local" },
    ],
    [
      "closed by the peer",
      ({ server }) => void server.close(),
      // It ends the streams that it does not wait for, and then the session.
      { code: "STREAM_CANCELLED", scope: "stream", origin: "remote" },
    ],
    [
      "destroyed here",
      ({ client }) => client.destroy(),
      { code: "SESSION_CLOSED", scope: "session", origin: "local" },
    ],
    [
      "destroyed here, for a reason",
      ({ client }) => client.destroy(new Error("out of cheese")),
      { code: "SESSION_CLOSED", scope: "session", origin: "local" },
    ],
    [
      "destroyed by the peer",
      ({ server }) => server.destroy(new Error("out of cheese")),
      { code: "SESSION_CLOSED", scope: "session", origin: "remote" },
    ],
    [
      "its transport lost",
      ({ pair }) => pair.link.client.fail(),
      { code: "TRANSPORT_FAILED", scope: "session" },
    ],
    [
      "its peer gone without a word",
      ({ pair }) => pair.breakAfter("client", 0, "end"),
      { code: "PEER_EOF", scope: "session", origin: "remote" },
    ],
  ];

  it.each(ENDINGS)("%s: beat() fails, and it is no failure of the heartbeat", async (...row) => {
    const [, end, expected] = row;
    const sides = typedPair({ latency: [1000, 1000] });
    const { pair, client, server } = sides;
    const { clock } = pair;
    const watches = [client, server].map((session) => new Watch(session, { clock }));
    const { heartbeat } = watches[0]!;
    await pair.drive();
    const beats = [heartbeat.beat(), heartbeat.beat()];
    pair.turns.end();
    end(sides);
    await pair.advance(9000);
    for (const beat of beats) expect(await failureOf(beat)).toMatchObject(expected);
    await Promise.all([client.closed, server.closed]);
    for (const { failures } of watches) expect(failures).toEqual([]);
    expect(clock.timers).toEqual([]);
  });

  it.each(ENDINGS)("%s: a regular beat takes no timer with it", async (_what, end) => {
    const sides = typedPair({ latency: [1000, 1000] });
    const { pair, client, server } = sides;
    const { clock } = pair;
    const { failures, roundTrips } = new Watch(client, { clock });
    new Watch(server, { clock, interval: Infinity });
    await pair.advance(9999);
    clock.advance(1);
    pair.turns.end();
    end(sides);
    await pair.advance(9000);
    await Promise.all([client.closed, server.closed]);
    expect({ failures, roundTrips }).toEqual({ failures: [], roundTrips: [] });
    expect(clock.timers).toEqual([]);
  });

  it("between its tolerance and the judgement leaves no timer, either", async () => {
    const hand = new ByHand({ interval: Infinity });
    const beating = hand.heartbeat.beat();
    await hand.peer.advance(0);
    hand.peer.clock.runNext();
    hand.session.destroy();
    hand.peer.end();
    await hand.peer.settle();
    expect(await failureOf(beating)).toMatchObject({ code: "SESSION_CLOSED" });
    expect(hand.peer.clock.timers).toEqual([]);
    expect(hand.watch.failures).toEqual([]);
  });
});

describe("a beat that is out when another has failed while the peer lives", () => {
  /** Two beats. The first has got no echo within its tolerance, but another byte has come. */
  async function overtaken(): Promise<{ hand: ByHand; second: Promise<number> }> {
    const hand = new ByHand({ interval: Infinity, tolerance: 1000, endDeadSession: true });
    const first = hand.heartbeat.beat();
    await hand.peer.advance(500);
    const second = hand.heartbeat.beat();
    hand.takeBeats();
    await hand.echo(Uint8Array.of(1, 2, 3, 4));
    await hand.peer.advance(500);
    expect(await failureOf(first)).toMatchObject({ code: "HEARTBEAT_TIMEOUT" });
    return { hand, second };
  }

  it("is sent again on the next stream, and is answered there", async () => {
    const { hand, second } = await overtaken();
    await hand.peer.advance(100);
    const value = hand.takeBeat();
    await hand.peer.advance(30);
    await hand.echo(value, 5);
    expect(await second).toBe(130);
  });

  it("has the rest of its own tolerance, and no more", async () => {
    const { hand, second } = await overtaken();
    await hand.peer.advance(500);
    expect(await failureOf(second)).toMatchObject({ code: "HEARTBEAT_TIMEOUT" });
  });

  it("fails with the error of the stream if there is no next stream", async () => {
    const hand = new ByHand({ interval: Infinity, tolerance: 1000 });
    const first = hand.heartbeat.beat();
    await hand.peer.advance(500);
    const second = hand.heartbeat.beat();
    const third = hand.heartbeat.beat();
    await hand.sendOther(2);
    hand.peer.send({ type: "goAway", lastStreamId: 3, errorCode: 0, debug: NOTHING });
    await hand.peer.advance(500);
    await failureOf(first);
    for (const beat of [second, third]) {
      expect(await failureOf(beat)).toMatchObject({ code: "REMOTE_GONE_AWAY" });
    }
    expect(hand.peer.clock.timers.filter(({ due }) => due < 10_000)).toEqual([]);
  });

  const ENDS: [string, (hand: ByHand) => void, string][] = [
    ["is destroyed", ({ session }) => session.destroy(), "SESSION_CLOSED"],
    ["is closed", ({ session }) => void session.close(), "SESSION_CLOSED"],
    ["loses its peer", ({ peer }) => peer.end(), "PEER_EOF"],
    ["loses its transport", ({ peer }) => peer.end(new Error("cable")), "TRANSPORT_FAILED"],
    ["is broken", ({ peer }) => peer.sendBytes(new Uint8Array(20).fill(255)), "PROTOCOL_ERROR"],
  ];

  it.each(ENDS)(
    "settles at once when the session %s, and onFailure is not called",
    async (...row) => {
      const [, end, code] = row;
      const { hand, second } = await overtaken();
      const state = settledBy(second);
      end(hand);
      await hand.peer.settle();
      expect(state.settled).toBe(true);
      const error = await failureOf(second);
      expect(error).toMatchObject({ scope: "session" });
      if (code !== "PROTOCOL_ERROR") expect(error.code).toBe(code);
      await hand.peer.advance(60_000);
      expect(hand.watch.failures).toEqual([]);
    },
  );
});

describe("a heartbeat stream that somebody who watches all streams ends as soon as it is there", () => {
  type Command = (peer: ReturnType<typeof rawPeer>, streams: readonly Stream[]) => void;
  const COMMANDS: [string, Command][] = [
    ["closes", (_peer, streams) => streams.forEach((stream) => void stream.close())],
    ["half-closes", (_peer, streams) => streams.forEach((stream) => void stream.closeWrite())],
    ["resets", (_peer, streams) => streams.forEach((stream) => stream.reset())],
    ["ends with the session", (peer) => peer.session.destroy()],
  ];

  it.each(COMMANDS)(
    "and %s: each beat fails at once, and onFailure is not called",
    async (_how, command) => {
      let isWatching = true;
      const peer = rawPeer({
        role: "client",
        watcher: { opened: (stream) => isWatching && command(peer, [stream]) },
      });
      const session = new TypedSession(peer.session, { clock: peer.clock });
      const watch = new Watch(session, { clock: peer.clock, endDeadSession: true });
      const { signal } = new AbortController();
      const thrown = await uncaughtIn(async () => {
        for (const options of [{}, { signal }, { signal }]) {
          const state = settledBy(watch.heartbeat.beat(options));
          await peer.settle();
          expect(state.settled).toBe(true);
        }
        await peer.advance(60_000);
      });
      expect(thrown).toEqual([]);
      expect(watch.failures).toEqual([]);
      isWatching = false;
    },
  );

  it("and leaves the next one: that stream carries beats as usual", async () => {
    let isWatching = true;
    const peer = rawPeer({
      role: "client",
      watcher: { opened: (stream) => void (isWatching && stream.close()) },
    });
    const session = new TypedSession(peer.session, { clock: peer.clock });
    const watch = new Watch(session, { clock: peer.clock });
    const { signal } = new AbortController();
    const failing = watch.heartbeat.beat({ signal });
    expect(await failureOf(failing)).toMatchObject({ code: "WRITE_AFTER_END", origin: "local" });
    isWatching = false;
    const beating = watch.heartbeat.beat({ signal });
    const frames = peer.take();
    const beat = frames.at(-1)!;
    expect(beat).toMatchObject({ type: "data", streamId: 5 });
    peer.send(beat);
    await peer.settle();
    expect(await beating).toBeGreaterThan(0);
  });
});

describe("after the end of the session", () => {
  it("beat() fails with the error of the session", async () => {
    const hand = new ByHand();
    hand.session.destroy();
    const early = failureOf(hand.heartbeat.beat());
    hand.peer.end();
    await hand.peer.settle();
    const story = { code: "SESSION_CLOSED", scope: "session", origin: "local" };
    expect(await early).toMatchObject(story);
    expect(await failureOf(hand.heartbeat.beat())).toMatchObject(story);
  });

  it("no beat is due any more, even while the transport has yet to end", async () => {
    const hand = new ByHand();
    const isBeat = ({ due }: PendingTimer): boolean => due === 10_000;
    expect(hand.peer.clock.timers.filter(isBeat)).toHaveLength(1);
    // So no timer of the session is due at the time of a beat.
    await hand.peer.advance(1);
    hand.session.destroy();
    await hand.peer.settle();
    expect(hand.peer.clock.timers).not.toEqual([]);
    expect(hand.peer.clock.timers.filter(isBeat)).toEqual([]);
  });

  it("neither the interval nor stop() has any effect", async () => {
    const hand = new ByHand();
    hand.session.destroy();
    hand.peer.end();
    await hand.peer.settle();
    hand.heartbeat.interval = 10;
    hand.heartbeat.tolerance = 10;
    hand.heartbeat.stop();
    expect(hand.peer.clock.timers).toEqual([]);
  });

  it("a new heartbeat is over at once", async () => {
    const peer = rawPeer();
    const session = new TypedSession(peer.session, { clock: peer.clock });
    session.destroy();
    peer.end();
    await peer.settle();
    const heartbeat = new Heartbeat(session, { clock: peer.clock });
    await peer.settle();
    expect(peer.clock.timers).toEqual([]);
    expect(await failureOf(heartbeat.beat())).toMatchObject({ code: "SESSION_CLOSED" });
  });
});

describe("a graceful close", () => {
  it("does not wait for the heartbeats of either side", async () => {
    for (const closer of ["client", "server"] as const) {
      const sides = typedPair({ latency: [10, 10] });
      const { pair, client, server } = sides;
      const { clock } = pair;
      for (const session of [client, server]) new Watch(session, { clock });
      await pair.advance(11_000);
      const closing = settledBy(sides[closer].close({ timeout: Infinity }));
      await pair.advance(100);
      expect(closing.settled).toBe(true);
      expect(await client.closed).toMatchObject({ localError: undefined, remoteError: undefined });
      expect(await server.closed).toMatchObject({ localError: undefined, remoteError: undefined });
      expect(clock.timers).toEqual([]);
    }
  });

  it("ends the stream with RST(STREAM_CANCELLED), too", async () => {
    const hand = new ByHand();
    hand.peer.take();
    void hand.session.close();
    const [first, ...others] = hand.peer.take();
    expect(first).toEqual({ type: "reset", streamId: 3, errorCode: STREAM_CANCELLED });
    expect(others).toMatchObject([{ type: "goAway", errorCode: 0 }]);
  });

  it("that waits for something else does not end the heartbeat before it is done", async () => {
    const hand = new ByHand({ endDeadSession: true });
    const stream = hand.session.open();
    void stream.write(Uint8Array.of(1));
    await hand.peer.settle();
    hand.takeBeats();
    const closing = hand.session.close({ timeout: Infinity });
    await hand.peer.advance(10_000);
    await hand.echo(hand.takeBeat());
    expect(hand.watch.roundTrips).toHaveLength(1);
    await hand.peer.advance(25_000);
    expect(hand.watch.failures).toHaveLength(1);
    hand.peer.end();
    await closing;
    expect(stream.error).toMatchObject({ code: "HEARTBEAT_TIMEOUT" });
  });
});

describe("stop()", () => {
  it("ends the stream with RST(STREAM_CANCELLED), and never with FIN", async () => {
    const hand = new ByHand();
    hand.peer.take();
    hand.heartbeat.stop();
    expect(hand.peer.take()).toEqual([{ type: "reset", streamId: 3, errorCode: STREAM_CANCELLED }]);
  });

  it("fails the beats that are out, does not call onFailure, leaves no timer, and the session continues", async () => {
    const hand = new ByHand();
    await hand.peer.advance(10_000);
    const beats = [hand.heartbeat.beat(), hand.heartbeat.beat()];
    hand.heartbeat.stop();
    for (const beat of beats) {
      const error = await failureOf(beat);
      expect(error).toMatchObject({ code: "STREAM_CANCELLED", scope: "stream", origin: "local" });
      expect(error.message).toContain("the heartbeat was stopped");
    }
    expect(hand.peer.clock.timers).toEqual([]);
    await hand.peer.advance(100_000);
    expect(hand.watch).toMatchObject({ roundTrips: [], failures: [] });
    expect(hand.session.open().error).toBe(undefined);
  });

  it("is for good: neither beat() nor the interval begins again", async () => {
    const hand = new ByHand();
    hand.heartbeat.stop();
    hand.heartbeat.stop();
    hand.peer.take();
    hand.heartbeat.interval = 10;
    expect(await failureOf(hand.heartbeat.beat())).toMatchObject({ code: "STREAM_CANCELLED" });
    await hand.peer.advance(1000);
    expect(hand.peer.take()).toEqual([]);
    expect(hand.peer.clock.timers).toEqual([]);
  });

  it("is harmless when repeated, also for a heartbeat that has come after it", async () => {
    const peer = rawPeer();
    const { clock } = peer;
    const session = new TypedSession(peer.session, { clock });
    const old = new Heartbeat(session, { clock });
    old.stop();
    new Heartbeat(session, { clock });
    old.stop();
    peer.take();
    peer.send({ type: "data", streamId: 3, syn: true, fin: false, body: TYPE });
    peer.send({
      type: "data",
      streamId: 3,
      syn: false,
      fin: false,
      body: Uint8Array.of(1, 2, 3, 4),
    });
    await peer.settle();
    expect(peer.take()).toMatchObject([{ streamId: 3, body: Uint8Array.of(1, 2, 3, 4) }]);
  });

  it("ends the answering, too, and gives the type back", async () => {
    const peer = rawPeer();
    const session = new TypedSession(peer.session, { clock: peer.clock });
    const heartbeat = new Heartbeat(session, { clock: peer.clock });
    peer.send({ type: "data", streamId: 3, syn: true, fin: false, body: TYPE });
    await peer.settle();
    peer.take();
    heartbeat.stop();
    expect(peer.take()).toContainEqual({ type: "reset", streamId: 3, errorCode: STREAM_CANCELLED });
    peer.send({ type: "data", streamId: 5, syn: true, fin: false, body: TYPE });
    await peer.settle();
    expect((await session.accept()).id).toBe(5);
  });

  it("may be called by a callback", async () => {
    const hand = new ByHand({ onBeat: () => hand.heartbeat.stop() });
    const beats = [hand.heartbeat.beat(), hand.heartbeat.beat()];
    const [first, second] = hand.takeBeats();
    hand.peer.clock.advance(1);
    await hand.echo(Uint8Array.of(...first!, ...second!));
    expect(await beats[0]).toBe(1);
    await failureOf(beats[1]!);
    expect(hand.peer.clock.timers).toEqual([]);
  });
});

describe("a peer that ends our heartbeat stream", () => {
  type End = (hand: ByHand, streamId: number) => void;
  const reset: End = ({ peer }, streamId) =>
    peer.send({ type: "reset", streamId, errorCode: STREAM_REFUSED });
  const halfClose: End = ({ peer }, streamId) =>
    peer.send({ type: "data", streamId, syn: false, fin: true, body: NOTHING });
  const ENDS: [string, End, object][] = [
    ["with a reset", reset, { code: "STREAM_REFUSED", origin: "remote", streamId: 3 }],
    ["with FIN", halfClose, { code: "STREAM_CLOSED", origin: "remote", streamId: 3 }],
  ];

  it.each(ENDS)(
    "%s fails the beats that are out, and nothing else",
    async (_how, end, expected) => {
      const hand = new ByHand({ interval: Infinity, endDeadSession: true });
      const beats = [hand.heartbeat.beat(), hand.heartbeat.beat()];
      hand.takeBeats();
      end(hand, 3);
      await hand.peer.settle();
      for (const beat of beats) expect(await failureOf(beat)).toMatchObject(expected);
      expect(hand.watch.failures).toEqual([]);
      expect(hand.peer.clock.timers).toEqual([]);
      expect(hand.session.open().error).toBe(undefined);
    },
  );

  it.each(ENDS)("%s finds the next beat on another stream", async (_how, end) => {
    const hand = new ByHand();
    hand.takeBeats();
    end(hand, 3);
    await hand.peer.settle();
    hand.takeBeats();
    await hand.peer.advance(10_000);
    const frames = hand.peer.take();
    expect(frames[0]).toEqual({ type: "data", streamId: 5, syn: true, fin: false, body: TYPE });
    expect(frames).toHaveLength(2);
    const [, beat] = frames;
    expect(beat).toMatchObject({ type: "data", streamId: 5, syn: false, fin: false });
    await hand.echo(beat!.type === "data" ? beat!.body : NOTHING, 5);
    expect(hand.watch.roundTrips).toHaveLength(1);
  });

  it("does not disturb the beat that is sent in the same turn, on the next one", async () => {
    const hand = new ByHand({ interval: Infinity });
    hand.takeBeats();
    halfClose(hand, 3);
    const beating = hand.heartbeat.beat();
    await hand.peer.settle();
    await hand.echo(hand.takeBeat(), 5);
    await beating;
  });

  it("with FIN gets a reset for it, once", async () => {
    const hand = new ByHand();
    hand.takeBeats();
    halfClose(hand, 3);
    await hand.peer.settle();
    expect(hand.peer.take()).toEqual([{ type: "reset", streamId: 3, errorCode: STREAM_CANCELLED }]);
  });

  it("every time does not stop the regular beats", async () => {
    const hand = new ByHand();
    for (let streamId = 3; streamId < 23; streamId += 2) {
      reset(hand, streamId);
      await hand.peer.settle();
      await hand.peer.advance(10_000);
    }
    expect(hand.takeBeats().length).toBe(10);
    expect(hand.watch.failures).toEqual([]);
  });

  it("and falls silent is found by the beat on the next stream", async () => {
    const hand = new ByHand();
    reset(hand, 3);
    await hand.peer.advance(25_000);
    expect(hand.watch.failures).toHaveLength(1);
  });
});

describe("a session that opens no stream", () => {
  it("because it is closing already fails beat() with that, and its close is not held up", async () => {
    const peer = rawPeer();
    const session = new TypedSession(peer.session, { clock: peer.clock });
    peer.send({ type: "data", streamId: 3, syn: true, fin: false, body: new Uint8Array(4) });
    const stream = await session.accept();
    const closing = session.close();
    const watch = new Watch(session, { clock: peer.clock });
    expect(await failureOf(watch.heartbeat.beat())).toMatchObject({ code: "SESSION_CLOSED" });
    await peer.advance(20_000);
    expect(watch.failures).toEqual([]);
    stream.reset();
    peer.flush();
    peer.end();
    await closing;
    await peer.settle();
    expect(peer.clock.timers).toEqual([]);
  });

  it("because it is at its limit opens it when there is room", async () => {
    const peer = rawPeer({ role: "client", maxOutboundStreams: 1 });
    const session = new TypedSession(peer.session, { clock: peer.clock });
    const stream = session.open();
    const watch = new Watch(session, { clock: peer.clock });
    expect(await failureOf(watch.heartbeat.beat())).toMatchObject({ code: "STREAM_LIMIT" });
    await peer.advance(10_000);
    stream.reset();
    peer.take();
    await peer.advance(10_000);
    expect(peer.take()).toMatchObject([
      { streamId: 5, syn: true },
      { streamId: 5, syn: false },
    ]);
    expect(watch.failures).toEqual([]);
  });
});
