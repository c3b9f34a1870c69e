// Mixed: how long small requests take while bulk streams use all that the transport can carry.

import { emptyValues, type Measure, type Measurement } from "./measurement.ts";
import type { Latency } from "./messages.ts";
import { Pair } from "./pair.ts";
import type { Peer } from "./peer.ts";

/** Seconds of a round at least: one request in a hundred has to be more than one. */
const LEAST_SECONDS = 1;

/**
 * The bar for the requests: from giving as many bytes as a session has under way at once to a connection that is
 * full, until an answer says that the peer has read them. What the system buffers counts, as it does for requests.
 */
export const DRAIN_UNIT = "µs of a congested write of 256 KiB, p50";

/** What is reported, and how to find it. */
const quantities: [
  unit: string,
  less: boolean,
  valueOf: (latency: Latency) => number | undefined,
][] = [
  ["µs, p50", true, ({ p50 }) => p50],
  ["µs, p99", true, ({ p99 }) => p99],
  [DRAIN_UNIT, true, ({ drain }) => drain],
  ["MB/s of bulk meanwhile", false, ({ bulk }) => bulk / 1e6],
];

/** Latencies of requests, and what else there is to say about the time in which they were made. */
export const measureLatency: Measure = async (workload, peers, { rounds, sizes, execArgv }) => {
  const { streams, writeSize: size } = workload;
  const seconds = Math.max(LEAST_SECONDS, sizes.openSeconds);
  const latencies = emptyValues<Latency>(peers);
  const pairs = new Map<Peer, Pair>();
  try {
    for (const peer of peers) pairs.set(peer, await Pair.start(peer, "mixed", execArgv));
    // Round -1 is the warm-up.
    for (let round = -1; round < rounds; round++) {
      for (const [peer, pair] of pairs) {
        const latency = await pair.latency({ do: "mixed", streams, size, seconds });
        if (round >= 0) latencies[peer.name]!.push(latency);
      }
    }
  } finally {
    for (const pair of pairs.values()) await pair.stop();
  }
  return quantities
    .map(([unit, lessIsBetter, valueOf]): Measurement => {
      const values: Record<string, number[]> = {};
      for (const [name, own] of Object.entries(latencies)) {
        const known = own.map(valueOf).filter((value) => value !== undefined);
        if (known.length > 0) values[name] = known;
      }
      return { workload, unit, lessIsBetter, values };
    })
    .filter(({ values }) => Object.keys(values).length > 0);
};
