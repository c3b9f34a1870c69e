// Workloads whose result is a rate per second: open, bulk, echo and relay. With the rate comes the processor time of
// each process, which says more where the machine has other work or the processes wait for each other.

import { emptyValues, type Measure, type MeasureOptions } from "./measurement.ts";
import type { Task } from "./messages.ts";
import { Pair, type Side } from "./pair.ts";
import type { Peer } from "./peer.ts";
import { type ServerKind, serverKindOf, type Sizes, type Workload } from "./workload.ts";

/**
 * Rounds of one pair of processes. Two runs of the same program differ for their whole life, because the system places
 * them differently and the compiler makes different code. The median needs rounds of several pairs.
 */
const ROUNDS_OF_A_PAIR = 3;

/** Rounds of an echo at most: the matrix has 20 cells, and some of them take half a minute. */
const ECHO_ROUNDS = 5;

/**
 * Least seconds of a round of echoes. With large payloads a round has few echoes, and the slow first ones would count
 * too much.
 */
const LEAST_ECHO_SECONDS = 0.5;

/** The longest payload in the warm-up of an echo, in bytes. */
const LONGEST_WARM_UP = 1024 * 1024;

/**
 * Least seconds of the warm-up of an echo. Compilers and heaps adapt for so long (1 MiB on 256 streams: a third slower
 * at first).
 */
const WARM_UP_SECONDS = 2;

/** The work of one round. */
interface Round {
  /** Things done per second: streams or bytes. */
  readonly rate: number;
  /** Milliseconds of processor time for each thing done, by the side. */
  readonly processorTimes: ReadonlyMap<Side, number>;
}

/** How often the workload does its task in a second. */
export const measureRate: Measure = async (workload, peers, options) => {
  const { unit, scale, per, amount } = unitOf(workload);
  const values = emptyValues<number>(peers);
  const sides: Partial<Record<Side, Record<string, number[]>>> = {};
  const rounds = workload.kind === "echo" ? Math.min(options.rounds, ECHO_ROUNDS) : options.rounds;
  for (let left = rounds; left > 0; left -= ROUNDS_OF_A_PAIR) {
    const ofThisPair = Math.min(left, ROUNDS_OF_A_PAIR);
    await measurePairs(workload, peers, ofThisPair, options, ({ name }, round) => {
      values[name]!.push(round.rate / scale);
      for (const [side, time] of round.processorTimes) {
        ((sides[side] ??= {})[name] ??= []).push(time * amount);
      }
    });
  }
  return [{ workload, unit, lessIsBetter: false, values, processorTime: { per, sides } }];
};

/** The units of the tasks that count single things. */
const singles: Partial<Record<ServerKind, string>> = { open: "streams", messages: "messages" };

interface Unit {
  readonly unit: string;
  /** The number to divide a rate by for that unit. */
  readonly scale: number;
  /** The work for which processor time is shown, in words and as the number of things to do. */
  readonly per: string;
  readonly amount: number;
}

function unitOf(workload: Workload): Unit {
  const { payload } = workload;
  const kind = serverKindOf(workload);
  const single = singles[kind];
  if (single !== undefined) {
    return { unit: `${single}/s`, scale: 1, per: `1 000 ${single}`, amount: 1000 };
  }
  const isSmall = kind === "echo" && payload < LONGEST_WARM_UP;
  return isSmall
    ? { unit: "echoes/s", scale: payload, per: "1 000 echoes", amount: 1000 * payload }
    : { unit: "MB/s", scale: 1e6, per: "GiB", amount: 2 ** 30 };
}

/** Runs `rounds` rounds with one pair of processes for each peer, and passes each round to `report`. */
async function measurePairs(
  workload: Workload,
  peers: readonly Peer[],
  rounds: number,
  { sizes, execArgv }: MeasureOptions,
  report: (peer: Peer, round: Round) => void,
): Promise<void> {
  const pairs = new Map<Peer, Pair>();
  try {
    for (const peer of peers) {
      const kind = serverKindOf(workload);
      pairs.set(peer, await Pair.start(peer, kind, execArgv, workload.kind === "relay"));
    }
    // Round -1 is the warm-up.
    for (let round = -1; round < rounds; round++) {
      for (const [peer, pair] of pairs) {
        const streams = peer.multiplexes ? workload.streams : 1;
        const done = await runRound(pair, taskOf({ ...workload, streams }, sizes, round < 0));
        if (round >= 0) report(peer, done);
      }
    }
  } finally {
    for (const pair of pairs.values()) await pair.stop();
  }
}

async function runRound(pair: Pair, task: Task): Promise<Round> {
  const before = await pair.processorTimes();
  const start = performance.now();
  const rate = await pair.rate(task);
  // The rate and the time give the amount of work. The message to the process and back adds less than a millisecond.
  const done = (rate * (performance.now() - start)) / 1000;
  const processorTimes = new Map<Side, number>();
  for (const [side, time] of await pair.processorTimes()) {
    const used = (time ?? NaN) - (before.get(side) ?? NaN);
    if (!Number.isNaN(used)) processorTimes.set(side, used / done);
  }
  return { rate, processorTimes };
}

function taskOf(
  workload: Workload,
  { bulkBytes, openSeconds: seconds }: Sizes,
  isWarmUp: boolean,
): Task {
  const { streams, writeSize, payload } = workload;
  const kind = serverKindOf(workload);
  if (kind === "bulk") return { do: "bulk", streams, bytes: bulkBytes, size: writeSize };
  if (kind === "open" || kind === "messages") return { do: kind, streams, seconds };
  const bytes = isWarmUp ? Math.min(payload, LONGEST_WARM_UP) : payload;
  const least = isWarmUp ? WARM_UP_SECONDS : LEAST_ECHO_SECONDS;
  return { do: "echo", streams, bytes, seconds: Math.max(least, seconds) };
}
