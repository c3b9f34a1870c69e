// Relays: two streams joined by one call, between two sessions and inside one.

import { relay, type RelayResult, type Stream } from "@muxado/core";
import { describe, expect } from "vitest";
import { firstDifference, patterned } from "../bytes.ts";
import {
  connectedStream,
  failureOf,
  readAll,
  readBytes,
  stillWaits,
  until,
  writeAll,
} from "./applications.ts";
import type { ConnectedSessions, Harness } from "./harness.ts";

const KIB = 1024;

/** Two streams that are not joined yet, each with the end of its peer. */
interface Ends {
  /** One outer end. Its peer is `inbound`. */
  readonly near: Stream;
  readonly inbound: Stream;
  readonly outbound: Stream;
  /** The other outer end. Its peer is `outbound`. */
  readonly far: Stream;
}

async function ends(from: ConnectedSessions, to: ConnectedSessions): Promise<Ends> {
  const [near, inbound] = await connectedStream(from.client, from.server);
  const [outbound, far] =
    from === to
      ? await connectedStream(from.server, from.client)
      : await connectedStream(to.client, to.server);
  return { near, inbound, outbound, far };
}

/** Sends `there` from the near end and `back` from the far end, at the same time. Returns what arrives. */
async function exchange(
  { near, far }: Ends,
  there: Uint8Array,
  back: Uint8Array,
): Promise<[Uint8Array, Uint8Array]> {
  const [arrived, answered] = await Promise.all([
    readAll(far),
    readAll(near),
    writeAll(near, there),
    writeAll(far, back),
  ]);
  return [arrived, answered];
}

export function describeRelaying({ it, itTwice, resetHasCode }: Harness): void {
  describe("relay between two sessions", () => {
    itTwice("moves everything both ways at once, and says how much", async (from, to) => {
      const joined = await ends(from, to);
      const [there, back] = [patterned(1500 * KIB), patterned(1000 * KIB, 7)];
      const relayed = relay(joined.inbound, joined.outbound);
      const [arrived, answered] = await exchange(joined, there, back);
      expect(firstDifference(arrived, there)).toBe(-1);
      expect(firstDifference(answered, back)).toBe(-1);
      expect(await relayed).toEqual({ fromOne: there.length, fromOther: back.length });
    });

    itTwice("passes either half-close on, and the other direction continues", async (from, to) => {
      for (const isNearFirst of [true, false]) {
        const { near, inbound, outbound, far } = await ends(from, to);
        const [first, last] = isNearFirst ? [near, far] : [far, near];
        const relayed = relay(inbound, outbound);
        await writeAll(first, new Uint8Array([1, 2]));
        expect(await readAll(last)).toEqual(new Uint8Array([1, 2]));
        expect(await stillWaits(relayed)).toBe(true);
        await writeAll(last, new Uint8Array([3]));
        expect(await readAll(first)).toEqual(new Uint8Array([3]));
        const result = { fromOne: 2, fromOther: 1 };
        expect(await relayed).toEqual(isNearFirst ? result : { fromOne: 1, fromOther: 2 });
        expect(inbound.error).toBe(undefined);
        expect(outbound.error).toBe(undefined);
      }
    });

    itTwice("passes a reset on with its code, from either end", async (from, to) => {
      for (const isByNear of [true, false]) {
        const { near, inbound, outbound, far } = await ends(from, to);
        const [first, last] = isByNear ? [near, far] : [far, near];
        const failing = failureOf(relay(inbound, outbound));
        const lost = failureOf(readAll(last));
        first.reset(777);
        expect(await failing).toBe((isByNear ? inbound : outbound).error);
        const error = await lost;
        expect(error).toMatchObject({ scope: "stream", origin: "remote" });
        if (resetHasCode) expect(error.wireCode).toBe(777);
        expect((isByNear ? outbound : inbound).error).toMatchObject({ cause: await failing });
      }
    });

    itTwice("passes a reset on that comes after a half-close", async (from, to) => {
      const { near, inbound, outbound, far } = await ends(from, to);
      const failing = failureOf(relay(inbound, outbound));
      await writeAll(near, new Uint8Array([1]));
      expect(await readAll(far)).toEqual(new Uint8Array([1]));
      near.reset();
      expect(await failing).toBe(inbound.error);
      await until(() => far.error !== undefined);
    });

    itTwice("resets the other stream when a session is lost", async (from, to) => {
      const { near, inbound, outbound } = await ends(from, to);
      const failing = failureOf(relay(inbound, outbound));
      const lost = failureOf(near.read());
      to.server.destroy();
      expect(await failing).toBe(outbound.error);
      expect(await failing).toMatchObject({ scope: "session" });
      expect(await lost).toMatchObject({ scope: "stream", origin: "remote" });
      if (resetHasCode) expect((await lost).code).toBe("INTERNAL_ERROR");
    });

    itTwice("resets both streams when its signal aborts", async (from, to) => {
      const { near, inbound, outbound, far } = await ends(from, to);
      const controller = new AbortController();
      const relayed = relay(inbound, outbound, { signal: controller.signal });
      const lost = [failureOf(near.read()), failureOf(far.read())];
      controller.abort(new Error("enough"));
      await expect(relayed).rejects.toThrow("enough");
      for (const { error } of [inbound, outbound]) {
        expect(error).toMatchObject({ code: "STREAM_CANCELLED", cause: new Error("enough") });
      }
      for (const error of await Promise.all(lost)) {
        if (resetHasCode) expect(error.code).toBe("STREAM_CANCELLED");
      }
    });

    itTwice("holds the writer back while the far reader stops", async (from, to) => {
      const { near, inbound, outbound, far } = await ends(from, to);
      const relayed = relay(inbound, outbound);
      const bytes = patterned(5000 * KIB);
      const writing = writeAll(near, bytes);
      await until(() => inbound.stats().bytesUnread > 0);
      expect(await stillWaits(writing)).toBe(true);
      const { bytesUnread, receiveWindow } = inbound.stats();
      expect(bytesUnread).toBeLessThanOrEqual(receiveWindow);
      expect(outbound.stats().bytesUnsent).toBe(0);
      const reading = readAll(far);
      await writing;
      expect(firstDifference(await reading, bytes)).toBe(-1);
      await far.closeWrite();
      expect(await relayed).toEqual({ fromOne: bytes.length, fromOther: 0 });
    });

    itTwice("sends what had arrived before, then the rest", async (from, to) => {
      const joined = await ends(from, to);
      const { near, inbound, outbound, far } = joined;
      const [first, rest] = [patterned(40 * KIB), patterned(300 * KIB, 40 * KIB)];
      await near.write(first);
      await until(() => inbound.stats().bytesUnread === first.length);
      await writeAll(far, new Uint8Array([9]));
      await until(() => outbound.stats().bytesUnread === 1);
      const relayed = relay(inbound, outbound);
      const reading = readAll(far);
      await writeAll(near, rest);
      expect(firstDifference(await reading, patterned(340 * KIB))).toBe(-1);
      expect(await readAll(near)).toEqual(new Uint8Array([9]));
      expect(await relayed).toEqual({ fromOne: 340 * KIB, fromOther: 1 });
    });

    itTwice("sends small messages of many streams to and fro", async (from, to) => {
      const all: Ends[] = [];
      for (let index = 0; index < 20; index++) all.push(await ends(from, to));
      const converse = async (joined: Ends, index: number): Promise<RelayResult> => {
        const { near, inbound, outbound, far } = joined;
        const relayed = relay(inbound, outbound);
        for (let round = 0; round < 8; round++) {
          const message = patterned(64, index * 100 + round);
          void near.write(message);
          expect(await readBytes(far, 64)).toEqual(message);
          void far.write(message);
          expect(await readBytes(near, 64)).toEqual(message);
        }
        await Promise.all([near.closeWrite(), far.closeWrite()]);
        return await relayed;
      };
      const results = await Promise.all(all.map(converse));
      for (const result of results) {
        expect(result).toEqual({ fromOne: 8 * 64, fromOther: 8 * 64 });
      }
    });
  });

  describe("relay", () => {
    it("joins two streams of one session", async (sessions) => {
      const joined = await ends(sessions, sessions);
      const [there, back] = [patterned(1000 * KIB), patterned(700 * KIB, 3)];
      const relayed = relay(joined.inbound, joined.outbound);
      const [arrived, answered] = await exchange(joined, there, back);
      expect(firstDifference(arrived, there)).toBe(-1);
      expect(firstDifference(answered, back)).toBe(-1);
      expect(await relayed).toEqual({ fromOne: there.length, fromOther: back.length });
      expect(sessions.server.stats()).toMatchObject({ memoryUnread: 0, memoryUnsent: 0 });
    });

    it("fails when the only session is lost", async (sessions) => {
      const { inbound, outbound } = await ends(sessions, sessions);
      const failing = failureOf(relay(inbound, outbound));
      sessions.server.destroy();
      expect(await failing).toMatchObject({ code: "SESSION_CLOSED" });
    });

    it("resets the other stream at once if one has failed already", async (sessions) => {
      const { near, inbound, outbound, far } = await ends(sessions, sessions);
      const lost = failureOf(far.read());
      near.reset(777);
      await until(() => inbound.error !== undefined);
      expect(await failureOf(relay(inbound, outbound))).toBe(inbound.error);
      expect(outbound.error).toMatchObject({ cause: inbound.error });
      if (resetHasCode) expect((await lost).wireCode).toBe(777);
    });

    it("ends when the application resets one of its streams", async (sessions) => {
      const { inbound, outbound, far } = await ends(sessions, sessions);
      const failing = failureOf(relay(inbound, outbound));
      const lost = failureOf(far.read());
      inbound.reset(778);
      expect(await failing).toBe(inbound.error);
      if (resetHasCode) expect((await lost).wireCode).toBe(778);
    });

    it("ends when the application closes one of its streams", async (sessions) => {
      const { near, inbound, outbound, far } = await ends(sessions, sessions);
      const failing = failureOf(relay(inbound, outbound));
      const [lost, reading] = [failureOf(far.read()), readAll(near)];
      await inbound.close();
      expect(await failing).toMatchObject({ code: "STREAM_CLOSED" });
      expect(await reading).toEqual(new Uint8Array(0));
      if (resetHasCode) expect((await lost).code).toBe("STREAM_CANCELLED");
    });

    it("fails if bytes come for a stream that is half-closed here", async (sessions) => {
      const { near, inbound, outbound, far } = await ends(sessions, sessions);
      void outbound.closeWrite();
      const failing = failureOf(relay(inbound, outbound));
      const lost = failureOf(readAll(near));
      await near.write(new Uint8Array([1]));
      expect(await failing).toMatchObject({ code: "WRITE_AFTER_END", streamId: outbound.id });
      await lost;
      await until(() => far.error !== undefined);
    });

    it("refuses misuse, and changes nothing", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const other = server.open();
      expect(() => relay(theirs, theirs)).toThrow(TypeError);
      expect(() => relay(theirs, server as unknown as Stream)).toThrow(TypeError);
      expect(() => relay(theirs, undefined as unknown as Stream)).toThrow(TypeError);
      const observer = { onReadable: () => {}, onWritable: () => {} };
      other.observe(observer);
      expect(() => relay(theirs, other)).toThrow(TypeError);
      expect(() => relay(other, theirs)).toThrow(TypeError);
      other.observe(undefined);
      const reading = theirs.read();
      expect(await failureOf(relay(theirs, other))).toMatchObject({ code: "READ_PENDING" });
      expect(await failureOf(relay(other, theirs))).toMatchObject({ code: "READ_PENDING" });
      await mine.write(new Uint8Array([5]));
      expect(await reading).toEqual(new Uint8Array([5]));
      const reason = new Error("too late");
      const aborted = relay(theirs, other, { signal: AbortSignal.abort(reason) });
      await expect(aborted).rejects.toBe(reason);
      theirs.observe(observer);
      other.observe(observer);
      expect([theirs.error, other.error]).toEqual([undefined, undefined]);
    });

    it("refuses a stream that was closed here", async ({ client, server }) => {
      const [, theirs] = await connectedStream(client, server);
      void theirs.close();
      const refused = relay(theirs, server.open());
      expect(await failureOf(refused)).toMatchObject({ code: "STREAM_CLOSED" });
    });

    it("keeps its streams from other readers and observers", async (sessions) => {
      const { inbound, outbound } = await ends(sessions, sessions);
      const failing = failureOf(relay(inbound, outbound));
      expect(await failureOf(inbound.read())).toMatchObject({ code: "READ_PENDING" });
      expect(() => inbound.observe(undefined)).toThrow(TypeError);
      expect(() => relay(inbound, sessions.server.open())).toThrow(TypeError);
      expect(inbound.stats().readBlocked).toBe(true);
      outbound.reset();
      expect(await failing).toBe(outbound.error);
      inbound.observe({ onReadable: () => {}, onWritable: () => {} });
    });
  });
}
