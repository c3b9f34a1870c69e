// Deadlines of state: nothing lasts forever because a peer never ends it, and no deadline leaves a timer.

import { brief, bytes, data, fin, rawPeer, reset, syn, wires, increment } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { expectNothingDue, expectUnharmed } from "./proofs.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

describe.each(wires)("deadlines of state, on $name", ({ wire }) => {
  describe("a stream that was closed here and that the peer does not end", () => {
    async function closed(options: Parameters<typeof rawPeer>[0]) {
      const peer = rawPeer({ wire, ...options });
      peer.send(syn(3));
      const stream = await peer.session.accept();
      await stream.close();
      expect(brief(peer.take())).toEqual(["3: DATA 0 FIN"]);
      return { peer, stream };
    }

    it("a stream that was closed here is reset when its time is over, and not before", async () => {
      const { peer, stream } = await closed({ streamCloseTimeout: 1000 });
      await peer.advance(999);
      expect(peer.take()).toEqual([]);
      await peer.advance(1);
      expect(brief(peer.take())).toEqual(["3: RST STREAM_CANCELLED"]);
      expect(stream.error).toMatchObject({
        code: "STREAM_CANCELLED",
        scope: "stream",
        origin: "local",
        message: expect.stringContaining("1000 ms"),
      });
      expect(peer.session.stats().openStreams).toBe(0);
      await expectNothingDue(peer);
      await expectUnharmed(peer);
    });

    it("a stream that was closed here has 5 minutes by default, and forever if told so", async () => {
      const { peer, stream } = await closed({});
      await peer.advance(299_999);
      expect(stream.error).toBeUndefined();
      await peer.advance(1);
      expect(stream.error).toMatchObject({ code: "STREAM_CANCELLED" });
      const patient = await closed({ streamCloseTimeout: Infinity });
      await patient.peer.advance(1e9);
      expect(patient.peer.clock.timers).toEqual([]);
      expect(patient.stream.error).toBeUndefined();
    });

    it.each([
      ["FIN", fin(3)],
      ["a reset", reset(3, "STREAM_CLOSED")],
      ["data, which is refused", data(3, 1)],
    ])("a stream that was closed here is over with %s, and leaves no timer", async (_, end) => {
      const { peer } = await closed({ streamCloseTimeout: 1000 });
      peer.send(end);
      expect(peer.session.stats().openStreams).toBe(0);
      await expectNothingDue(peer);
      peer.take();
      await peer.advance(10_000);
      expect(peer.take()).toEqual([]);
    });

    it("a stream that was closed here has its time from FIN on: its writes have a deadline of their own", async () => {
      const peer = rawPeer({ wire, streamCloseTimeout: 1000 });
      peer.send(syn(3));
      const stream = await peer.session.accept();
      void stream.write(bytes(WINDOW + 1)).catch(() => undefined);
      void stream.close().catch(() => undefined);
      peer.take();
      await peer.advance(5000);
      expect(stream.error).toBeUndefined();
      peer.send(increment(3, 1));
      expect(brief(peer.take())).toEqual(["3: DATA 1", "3: DATA 0 FIN"]);
      await peer.advance(999);
      expect(stream.error).toBeUndefined();
      await peer.advance(1);
      expect(stream.error).toMatchObject({ code: "STREAM_CANCELLED" });
    });

    it("a stream that was only half-closed has no deadline: its peer may take all the time it needs", async () => {
      const peer = rawPeer({ wire, streamCloseTimeout: 1000 });
      peer.send(syn(3));
      const stream = await peer.session.accept();
      await stream.closeWrite();
      await expectNothingDue(peer);
      await peer.advance(1e9);
      peer.send(data(3, "late"));
      expect(stream.take()).toEqual(bytes("late"));
    });
  });

  describe("a stream that nobody accepts", () => {
    it("a stream that nobody accepts is refused between one and two times the timeout", async () => {
      const peer = rawPeer({ wire, acceptTimeout: 1000 });
      peer.send(syn(3));
      await peer.advance(500);
      peer.send(syn(5));
      await peer.advance(1499);
      expect(peer.take()).toEqual([]);
      // Stream 3 has waited for 2000 ms, stream 5 for 1500 ms.
      await peer.advance(1);
      expect(brief(peer.take())).toEqual(["3: RST STREAM_REFUSED", "5: RST STREAM_REFUSED"]);
      expect(peer.session.stats()).toMatchObject({ openStreams: 0, waitingForAccept: 0 });
      expect(peer.clock.timers).toEqual([]);
      await expectUnharmed(peer);
    });

    it("a stream is never refused before its time, whenever it comes", async () => {
      for (let at = 0; at <= 3000; at += 250) {
        const peer = rawPeer({ wire, acceptTimeout: 1000 });
        peer.send(syn(3));
        await peer.advance(at);
        peer.send(syn(5));
        await peer.advance(1000);
        expect(brief(peer.take())).not.toContain("5: RST STREAM_REFUSED");
        await peer.advance(1000);
        peer.take();
        expect(peer.session.stats().waitingForAccept).toBe(0);
      }
    });

    it("a stream may wait to be accepted for a minute or two by default, on Yamux half of that, and forever if told so", async () => {
      const peer = rawPeer({ wire });
      peer.send(syn(3));
      await peer.advance(wire.name === "muxado" ? 119_999 : 59_999);
      expect(peer.take()).toEqual([]);
      await peer.advance(1);
      expect(brief(peer.take())).toEqual(["3: RST STREAM_REFUSED"]);
      const patient = rawPeer({ wire, acceptTimeout: Infinity });
      patient.send(syn(3));
      expect(patient.clock.timers).toEqual([]);
      await patient.advance(1e9);
      expect((await patient.session.accept()).id).toBe(3);
    });

    it("a stream that is accepted after all leaves no timer", async () => {
      const peer = rawPeer({ wire, acceptTimeout: 1000 });
      peer.send(syn(3), syn(5));
      await peer.advance(1500);
      const stream = await peer.session.accept();
      expect(peer.clock.timers).toHaveLength(1);
      await peer.session.accept();
      await expectNothingDue(peer);
      expect(stream.error).toBeUndefined();
    });

    it("a stream that nobody accepts and that the peer has reset is given up without an answer", async () => {
      const peer = rawPeer({ wire, acceptTimeout: 1000 });
      peer.send(syn(3), reset(3, "STREAM_CANCELLED"));
      await peer.advance(2000);
      expect(peer.take()).toEqual([]);
      expect(peer.session.stats().waitingForAccept).toBe(0);
      expect(peer.clock.timers).toEqual([]);
    });
  });

  it("closeTimeout ends a drain that never ends; Infinity switches it off", async () => {
    const peer = rawPeer({ wire, closeTimeout: 1000 });
    peer.send(syn(3));
    const stream = await peer.session.accept();
    void peer.session.close();
    await peer.advance(999);
    expect(stream.error).toBeUndefined();
    await peer.advance(1);
    expect(stream.error).toMatchObject({ code: "DRAIN_TIMEOUT", scope: "session" });
    peer.end();
    expect(await peer.session.closed).toMatchObject({ localError: { code: "DRAIN_TIMEOUT" } });
    expect(peer.clock.timers).toEqual([]);
    const patient = rawPeer({ wire, closeTimeout: Infinity });
    patient.send(syn(3));
    await patient.session.accept();
    void patient.session.close();
    await expectNothingDue(patient);
    expect(patient.session.stats().openStreams).toBe(1);
  });

  it.each(["destroy", "the transport's end"])("no timer is left after %s", async (end) => {
    const peer = rawPeer({ wire });
    peer.send(syn(3), syn(5), syn(7));
    const [closing, writing] = [await peer.session.accept(), await peer.session.accept()];
    void closing.close();
    void writing.write(bytes(WINDOW + 1)).catch(() => undefined);
    peer.take();
    // One timer each for stalled streams, for closed streams, and for streams that nobody has accepted.
    expect(peer.clock.timers).toHaveLength(3);
    if (end === "destroy") peer.session.destroy();
    peer.take();
    peer.end();
    await peer.session.closed;
    expect(peer.clock.timers).toEqual([]);
  });
});
