// Rule 9: a stream whose output gets no credit is reset in the end, and its output is charged to the memory budget.

import type { MuxadoError, Stream } from "@muxado/core";
import { brief, bytes, data, rawPeer, reset, syn, wires, increment } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { expectNothingDue, expectUnharmed } from "./proofs.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

/** The error of `writing`; undefined if it has not failed. */
function failureOf(writing: Promise<void>): Promise<MuxadoError | undefined> {
  return writing.then(
    () => undefined,
    (error: MuxadoError) => error,
  );
}

describe.each(wires)("9. slow reading, on $name", ({ wire }) => {
  /** A stream whose peer gives it no more credit, and writes that wait for some. */
  async function stalled(options: Parameters<typeof rawPeer>[0], unsent = [1]) {
    const peer = rawPeer({ wire, ...options });
    const streams: Stream[] = [];
    const errors: Promise<MuxadoError | undefined>[] = [];
    for (const [index, length] of unsent.entries()) {
      const id = 3 + 2 * index;
      peer.send(syn(id));
      const stream = await peer.session.accept();
      await Promise.all([stream.write(bytes(WINDOW)), peer.settle()]);
      errors.push(failureOf(stream.write(bytes(length))));
      streams.push(stream);
    }
    peer.take();
    return { peer, streams, stream: streams[0]!, errors, error: errors[0]! };
  }

  const timedOut = { code: "WRITE_TIMEOUT", scope: "stream", origin: "local", streamId: 3 };

  describe("a write without credit", () => {
    it("a write without credit waits as long as the limit says, and its stream is then reset", async () => {
      const { peer, stream, error } = await stalled({ writeTimeout: 1000 });
      await peer.advance(999);
      expect(stream.error).toBeUndefined();
      await peer.advance(1);
      expect(await error).toMatchObject(timedOut);
      expect(brief(peer.take())).toEqual(["3: RST WRITE_TIMEOUT"]);
      expect(peer.session.stats()).toMatchObject({ openStreams: 0, memoryUnsent: 0 });
      await expectNothingDue(peer);
      await expectUnharmed(peer);
    });

    it("a write without credit waits for 5 minutes by default, and forever if told so", async () => {
      const { peer, error } = await stalled({});
      await peer.advance(299_999);
      expect(peer.take()).toEqual([]);
      await peer.advance(1);
      expect(await error).toMatchObject(timedOut);
      const patient = await stalled({ writeTimeout: Infinity });
      await patient.peer.advance(1e9);
      expect(patient.peer.clock.timers).toEqual([]);
      expect(patient.stream.error).toBeUndefined();
    });

    it("credit that dribbles below 1 KiB does not help a write", async () => {
      const { peer, error } = await stalled({ writeTimeout: 1000 }, [4 * KIB]);
      for (let count = 0; count < 9; count++) {
        await peer.advance(100);
        peer.send(increment(3, 100));
      }
      peer.send(increment(3, 123));
      expect(peer.take()).toEqual([]);
      await peer.advance(100);
      expect(await error).toMatchObject(timedOut);
    });

    it("a write has its whole time again with each progress", async () => {
      const { peer, stream, error } = await stalled({ writeTimeout: 1000 }, [4 * KIB]);
      for (let count = 0; count < 3; count++) {
        await peer.advance(999);
        peer.send(increment(3, KIB));
        expect(brief(peer.take())).toEqual([`3: DATA ${KIB}`]);
      }
      await peer.advance(999);
      expect(stream.error).toBeUndefined();
      await peer.advance(1);
      expect(await error).toMatchObject(timedOut);
    });

    it("a write that is done leaves no deadline", async () => {
      const { peer, stream } = await stalled({ writeTimeout: 1000 });
      peer.send(increment(3, 1));
      expect(brief(peer.take())).toEqual(["3: DATA 1"]);
      await expectNothingDue(peer);
      await peer.advance(10_000);
      expect(stream.error).toBeUndefined();
    });

    it.each(["a reset of the peer's", "a reset of ours"])(
      "%s leaves no deadline of a write",
      async (end) => {
        const { peer, stream } = await stalled({ writeTimeout: 1000 });
        if (end.includes("peer")) peer.send(reset(3, "STREAM_CLOSED"));
        else stream.reset();
        peer.take();
        await expectNothingDue(peer);
        await peer.advance(1000);
        expect(peer.take()).toEqual([]);
      },
    );

    it("a write that is taken back is forgotten: a later one has its own time", async () => {
      const peer = rawPeer({ wire, writeTimeout: 1000 });
      peer.send(syn(3));
      const stream = await peer.session.accept();
      await Promise.all([stream.write(bytes(WINDOW)), peer.settle()]);
      const controller = new AbortController();
      const aborted = stream.write(bytes(10), { signal: controller.signal });
      await peer.advance(900);
      controller.abort("enough");
      await expect(aborted).rejects.toBe("enough");
      const later = failureOf(stream.write(bytes(10)));
      await peer.advance(999);
      expect(stream.error).toBeUndefined();
      await peer.advance(1);
      expect(await later).toMatchObject(timedOut);
    });

    it("a write is timed also behind one that was taken back when its turn was near", async () => {
      const peer = rawPeer({ wire, writeTimeout: 1000, transportBudget: 1 });
      peer.send(syn(3));
      const stream = await peer.session.accept();
      await Promise.all([stream.write(bytes(WINDOW - 500)), peer.settle()]);
      peer.holdWrites();
      peer.session.open();
      peer.take();
      const controller = new AbortController();
      const small = stream.write(bytes(400), { signal: controller.signal });
      const large = failureOf(stream.write(bytes(KIB)));
      controller.abort("taken back");
      await expect(small).rejects.toBe("taken back");
      peer.releaseWrites();
      peer.flush();
      await peer.advance(1000);
      expect(await large).toMatchObject(timedOut);
    });

    it("an offer that was not taken is timed, too", async () => {
      const peer = rawPeer({ wire, writeTimeout: 1000 });
      peer.send(syn(3));
      const stream = await peer.session.accept();
      expect(stream.offer(bytes(WINDOW + 1))).toBe(WINDOW);
      peer.take();
      await peer.advance(999);
      expect(stream.error).toBeUndefined();
      await peer.advance(1);
      expect(stream.error).toMatchObject({ code: "WRITE_TIMEOUT" });
    });

    it("an offer that was given up is not timed, neither with the half-close nor for a smaller one", async () => {
      const peer = rawPeer({ wire, writeTimeout: 1000 });
      for (const id of [3, 5]) {
        peer.send(syn(id));
        const stream = await peer.session.accept();
        expect(stream.offer(bytes(WINDOW - 100))).toBe(WINDOW - 100);
        expect(stream.offer(bytes(200))).toBe(0);
        peer.take();
        if (id === 3) await stream.closeWrite();
        else expect(stream.offer(bytes(100))).toBe(100);
      }
      peer.take();
      await expectNothingDue(peer);
      await peer.advance(1000);
      expect(peer.session.stats()).toMatchObject({ openStreams: 2, resetsSent: {} });
      expect(peer.take()).toEqual([]);
    });

    it("a write that waits for a slow transport is not timed", async () => {
      const peer = rawPeer({ wire, writeTimeout: 1000, transportBudget: 1 });
      peer.send(syn(3));
      const stream = await peer.session.accept();
      peer.holdWrites();
      peer.session.open();
      peer.take();
      const writing = stream.write(bytes(WINDOW));
      await peer.advance(100_000);
      expect(stream.error).toBeUndefined();
      peer.releaseWrites();
      await peer.settle();
      await writing;
    });
  });

  describe("output that waits for the peer's credit", () => {
    const lengths = [20 * KIB, 30 * KIB, 10 * KIB];

    it("stalled output may be as much as the memory budget", async () => {
      const { peer } = await stalled({ memoryBudget: 60 * KIB }, lengths);
      expect(peer.session.stats().memoryUnsent).toBe(60 * KIB);
      expect(peer.take()).toEqual([]);
    });

    it("one stalled byte more resets the stream that holds the most", async () => {
      const { peer, streams, errors } = await stalled({ memoryBudget: 60 * KIB - 1 }, lengths);
      await peer.settle();
      expect(peer.session.stats().resetsSent).toEqual({ ENHANCE_YOUR_CALM: 1 });
      expect(await errors[1]).toMatchObject({
        code: "ENHANCE_YOUR_CALM",
        scope: "stream",
        origin: "local",
      });
      expect(streams.map((stream) => stream.error?.code)).toEqual([
        undefined,
        "ENHANCE_YOUR_CALM",
        undefined,
      ]);
      expect(peer.session.stats().memoryUnsent).toBe(30 * KIB);
    });

    it("stalled output counts up to 64 KiB for each stream: a large write is the application's own decision", async () => {
      const large = await stalled({ memoryBudget: 128 * KIB }, [1000 * KIB, 2000 * KIB]);
      expect(large.peer.session.stats().memoryUnsent).toBe(128 * KIB);
      expect(large.peer.take()).toEqual([]);
      const many = await stalled({ memoryBudget: 128 * KIB }, [64 * KIB, 64 * KIB, 1]);
      expect(many.peer.session.stats().resetsSent).toEqual({ ENHANCE_YOUR_CALM: 1 });
    });

    it("stalled output counts together with unread bytes", async () => {
      const { peer, streams } = await stalled({ memoryBudget: 60 * KIB }, lengths);
      peer.send(syn(99, 1));
      expect(brief(peer.take())).toEqual(["5: RST ENHANCE_YOUR_CALM"]);
      expect(streams[0]!.error).toBeUndefined();
    });
  });

  it("output that only waits for a slow transport costs nobody a stream", async () => {
    const peer = rawPeer({ wire, memoryBudget: 100 * KIB });
    peer.holdWrites();
    peer.session.open();
    peer.take();
    for (const id of [3, 5, 7]) {
      peer.send(syn(id));
      void (await peer.session.accept()).write(bytes(200 * KIB));
    }
    peer.send(syn(9, 10 * KIB), data(3, 10 * KIB));
    await peer.settle();
    expect(peer.session.stats().resetsSent).toEqual({});
    expect(peer.session.stats()).toMatchObject({ openStreams: 5, memoryUnsent: 192 * KIB });
    // Unread bytes count nevertheless.
    peer.send(data(9, 81 * KIB));
    await peer.settle();
    expect(peer.session.stats().resetsSent).toEqual({ ENHANCE_YOUR_CALM: 1 });
    expect(peer.session.stats().memoryUnsent).toBe(192 * KIB);
  });
});
