// Idle: memory. Each round uses new processes, because a heap never shrinks back to its first size.

import { emptyValues, type Measure, type Measurement, type Point } from "./measurement.ts";
import { Pair, type PairMemory } from "./pair.ts";
import type { Peer } from "./peer.ts";
import { median } from "./statistics.ts";
import type { Workload } from "./workload.ts";

/** Streams open before the first measurement of the memory. By then, code is compiled and tables have grown. */
const WARM_STREAMS = 200;

/** Memory hardly differs between rounds. A quick run needs only one round. */
const MEMORY_ROUNDS = 5;
const QUICK_MEMORY_ROUNDS = 1;

/** Numbers of further streams at which memory is measured, as fractions of all streams that a peer opens. */
const STEPS = [0.1, 0.25, 0.5, 0.75, 1];

/** The quantities measured on each side, and where to find each. */
const quantities: [unit: string, bytesOf: (memory: PairMemory) => number][] = [
  ["bytes of heap, client", ({ client }) => client.heap],
  ["bytes of heap, server", ({ server }) => server.heap],
  ["bytes of RSS, client", ({ client }) => client.rss],
  ["bytes of RSS, server", ({ server }) => server.rss],
];

/** Bytes for each open stream on each side, and how they grow with the number of streams. */
export const measureMemory: Measure = async (workload, peers, { rounds, execArgv }) => {
  const seen = emptyValues<Look[]>(peers);
  const own = rounds < MEMORY_ROUNDS ? QUICK_MEMORY_ROUNDS : MEMORY_ROUNDS;
  for (let round = 0; round < own; round++) {
    for (const peer of peers) seen[peer.name]!.push(await looksAt(workload, peer, execArgv));
  }
  return quantities.map(([unit, bytesOf]): Measurement => {
    const values = emptyValues<number>(peers);
    const growth = emptyValues<Point>(peers);
    for (const { name, idleStreams } of peers) {
      const grown = seen[name]!.map((looks) => {
        const before = bytesOf(looks[0]!.memory);
        return looks.map(({ memory }) => bytesOf(memory) - before);
      });
      values[name] = grown.map((bytes) => bytes.at(-1)! / idleStreams);
      growth[name] = seen[name]![0]!.map(({ streams }, at) => [
        streams,
        median(grown.map((bytes) => bytes[at]!)),
      ]);
    }
    return { workload, unit, lessIsBetter: true, values, growth };
  });
};

/** The memory with `streams` open streams beyond those of the warm-up. */
interface Look {
  readonly streams: number;
  readonly memory: PairMemory;
}

async function looksAt({ streams }: Workload, peer: Peer, execArgv: string[]): Promise<Look[]> {
  const pair = await Pair.start(peer, "idle", execArgv);
  try {
    await pair.rate({ do: "hold", streams, count: WARM_STREAMS });
    const looks: Look[] = [{ streams: 0, memory: await pair.memory() }];
    for (const step of STEPS) {
      const next = Math.round(peer.idleStreams * step);
      await pair.rate({ do: "hold", streams, count: next - looks.at(-1)!.streams });
      looks.push({ streams: next, memory: await pair.memory() });
    }
    return looks;
  } finally {
    await pair.stop();
  }
}
