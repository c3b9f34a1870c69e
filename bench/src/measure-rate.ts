// Workloads of which it counts how much is done in a second: open, bulk and echo.

import { emptyValues, type Measure, type MeasureOptions } from "./measurement.ts";
import type { Task } from "./messages.ts";
import { Pair } from "./pair.ts";
import type { Peer } from "./peer.ts";
import type { ServerKind, Sizes, Workload } from "./workload.ts";

/**
 * Rounds that a pair of processes lives for. Two runs of the same program differ for as long as they live, by
 * where the system places them and by what the compiler made of them; the median needs some of each.
 */
const ROUNDS_OF_A_PAIR = 3;

/** The matrix has 20 cells, and some of them take half a minute. */
const ECHO_ROUNDS = 5;

/** Seconds of a round of echoes at least: with large payloads, few of them make a round, and what is slow at first. */
const LEAST_ECHO_SECONDS = 0.5;

/** Bytes of a payload that the warm-up of an echo does without. */
const LONGEST_WARM_UP = 1024 * 1024;

/**
 * Seconds for it at least: compilers and heaps go on adapting for so long (1 MiB on 256 streams: a third slower at
 * first).
 */
const WARM_UP_SECONDS = 2;

/** How often something is done in a second. */
export const measureRate: Measure = async (workload, peers, options) => {
  const { unit, scale } = unitOf(workload);
  const values = emptyValues<number>(peers);
  const rounds = workload.kind === "echo" ? Math.min(options.rounds, ECHO_ROUNDS) : options.rounds;
  for (let left = rounds; left > 0; left -= ROUNDS_OF_A_PAIR) {
    await measurePairs(workload, peers, Math.min(left, ROUNDS_OF_A_PAIR), options, (peer, rate) =>
      values[peer.name]!.push(rate / scale),
    );
  }
  return [{ workload, unit, lessIsBetter: false, values }];
};

/** What to show, and what to divide a rate by for it. */
function unitOf({ kind, payload }: Workload): { unit: string; scale: number } {
  if (kind === "open") return { unit: "streams/s", scale: 1 };
  const isSmall = kind === "echo" && payload < LONGEST_WARM_UP;
  return isSmall ? { unit: "echoes/s", scale: payload } : { unit: "MB/s", scale: 1e6 };
}

/** Tells `report` what `rounds` rounds with one pair of processes for each peer give. */
async function measurePairs(
  workload: Workload,
  peers: readonly Peer[],
  rounds: number,
  { sizes, execArgv }: MeasureOptions,
  report: (peer: Peer, rate: number) => void,
): Promise<void> {
  const pairs = new Map<Peer, Pair>();
  try {
    for (const peer of peers) {
      pairs.set(peer, await Pair.start(peer, workload.kind as ServerKind, execArgv));
    }
    // Round -1 is the warm-up.
    for (let round = -1; round < rounds; round++) {
      for (const [peer, pair] of pairs) {
        const streams = peer.multiplexes ? workload.streams : 1;
        const rate = await pair.rate(taskOf({ ...workload, streams }, sizes, round < 0));
        if (round >= 0) report(peer, rate);
      }
    }
  } finally {
    for (const pair of pairs.values()) await pair.stop();
  }
}

function taskOf(
  { kind, streams, writeSize, payload }: Workload,
  { bulkBytes, openSeconds: seconds }: Sizes,
  isWarmUp: boolean,
): Task {
  if (kind === "bulk") return { do: "bulk", streams, bytes: bulkBytes, size: writeSize };
  if (kind === "open") return { do: "open", streams, seconds };
  const bytes = isWarmUp ? Math.min(payload, LONGEST_WARM_UP) : payload;
  const least = isWarmUp ? WARM_UP_SECONDS : LEAST_ECHO_SECONDS;
  return { do: "echo", streams, bytes, seconds: Math.max(least, seconds) };
}
