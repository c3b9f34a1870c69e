// Measuring one workload: all peers warmed up first, then round after round, each peer once in each round, so
// that whatever drifts on the machine hits all of them alike.

import { Pair, type PairMemory } from "./pair.ts";
import type { Peer } from "./peer.ts";
import type { Sizes, Workload } from "./workload.ts";

/** One quantity of a workload, with the value of each round for each peer. */
export interface Measurement {
  readonly workload: Workload;
  readonly unit: string;
  readonly lessIsBetter: boolean;
  /** In the order of the rounds, by the peer's name. */
  readonly values: Record<string, number[]>;
}

export interface MeasureOptions {
  readonly rounds: number;
  readonly sizes: Sizes;
  /** Node's options for the processes. */
  readonly execArgv: string[];
}

export function measure(
  workload: Workload,
  peers: readonly Peer[],
  options: MeasureOptions,
): Promise<Measurement[]> {
  return workload.kind === "idle"
    ? measureMemory(workload, peers, options)
    : measureRate(workload, peers, options);
}

/**
 * Rounds that a pair of processes lives for. Two runs of the same program differ for as long as they live, by
 * where the system places them and by what the compiler made of them; the median needs some of each.
 */
const ROUNDS_OF_A_PAIR = 3;

async function measureRate(
  workload: Workload,
  peers: readonly Peer[],
  options: MeasureOptions,
): Promise<Measurement[]> {
  const unit = workload.kind === "bulk" ? "MB/s" : "streams/s";
  const values = emptyValues(peers);
  for (let left = options.rounds; left > 0; left -= ROUNDS_OF_A_PAIR) {
    await measurePairs(workload, peers, Math.min(left, ROUNDS_OF_A_PAIR), options, values);
  }
  return [{ workload, unit, lessIsBetter: false, values }];
}

/** Adds to `values` what `rounds` rounds with one pair of processes for each peer give. */
async function measurePairs(
  { kind, streams, writeSize }: Workload,
  peers: readonly Peer[],
  rounds: number,
  { sizes, execArgv }: MeasureOptions,
  values: Record<string, number[]>,
): Promise<void> {
  const scale = kind === "bulk" ? 1e6 : 1;
  const pairs = new Map<Peer, Pair>();
  try {
    for (const peer of peers) pairs.set(peer, await Pair.start(peer, kind, execArgv));
    // Round -1 is the warm-up.
    for (let round = -1; round < rounds; round++) {
      for (const [peer, pair] of pairs) {
        const own = peer.multiplexes ? streams : 1;
        const rate = await pair.rate(
          kind === "bulk"
            ? { do: "bulk", streams: own, bytes: sizes.bulkBytes, size: writeSize }
            : { do: "open", streams: own, seconds: sizes.openSeconds },
        );
        if (round >= 0) values[peer.name]!.push(rate / scale);
      }
    }
  } finally {
    for (const pair of pairs.values()) await pair.stop();
  }
}

/** Streams open before the first look at the memory: code is compiled by then, and tables have some size. */
const WARM_STREAMS = 200;

/** Memory hardly differs from round to round. */
const MEMORY_ROUNDS = 5;

/** What is measured on either side, and how to find it. */
const memoryUnits: [string, (memory: PairMemory) => number][] = [
  ["bytes of heap, client", ({ client }) => client.heap],
  ["bytes of heap, server", ({ server }) => server.heap],
  ["bytes of RSS, client", ({ client }) => client.rss],
  ["bytes of RSS, server", ({ server }) => server.rss],
];

/** Memory: with new processes in each round, for a heap never shrinks back to what it was. */
async function measureMemory(
  workload: Workload,
  peers: readonly Peer[],
  { rounds, execArgv }: MeasureOptions,
): Promise<Measurement[]> {
  const measurements = memoryUnits.map(
    ([unit]): Measurement => ({ workload, unit, lessIsBetter: true, values: emptyValues(peers) }),
  );
  for (let round = 0; round < Math.min(rounds, MEMORY_ROUNDS); round++) {
    for (const peer of peers) {
      const pair = await Pair.start(peer, "idle", execArgv);
      try {
        const { streams } = workload;
        await pair.rate({ do: "hold", streams, count: WARM_STREAMS });
        const before = await pair.memory();
        await pair.rate({ do: "hold", streams, count: peer.idleStreams });
        const after = await pair.memory();
        for (const [index, [, bytesOf]] of memoryUnits.entries()) {
          const bytes = (bytesOf(after) - bytesOf(before)) / peer.idleStreams;
          measurements[index]!.values[peer.name]!.push(bytes);
        }
      } finally {
        await pair.stop();
      }
    }
  }
  return measurements;
}

function emptyValues(peers: readonly Peer[]): Record<string, number[]> {
  return Object.fromEntries(peers.map(({ name }) => [name, []]));
}
