// The counts, and their limit on each wire. A limit is a little above the count at the time it was set. A change that
// lowers a count also lowers its limit. A change that raises a limit states the reason.

import type { Stream, Wire } from "@muxado/core";
import { muxado } from "@muxado/core";
import { yamux } from "@muxado/yamux";
import { allocatedBy, outlivedBy, retainedBy } from "./heap.ts";
import { Loop } from "./loop.ts";
import { exchange, hold, transfer } from "./work.ts";

/** One thing that is counted. */
export interface Count {
  readonly name: string;
  /** By the name of the wire. */
  readonly limits: Readonly<Record<"muxado" | "yamux", number>>;
  readonly count: (loop: Loop) => Promise<number>;
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
    limits: { muxado: 130_000, yamux: 130_000 },
    count: async (loop) => {
      await transfer(loop.client, loop.server, 8 * BULK * MIB);
      // The bytes themselves are outside the heap, and many of them would cause a collection.
      const bytes = await allocatedBy(() => transfer(loop.client, loop.server, 8 * MIB));
      return bytes / 8;
    },
  },
];

async function perMebibyte(loop: Loop, counted: () => number): Promise<number> {
  // The window grows until then.
  await transfer(loop.client, loop.server, BULK * MIB);
  const before = counted();
  await transfer(loop.client, loop.server, BULK * MIB);
  return (counted() - before) / BULK;
}
