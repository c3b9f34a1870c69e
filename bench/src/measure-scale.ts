// Scale: streams opened and closed while more and more others are open. For each peer and each number of others there
// is a pair of processes. Each round visits all pairs, so that the numbers can be compared.

import { emptyValues, type Measure, type Measurement } from "./measurement.ts";
import { Pair } from "./pair.ts";
import type { Peer } from "./peer.ts";

/** Number of streams that are opened at a time, while the other streams are set up. */
const OPENING = 64;

/** How many streams are opened and closed in a second, for each number of others. */
export const measureScale: Measure = async (workload, peers, options) => {
  const { rounds, sizes, execArgv } = options;
  const able = (others: number): Peer[] => peers.filter(({ idleStreams }) => idleStreams >= others);
  const measurements = sizes.others.map(
    (others): Measurement => ({
      workload,
      unit: scaleUnit(others),
      lessIsBetter: false,
      values: emptyValues(able(others)),
      others,
    }),
  );
  const { streams } = workload;
  const task = { do: "open", streams, seconds: sizes.openSeconds } as const;
  const places: { pair: Pair; values: number[] }[] = [];
  try {
    for (const peer of peers) {
      for (const { others = 0, values } of measurements) {
        const own = values[peer.name];
        if (own === undefined) continue;
        const pair = await Pair.start(peer, "scale", execArgv);
        places.push({ pair, values: own });
        await pair.rate({ do: "hold", streams: OPENING, count: others });
      }
    }
    // Round -1 is the warm-up.
    for (let round = -1; round < rounds; round++) {
      for (const { pair, values } of places) {
        const rate = await pair.rate(task);
        if (round >= 0) values.push(rate);
      }
    }
  } finally {
    for (const { pair } of places) await pair.stop();
  }
  return measurements.filter(({ values }) => Object.keys(values).length > 0);
};

/** The unit for this number of others. It identifies the measurement. */
export function scaleUnit(others: number): string {
  return `streams/s with ${others} others open`;
}
