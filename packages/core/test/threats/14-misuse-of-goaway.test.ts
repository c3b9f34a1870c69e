// Rule 14: GOAWAYs, however many and with any content, neither keep a session alive nor cost it memory.

import { muxado } from "@muxado/core";
import { brief, bytes, data, goAway, rawPeer, syn, wires } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { yamux } from "../yamux.ts";
import { expectBreach, expectUnharmed } from "./proofs.ts";

const KIB = 1024;

describe.each(wires)("14. misuse of GOAWAY, on $name", ({ wire }) => {
  it("a SYN after our GOAWAY is refused, and nothing is made of it", () => {
    const peer = rawPeer({ wire });
    peer.session.goAway();
    peer.take();
    peer.send(syn(3, "too late"));
    expect(brief(peer.take())).toEqual(["3: RST STREAM_REFUSED"]);
    expect(peer.session.stats()).toMatchObject({ streamsReceived: 0, waitingForAccept: 0 });
  });

  it("streams that were open before our GOAWAY go on", async () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3));
    const stream = await peer.session.accept();
    const own = peer.session.open();
    peer.session.goAway();
    peer.take();
    peer.send(data(3, "in"), data(2, "back"));
    expect([stream.take(), own.take()]).toEqual([bytes("in"), bytes("back")]);
    await stream.write(bytes("out"));
    await peer.session.open().write(bytes("new"));
    expect(brief(peer.take())).toEqual(["3: DATA 3", "4: DATA 3 SYN"]);
  });

  it("a peer that falls silent after its GOAWAY is given up once no stream is open", async () => {
    const peer = rawPeer({ wire, goAwayTimeout: 5000, lingerTimeout: 100 });
    peer.send(syn(3));
    const stream = await peer.session.accept();
    const background = peer.session.open();
    background.unref();
    peer.take();
    peer.send(goAway(0x7ffffffe));
    await peer.advance(60_000);
    expect(stream.error).toBeUndefined();
    stream.reset();
    await peer.advance(5000);
    const story = { code: "SESSION_CLOSED", scope: "session", origin: "local" };
    expect(background.error).toMatchObject(story);
    await peer.advance(100);
    expect(peer.sessionHasDestroyed).toBe(true);
    expect(peer.clock.timers).toEqual([]);
  });

  it("a peer that goes on after its GOAWAY is left alone", async () => {
    const peer = rawPeer({ wire, goAwayTimeout: 5000 });
    peer.send(syn(3), goAway(0));
    const stream = await peer.session.accept();
    for (let round = 0; round < 5; round++) {
      await peer.advance(4000);
      peer.send(data(3, 1));
    }
    expect(stream.error).toBeUndefined();
  });

  it("a peer that goes on forever while we drain is given up after the deadline", async () => {
    const peer = rawPeer({ wire, closeTimeout: 5000, lingerTimeout: 100 });
    peer.send(syn(3));
    const stream = await peer.session.accept();
    void peer.session.close();
    for (let round = 0; round < 4; round++) {
      await peer.advance(1000);
      peer.send(data(3, 1));
    }
    expect(stream.error).toBeUndefined();
    await peer.advance(1000);
    expect(stream.error).toMatchObject({ code: "DRAIN_TIMEOUT" });
    await peer.advance(100);
    expect(peer.sessionHasDestroyed).toBe(true);
    expect(await peer.session.closed).toMatchObject({ localError: { code: "DRAIN_TIMEOUT" } });
  });
});

describe("14. misuse of GOAWAY, in muxado's layout", () => {
  const wire = muxado;

  it("the last id of a later GOAWAY may stay and fall", async () => {
    const peer = rawPeer({ wire });
    peer.send(goAway(6), goAway(6), goAway(4));
    expect(peer.take()).toEqual([]);
    await expectUnharmed(peer);
  });

  it("a last id that rises ends the session", async () => {
    const peer = rawPeer({ wire });
    peer.send(goAway(4), goAway(5));
    expect(brief(peer.take())).toEqual(["GOAWAY 0 PROTOCOL_ERROR"]);
    peer.end();
    const { localError } = await peer.session.closed;
    expect(localError).toMatchObject({ code: "PROTOCOL_ERROR", origin: "remote" });
  });

  it("a session keeps 64 KiB of the peer's debug data and reads over the rest", async () => {
    for (const [sent, kept] of [
      [64 * KIB, 64 * KIB],
      [64 * KIB + 1, 64 * KIB],
      [1_000_000, 64 * KIB],
    ] as const) {
      const peer = rawPeer({ wire });
      peer.send(goAway(0, "INTERNAL_ERROR", sent), syn(3, "behind"));
      expect(peer.session.stats().streamsReceived).toBe(1);
      peer.end();
      const { remoteDebug } = await peer.session.closed;
      expect(remoteDebug).toHaveLength(kept);
    }
  });

  it("a session sends 1 KiB of debug data at the most", () => {
    const peer = rawPeer({ wire });
    expect(() => peer.session.goAway("NO_ERROR", bytes(1025))).toThrow(RangeError);
    expect(() => peer.session.goAway("NO_ERROR", "€".repeat(342))).toThrow("debug.length");
    expect(peer.take()).toEqual([]);
    peer.session.goAway("NO_ERROR", bytes(1024));
    expect(peer.take()).toMatchObject([{ debug: bytes(1024) }, { streamId: 0x7fff_ffff }]);
  });
});

describe("14. misuse of GOAWAY, in Yamux's layout", () => {
  it("a GOAWAY of Yamux names no last id, so streams of ours go on, and only those that never left are safe to retry", async () => {
    const peer = rawPeer({ wire: { ...yamux, maxUnacknowledged: 1 } });
    const [sent, held] = [peer.session.open(), peer.session.open()];
    peer.take();
    peer.send(goAway(0));
    expect(sent.error).toBeUndefined();
    expect(held.error).toMatchObject({ code: "REMOTE_GONE_AWAY", retry: "safe" });
    peer.send(data(sent.id, "on"));
    expect(sent.take()).toEqual(bytes("on"));
    await expectUnharmed(peer);
  });

  it("a session sends no debug data on Yamux", () => {
    const peer = rawPeer({ wire: yamux });
    expect(() => peer.session.goAway("NO_ERROR", bytes(1))).toThrow(RangeError);
    expect(peer.take()).toEqual([]);
  });
});

describe.each(wires)("14. misuse of GOAWAY by repetition, on $name", ({ wire }) => {
  it("a peer may send 16 GOAWAYs, and one more ends the session", async () => {
    const peer = rawPeer({ wire });
    for (let times = 0; times < 16; times++) peer.send(goAway(0));
    expect(peer.take()).toEqual([]);
    peer.send(goAway(0));
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });
});
