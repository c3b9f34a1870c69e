// The keep-alive: a ping each interval, and a sign of life within the timeout. Spec §9.

import type { Clock, Session, Timer } from "@muxado/core";
import { connectedPair, stopCalendar } from "@muxado/testkit";
import { yamux } from "@muxado/yamux";
import { describe, expect, it, vi } from "vitest";
import { data, flag, goAway, Peer, type PeerOptions, ping, pong, stateOf } from "./peer.ts";

stopCalendar();

/** Returns a session that keeps itself alive, by default with the default options. */
function alive(options: PeerOptions = {}): Peer {
  return new Peer({ keepAlive: undefined, ...options });
}

/** Returns why the session ended; undefined while it has not. */
async function endOf(peer: Peer): Promise<unknown> {
  const state = stateOf(peer.session.closed);
  await peer.settle();
  return state.value?.localError;
}

const TIMEOUT = { code: "HEARTBEAT_TIMEOUT", scope: "session", origin: "remote" };

describe("the interval", () => {
  it("is 30 s by default, and the timeout 10 s", async () => {
    const peer = alive();
    await peer.advance(29_999);
    expect(peer.take()).toEqual([]);
    await peer.advance(1);
    expect(peer.take()).toEqual(["ping 0"]);
    await peer.advance(9999);
    expect(await endOf(peer)).toBe(undefined);
    await peer.advance(1);
    await peer.advance(0);
    expect(peer.take()).toEqual(["goAway 2"]);
    await peer.advance(1000);
    expect(await endOf(peer)).toMatchObject(TIMEOUT);
    expect(await endOf(peer)).toHaveProperty(
      "cause.message",
      "heartbeat timeout: no answer to a ping and nothing else has arrived for 10000 ms",
    );
  });

  it("is the option", async () => {
    const peer = alive({ keepAlive: 100, pingTimeout: 50 });
    await peer.advance(100);
    expect(peer.take()).toEqual(["ping 0"]);
    await peer.advance(50);
    await peer.advance(0);
    expect(peer.take()).toEqual(["goAway 2"]);
  });

  it("of Infinity is off: no ping, no timer", async () => {
    const peer = alive({ keepAlive: Infinity });
    expect(peer.clock.timers).toEqual([]);
    await peer.advance(86_400_000);
    expect(peer.take()).toEqual([]);
  });

  it("continues as long as the peer answers", async () => {
    const peer = alive();
    for (let value = 0; value < 20; value++) {
      await peer.advance(30_000);
      // The answers to the earlier pings have moved this ping a little.
      await peer.advance(1250);
      expect(peer.take()).toEqual([`ping ${value}`]);
      peer.send(pong(value));
      await peer.advance(1250);
    }
    expect(await endOf(peer)).toBe(undefined);
  });

  it("that is longer than timers can wait is as long as they can", () => {
    const peer = alive({ keepAlive: Number.MAX_SAFE_INTEGER });
    expect(peer.clock.timers).toEqual([expect.objectContaining({ due: 2 ** 31 - 1 })]);
  });

  it.each([
    ["keepAlive", 0],
    ["keepAlive", -1],
    ["keepAlive", 1.5],
    ["keepAlive", Number.NaN],
    ["keepAlive", "1000"],
    ["keepAlive", null],
    ["pingTimeout", 0],
    ["pingTimeout", -1],
    ["pingTimeout", 0.5],
    ["pingTimeout", Number.NaN],
    ["pingTimeout", Infinity],
    ["pingTimeout", 2 ** 31],
    ["pingTimeout", "1000"],
    ["pingTimeout", null],
  ])("%s: %s is out of range, told before there is a session", (name, value) => {
    const making = (): unknown => yamux({ [name]: value });
    expect(making).toThrow(RangeError);
    expect(making).toThrow(`${name} must be a whole number from 1 to `);
    // This also holds when the option would have no effect.
    expect(() => yamux({ keepAlive: Infinity, [name]: value })).toThrow(RangeError);
  });

  it.each([{ keepAlive: 1 }, { pingTimeout: 1 }, { pingTimeout: 2 ** 31 - 1 }])(
    "%o is in range",
    (options) => {
      expect(() => yamux(options)).not.toThrow();
    },
  );

  it("is each session's own, though they share a wire", async () => {
    const pair = connectedPair({ session: { wire: yamux() } });
    await pair.advance(100_000);
    // Each session sends pings, and each answers.
    expect(pair.client.stats()).toMatchObject({ framesSent: 6, framesReceived: 6 });
    pair.client.destroy();
    await pair.advance(5000);
    expect(pair.clock.timers).toEqual([]);
  });
});

describe("any byte is a sign of life", () => {
  it.each<[string, (peer: Peer) => void]>([
    ["the answer", (peer) => peer.send(pong(0))],
    ["the answer to another ping", (peer) => peer.send(pong(99))],
    ["a ping of the peer's own", (peer) => peer.send(ping(1))],
    ["a stream", (peer) => peer.send(flag(2, "SYN"))],
    ["a frame on no stream", (peer) => peer.send(flag(77, "FIN"))],
    ["the beginning of a header", (peer) => peer.sendBytes(Uint8Array.of(0))],
  ])("%s", async (_what, live) => {
    const peer = alive();
    await peer.advance(30_000);
    peer.take();
    await peer.advance(9999);
    live(peer);
    await peer.advance(1);
    await peer.advance(0);
    await peer.advance(29_999);
    peer.take();
    expect(await endOf(peer)).toBe(undefined);
    // The next ping follows one interval later.
    await peer.advance(1);
    expect(peer.take()).toEqual(["ping 1"]);
  });

  it("but not one from before the ping", async () => {
    const peer = alive();
    await peer.advance(29_999);
    peer.send(ping(1));
    await peer.advance(1 + 10_000);
    await peer.advance(0);
    expect(peer.take()).toContain("goAway 2");
  });

  it("so that a peer which never answers pings, but sends, lives; and nothing is kept of the pings", async () => {
    const peer = alive({ keepAlive: 1000, pingTimeout: 100 });
    for (let second = 0; second < 1000; second++) {
      await peer.advance(1000);
      peer.send(flag(2, "FIN"));
      peer.clock.advance(100);
    }
    await peer.settle();
    expect(await endOf(peer)).toBe(undefined);
    expect(peer.take().length).toBeGreaterThan(900);
    expect(peer.clock.timers).toHaveLength(1);
    // Only the last ping may still be answered: the session has given up the earlier ones.
    for (let value = 0; value < 900; value++) peer.send(pong(value));
    expect(peer.session.stats().roundTrip).toBe(undefined);
  });
});

describe("silence", () => {
  it("ends the session, and fails everything that waits", async () => {
    const peer = alive();
    const stream = peer.session.open();
    const waiting = [
      stream.read(),
      stream.write(new Uint8Array(1_000_000)),
      peer.session.accept(),
      peer.session.ping(),
    ].map((promise) => stateOf<unknown>(promise));
    await peer.advance(30_000);
    await peer.advance(10_000);
    await peer.advance(0);
    for (const { error } of waiting) {
      expect(error).toMatchObject({ code: "HEARTBEAT_TIMEOUT", scope: "session" });
    }
    expect(() => peer.session.open()).toThrow(
      expect.objectContaining({ code: "HEARTBEAT_TIMEOUT" }),
    );
    await peer.advance(1000);
    expect(peer.clock.timers).toEqual([]);
  });

  it("is noticed while the transport is stuck", async () => {
    const peer = alive();
    peer.holdWrites();
    void peer.session.open().write(new Uint8Array(10));
    await peer.advance(30_000);
    await peer.advance(10_000);
    await peer.advance(1000);
    expect(await endOf(peer)).toMatchObject(TIMEOUT);
  });

  it("does not include a drain, as long as the peer sends", async () => {
    const peer = alive();
    peer.session.open();
    const closing = stateOf(peer.session.close({ timeout: Infinity }));
    for (let second = 0; second < 100; second++) {
      await peer.advance(1000);
      peer.send(data(1, 1));
    }
    expect(closing.settled).toBe(false);
    expect(await endOf(peer)).toBe(undefined);
  });

  it("does not include a graceful end whose last output leaves slowly, while the peer sends", async () => {
    const peer = alive();
    const stream = peer.session.open();
    peer.take();
    peer.send(flag(1, "FIN"));
    peer.holdWrites();
    void stream.write(new Uint8Array(100_000));
    void stream.closeWrite();
    void peer.session.close({ timeout: Infinity });
    peer.take();
    for (let second = 0; second < 100; second++) {
      await peer.advance(1000);
      peer.send(ping(second));
    }
    peer.releaseWrites();
    await peer.settle();
    peer.end();
    expect(await endOf(peer)).toBe(undefined);
  });

  it("after a Go Away of the peer's is watched as before", async () => {
    const peer = alive({ goAwayTimeout: Infinity });
    peer.session.open();
    peer.take();
    peer.send(goAway(0));
    await peer.advance(30_000);
    expect(peer.take()).toEqual(["ping 0"]);
    await peer.advance(10_000);
    await peer.advance(1000);
    expect(await endOf(peer)).toMatchObject(TIMEOUT);
  });
});

/** A clock whose machine can sleep: time moves on, timers do not fire. */
class SleepyClock implements Clock {
  slept = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now() + this.slept;
  }

  setTimer(callback: () => void, delay: number): Timer {
    return this.#clock.setTimer(callback, delay);
  }
}

describe("a timer that is late shows nothing about the peer", () => {
  /** Returns a session whose machine sleeps for a minute in one of the eight slices of the timeout. */
  async function slept(slice: number): Promise<Peer> {
    const peer = new Peer();
    const clock = new SleepyClock(peer.clock);
    yamux().began!(peer.session, clock);
    await peer.advance(30_000);
    expect(peer.take()).toEqual(["ping 0"]);
    await peer.advance(slice * 1250);
    clock.slept += 60_000;
    await peer.advance(1250);
    return peer;
  }

  it.each([0, 1, 4, 7])(
    "in slice %i: it is asked again, and has all of the timeout",
    async (slice) => {
      const peer = await slept(slice);
      expect(peer.take()).toEqual(["ping 1"]);
      await peer.advance(9999);
      expect(await endOf(peer)).toBe(undefined);
      peer.send(pong(1));
      await peer.advance(10_000);
      expect(await endOf(peer)).toBe(undefined);
    },
  );

  it("and a peer that is silent from then on is found out", async () => {
    const peer = await slept(3);
    await peer.advance(10_000);
    await peer.advance(0);
    expect(peer.take()).toEqual(["ping 1", "goAway 2"]);
  });

  it("and one that is late every time finds a silent peer, in the end", async () => {
    const peer = new Peer();
    const clock = new SleepyClock(peer.clock);
    yamux().began!(peer.session, clock);
    await peer.advance(30_000);
    for (let slice = 0; slice < 3 + 8; slice++) {
      expect(await endOf(peer)).toBe(undefined);
      clock.slept += 60_000;
      await peer.advance(1250);
    }
    await peer.advance(0);
    expect(peer.take()).toEqual(["ping 0", "ping 1", "ping 2", "ping 3", "goAway 2"]);
  });

  it("by the calendar, too, if the clock stands still while the machine sleeps", async () => {
    const peer = alive();
    await peer.advance(30_000);
    vi.setSystemTime(Date.now() + 60_000);
    await peer.advance(1250);
    expect(peer.take()).toEqual(["ping 0", "ping 1"]);
  });

  it("notices input that came while the thread was blocked, although its timer fires first", async () => {
    const peer = alive();
    await peer.advance(30_000);
    peer.take();
    // All in one turn, as after a blocked thread: first the timers, then the input.
    peer.clock.advance(9999);
    peer.clock.runNext();
    peer.send(pong(0));
    await peer.advance(0);
    expect(await endOf(peer)).toBe(undefined);
  });
});

describe("no timer is left", () => {
  const ENDINGS: [string, (session: Session, peer: Peer) => void][] = [
    ["destroyed", (session) => session.destroy()],
    ["destroyed for a reason", (session) => session.destroy(new Error("out of cheese"))],
    ["closed", (session) => void session.close()],
    ["left by the peer", (_session, peer) => peer.end()],
    ["cut", (_session, peer) => peer.end(new Error("cable"))],
    ["broken by the peer", (_session, peer) => peer.sendBytes(new Uint8Array(12).fill(0xff))],
    ["told to go away", (_session, peer) => peer.send(goAway(0))],
  ];

  it.each(ENDINGS)("by a session that is %s between two pings", async (_what, end) => {
    const peer = alive();
    await peer.advance(1000);
    end(peer.session, peer);
    await peer.settle();
    peer.end();
    await peer.settle();
    expect(peer.clock.timers).toEqual([]);
    await peer.session.closed;
  });

  it.each(ENDINGS)("by a session that is %s while a ping is out", async (_what, end) => {
    const peer = alive();
    await peer.advance(30_000);
    end(peer.session, peer);
    await peer.settle();
    peer.end();
    await peer.settle();
    expect(peer.clock.timers).toEqual([]);
    await peer.session.closed;
  });

  it("by a session whose peer does not hang up", async () => {
    const peer = alive();
    peer.session.destroy();
    await peer.advance(10_000);
    expect(peer.clock.timers).toEqual([]);
  });

  it("and no ping is sent by a session that is over, and whose transport has yet to end", async () => {
    const peer = alive({ lingerTimeout: 100_000 });
    peer.session.destroy();
    peer.take();
    await peer.advance(60_000);
    expect(peer.take()).toEqual([]);
    peer.end();
    expect(await endOf(peer)).toMatchObject({ code: "SESSION_CLOSED", origin: "local" });
  });
});
