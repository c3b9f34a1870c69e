// Mixed: how long small requests take while bulk streams use the full capacity of the transport.

import { emptyValues, type Measure, type Measurement } from "./measurement.ts";
import type { Latency } from "./messages.ts";
import { Pair } from "./pair.ts";
import type { Peer } from "./peer.ts";

/** Least seconds of a round. One percent of its requests must be more than one request. */
const LEAST_SECONDS = 1;

/**
 * The bar for the requests. It starts when the sender gives a congested connection as many bytes as a session has under
 * way at once. It ends when an answer confirms that the peer has read them. Bytes in buffers of the system count, as
 * they do for requests.
 */
export const DRAIN_UNIT = "µs of a congested write of 256 KiB, p50";

/** The reported quantities, and where to find each. */
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

/** Latencies of requests, and further figures of the time in which they were made. */
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
