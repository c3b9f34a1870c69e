// The counts, and their limit on each wire. A limit is a little above the count at the time it was set. A change that
// lowers a count also lowers its limit. A change that raises a limit states the reason.

import type { Stream, Wire } from "@muxado/core";
import { muxado, relay } from "@muxado/core";
import { yamux } from "@muxado/yamux";
import { allocatedBy, outlivedBy, retainedBy, takenBy } from "./heap.ts";
import { Loop } from "./loop.ts";
import { Player } from "./player.ts";
import { feed, feedRelay, observe, readInto, waitOnly } from "./steady.ts";
import { exchange, hold, transfer } from "./work.ts";

/** One thing that is counted. */
export interface Count {
  readonly name: string;
  /** By the name of the wire. */
  readonly limits: Readonly<Record<"muxado" | "yamux", number>>;
  readonly count: (loop: Loop, wire: Wire) => Promise<number>;
}

export const wires: readonly (readonly ["muxado" | "yamux", Wire])[] = [
  ["muxado", muxado],
  ["yamux", yamux()],
];

const STREAMS = 2_000;
const MIB = 1024 * 1024;
const BULK = 64;

export const counts: readonly Count[] = [
  {
    name: "writes of both sides, for 1 000 streams of 64 bytes each way, 64 at a time",
    // A long turn leaves in two writes (docs/decisions/0013).
    limits: { muxado: 84, yamux: 90 },
    count: async (loop) => {
      const before = loop.writes;
      await exchange(loop.client, loop.server, 1_000);
      return loop.writes - before;
    },
  },
  {
    name: "frames of both sides, for each of these streams",
    limits: { muxado: 4, yamux: 4 },
    count: async (loop) => {
      const before = loop.frames;
      await exchange(loop.client, loop.server, 1_000);
      return (loop.frames - before) / 1_000;
    },
  },
  {
    name: "bytes of heap allocated by both sides and their application, for each of these streams",
    limits: { muxado: 6_300, yamux: 6_300 },
    count: async (loop) => {
      await exchange(loop.client, loop.server, 40_000);
      const bytes = await allocatedBy(() => exchange(loop.client, loop.server, STREAMS));
      return bytes / STREAMS;
    },
  },
  {
    name: "bytes of them that only a full collection frees",
    limits: { muxado: 50, yamux: 50 },
    count: async (loop) => {
      await exchange(loop.client, loop.server, 40_000);
      const bytes = await outlivedBy(() => exchange(loop.client, loop.server, 20_000));
      return bytes / 20_000;
    },
  },
  {
    name: "bytes that an open stream keeps on both sides together, when it rests",
    limits: { muxado: 1_020, yamux: 1_060 },
    count: async (loop) => {
      const kept: Stream[] = [];
      await hold(loop.client, loop.server, 500, kept);
      const bytes = await retainedBy(() => hold(loop.client, loop.server, 10_000, kept));
      return bytes / 10_000;
    },
  },
  {
    name: "writes of both sides, for each MiB over one stream in writes of 64 KiB",
    limits: { muxado: 25, yamux: 25 },
    count: (loop) => perMebibyte(loop, () => loop.writes),
  },
  {
    name: "frames of both sides, for each of these MiB",
    limits: { muxado: 25, yamux: 25 },
    count: (loop) => perMebibyte(loop, () => loop.frames),
  },
  {
    name: "bytes of heap allocated by both sides and their application, for each of these MiB",
    limits: { muxado: 115_000, yamux: 115_000 },
    count: async (loop) => {
      await transfer(loop.client, loop.server, 8 * BULK * MIB);
      // The bytes themselves are outside the heap, and many of them would cause a collection.
      const bytes = await allocatedBy(() => transfer(loop.client, loop.server, 8 * MIB));
      return bytes / 8;
    },
  },
  {
    name: "bytes of heap allocated by a session and its reader with readInto, for each MiB in reads of 64 KiB",
    // Of these, some 9 000 are for the promises of 17 reads and the `await` of each, and 3 500 for the views by which
    // JavaScript copies. How much of the rest V8 saves depends on what it has compiled before.
    limits: { muxado: 20_000, yamux: 20_000 },
    count: async (_, wire) => {
      const player = new Player(wire);
      const stream = await player.open();
      return heapPerMebibyte((mebibytes) => readInto(player, stream, mebibytes));
    },
  },
  {
    name: "bytes of heap allocated by a session and its reader with takeInto, for each of these MiB",
    // The bytes wait in blocks of 16 KiB until the observer is called: at least 64 views for the way in.
    limits: { muxado: 15_000, yamux: 15_000 },
    count: async (_, wire) => {
      const player = new Player(wire);
      observe(await player.open());
      return heapPerMebibyte((mebibytes) => feed(player, mebibytes), player);
    },
  },
  {
    name: "bytes of heap allocated by the two sessions of a relay, for each of these MiB",
    limits: { muxado: 15_000, yamux: 15_000 },
    count: async (_, wire) => {
      const { from, relayed } = await relaying(wire, true);
      return heapPerMebibyte(relayed, from);
    },
  },
  {
    name: "bytes of heap allocated by them if the reader is slow, for each of these MiB",
    limits: { muxado: 21_000, yamux: 21_000 },
    count: async (_, wire) => {
      const { from, relayed } = await relaying(wire, false);
      return heapPerMebibyte(relayed, from);
    },
  },
  {
    name: "bytes of memory outside the heap that a reader with readInto takes, for each of these MiB",
    limits: { muxado: 0, yamux: 0 },
    count: async (_, wire) => {
      const player = new Player(wire);
      const stream = await player.open();
      return externalPerMebibyte((mebibytes) => readInto(player, stream, mebibytes));
    },
  },
  {
    name: "bytes of memory outside the heap that the two sessions of a relay take, for each of these MiB",
    limits: { muxado: 0, yamux: 0 },
    count: async (_, wire) => externalPerMebibyte((await relaying(wire, true)).relayed),
  },
  {
    name: "bytes of memory outside the heap that they take if the reader is slow, for each of these MiB",
    // One block of 16 KiB: a write of 256 KiB empties 17, and a session keeps 16 for later. They do not become more.
    limits: { muxado: 17_000, yamux: 17_000 },
    count: async (_, wire) => externalPerMebibyte((await relaying(wire, false)).relayed),
  },
];

/** Runs work on this many mebibytes. */
type Work = (mebibytes: number) => Promise<void>;

/** Two players whose streams a relay joins. */
async function relaying(
  wire: Wire,
  isPrompt: boolean,
): Promise<{ readonly from: Player; readonly relayed: Work }> {
  const [from, to] = [new Player(wire), new Player(wire)];
  void relay(await from.open(), await to.open());
  return { from, relayed: (mebibytes) => feedRelay(from, to, isPrompt, mebibytes) };
}

/** @param waiting if given, what the loop of `work` allocates by itself with this player is taken off. */
async function heapPerMebibyte(work: Work, waiting?: Player): Promise<number> {
  // Until then, V8 optimizes what is counted.
  await work(16 * BULK);
  let bytes = await allocatedBy(() => work(BULK));
  if (waiting !== undefined) {
    await waitOnly(waiting, 16 * BULK);
    bytes -= await allocatedBy(() => waitOnly(waiting, BULK));
  }
  return bytes / BULK;
}

async function externalPerMebibyte(work: Work): Promise<number> {
  await work(BULK);
  return (await takenBy(() => work(BULK))) / BULK;
}

async function perMebibyte(loop: Loop, counted: () => number): Promise<number> {
  // The window grows until then.
  await transfer(loop.client, loop.server, BULK * MIB);
  const before = counted();
  await transfer(loop.client, loop.server, BULK * MIB);
  return (counted() - before) / BULK;
}
