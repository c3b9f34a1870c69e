// Rule 16: windows grow only with the bytes that the application reads, and never beyond the memory budget.

import type { Stream } from "@muxado/core";
import { brief, bytes, contentOf, data, type RawPeer, rawPeer, syn, wires } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import type { Stream as InternalStream } from "../../src/stream.ts";
import { takePieces } from "../taking.ts";
import { OVERHEAD_OF_A_PIECE } from "./proofs.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

describe.each(wires)("16. inflation of windows, on $name", ({ wire }) => {
  const ROUND_TRIP = 100;

  /** A stream of the peer on a session that knows the round trip. */
  async function tuned(options: Parameters<typeof rawPeer>[0] = {}) {
    const peer = rawPeer({ wire, ...options });
    peer.session.reportRoundTrip(ROUND_TRIP);
    await peer.advance(1);
    peer.send(syn(3));
    return { peer, stream: await peer.session.accept() };
  }

  /** The peer sends `length` bytes and they are read. Then `ms` milliseconds pass. */
  async function consume(peer: RawPeer, stream: Stream, length: number, ms: number): Promise<void> {
    for (let left = length; left > 0; left -= 64 * KIB) {
      peer.send(data(stream.id, Math.min(left, 64 * KIB)));
    }
    takePieces(stream);
    peer.take();
    await peer.advance(ms);
  }

  /** In each round trip the peer uses all its credit, and its bytes are read at once. Returns the windows seen. */
  async function saturate(peer: RawPeer, stream: Stream, roundTrips: number): Promise<number[]> {
    let credit = WINDOW;
    const sizes = new Set<number>();
    for (let round = 0; round < roundTrips; round++) {
      let granted = 0;
      for (; credit > 0; credit -= Math.min(credit, 64 * KIB)) {
        peer.send(data(stream.id, Math.min(credit, 64 * KIB)));
        takePieces(stream);
        for (const frame of peer.take()) if (frame.type === "increment") granted += frame.increment;
        sizes.add(stream.stats().receiveWindow);
      }
      credit = granted;
      await peer.advance(ROUND_TRIP);
    }
    return [...sizes];
  }

  it("bytes that nobody reads make no window grow", async () => {
    const { peer, stream } = await tuned();
    for (let count = 0; count < 4; count++) peer.send(data(3, 64 * KIB));
    expect(peer.take()).toEqual([]);
    expect(stream.stats()).toMatchObject({ receiveWindow: WINDOW, bytesUnread: WINDOW });
    peer.send(data(3, 1));
    expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
  });

  it("a slow reader makes no window grow", async () => {
    const { peer, stream } = await tuned();
    // Half a window in two round trips, which is a window in four.
    for (let count = 0; count < 20; count++) {
      await consume(peer, stream, 128 * KIB, 2 * ROUND_TRIP);
    }
    expect(stream.stats().receiveWindow).toBe(WINDOW);
  });

  it("a reader that keeps up makes its window grow", async () => {
    const { peer, stream } = await tuned();
    await consume(peer, stream, 128 * KIB, 2 * ROUND_TRIP - 1);
    expect(stream.stats().receiveWindow).toBe(WINDOW);
    await consume(peer, stream, 128 * KIB, 0);
    expect(stream.stats().receiveWindow).toBe(2 * WINDOW);
  });

  it("a session measures the round trip by credit, and needs no help", async () => {
    const peer = rawPeer({ wire });
    await peer.advance(1);
    peer.send(syn(3));
    const stream = await peer.session.accept();
    expect(await saturate(peer, stream, 1)).toEqual([WINDOW]);
    expect(peer.session.stats().roundTrip).toBeUndefined();
    expect(await saturate(peer, stream, 1)).toEqual([WINDOW, 2 * WINDOW]);
    expect(peer.session.stats().roundTrip).toBe(ROUND_TRIP);
  });

  it.each([64 * WINDOW, 3 * WINDOW, WINDOW + 1])(
    "a window grows up to maxWindowSize: %i",
    async (most) => {
      // 16 MiB is the default.
      const maxWindowSize = most === 64 * WINDOW ? undefined : most;
      const { peer, stream } = await tuned({ maxWindowSize });
      const sizes = await saturate(peer, stream, 6);
      expect(Math.max(...sizes)).toBe(most);
      // The peer has this much credit at most, and not a byte more.
      const { remaining, owed } = (stream as InternalStream).receiving.window;
      expect(remaining + owed).toBe(most);
    },
  );

  it("a window of a given size does not grow", async () => {
    const { peer, stream } = await tuned({ windowSize: WINDOW, maxWindowSize: 4 * WINDOW });
    expect(await saturate(peer, stream, 6)).toEqual([WINDOW]);
  });

  it("windows grow out of a quarter of the memory budget, which has it back at their end", async () => {
    const { peer, stream } = await tuned({ memoryBudget: 12 * WINDOW });
    const sizes = await saturate(peer, stream, 6);
    expect(sizes.map((size) => size / WINDOW)).toEqual([1, 2, 4]);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4 * WINDOW);
    stream.reset();
    peer.send(syn(5));
    expect((await saturate(peer, await peer.session.accept(), 6)).slice(0, 4)).toEqual(
      sizes.slice(0, 4),
    );
  });

  it("unread bytes may fill the whole budget, and one byte more resets the stream that holds the most", () => {
    // The two pieces of each stream have a cost, too.
    const peer = rawPeer({ wire, memoryBudget: 2 * (100 * KIB + 2 * OVERHEAD_OF_A_PIECE) });
    for (const id of [3, 5]) peer.send(syn(id, 60 * KIB));
    for (const id of [3, 5]) peer.send(data(id, 40 * KIB));
    expect(peer.take()).toEqual([]);
    peer.send(data(5, 1));
    expect(brief(peer.take())).toEqual(["5: RST ENHANCE_YOUR_CALM"]);
    expect(peer.session.stats().openStreams).toBe(1);
  });

  it("10 000 streams that are filled and never read stay under the budget, and a small one goes on", async () => {
    const memoryBudget = 8 * 1024 * KIB;
    const body = bytes(16 * KIB);
    const peer = rawPeer({ wire, memoryBudget });
    const streams: Stream[] = [];
    void (async () => {
      for await (const stream of peer.session) streams.push(stream);
    })();
    peer.send(syn(1, "innocent"));
    let most = 0;
    for (let count = 1; count <= 10_000; count++) {
      const id = 1 + 2 * count;
      peer.send(syn(id, body), data(id, body));
      const { memoryUnread, memoryUnsent } = peer.session.stats();
      most = Math.max(most, memoryUnread + memoryUnsent);
      if (count % 1000 === 0) {
        await peer.settle();
        peer.take();
      }
    }
    await peer.settle();
    expect(most).toBeGreaterThan(memoryBudget / 2);
    expect(most).toBeLessThanOrEqual(memoryBudget);
    const [innocent] = streams;
    const { resetsSent } = peer.session.stats();
    expect(["ACCEPT_QUEUE_FULL", "ENHANCE_YOUR_CALM"]).toEqual(
      expect.arrayContaining(Object.keys(resetsSent)),
    );
    const ended = Object.values(resetsSent).reduce((sum, count) => sum + count, 0);
    expect(ended).toBeGreaterThan(10_000 - memoryBudget / (32 * KIB));
    peer.take();
    peer.send(data(1, ", still"));
    expect(Buffer.concat(takePieces(innocent!)).toString()).toBe("innocent, still");
    await innocent!.write(bytes("here"));
    expect(contentOf(peer.take(), 1)).toEqual(bytes("here"));
  });
});
