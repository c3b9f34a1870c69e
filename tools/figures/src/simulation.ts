// The simulation: all measurements, in virtual time and from fixed seeds, so each run has the same results.

import {
  fairnessIndex,
  fillWindows,
  longestWait,
  type MemoryFacts,
  measureRequests,
  measureShares,
  measureThroughput,
  type RequestOptions,
  type RequestTimes,
  starveWriters,
  type ThroughputSample,
} from "@muxado/testkit";

const KIB = 1024;
const MIB = 1024 * KIB;

/** 1 Gbit/s and a round trip of 100 ms. */
export const PIPE = { bandwidth: 125e6, roundTrip: 100, duration: 3000, step: 50 };

/** 100 Mbit/s and a round trip of 20 ms. Its transport takes 64 KiB, as a socket does. */
const LINK = {
  bandwidth: 12.5e6,
  roundTrip: 20,
  buffer: 64 * KIB,
  bulkStreams: 8,
  requests: 400,
  requestSize: 64,
  seed: 4,
};

/** Weights of the streams that share a link. */
export const WEIGHTS: readonly number[] = [4, 8, 16, 32, 64];

/** An attack by a hostile peer. */
export const ATTACK = { streams: 10_000, memoryBudget: 64 * MIB };

/** Requests of one kind. */
export interface Requests {
  readonly options: RequestOptions;
  readonly times: readonly RequestTimes[];
  /** The longest time until a request arrives, if it is urgent, in milliseconds. */
  readonly bound: number;
}

/** All results of the simulation. */
export interface Findings {
  readonly tuned: readonly ThroughputSample[];
  readonly fixed: readonly ThroughputSample[];
  readonly fairness: number;
  /** For each of the {@link WEIGHTS}: what its stream carried, divided by what it was due. */
  readonly shares: readonly number[];
  readonly ordinary: Requests;
  readonly urgent: Requests;
  readonly urgentSmall: Requests;
  readonly unbounded: Requests;
  readonly unread: MemoryFacts;
  readonly unsent: MemoryFacts;
}

/** Runs all measurements. */
export async function simulate(): Promise<Findings> {
  const urgency = { priority: { urgency: 0 } };
  const shares = await measureShares(WEIGHTS, 400);
  const [carried, weight] = [sum(shares), sum(WEIGHTS)];
  return {
    tuned: await measureThroughput(PIPE),
    fixed: await measureThroughput({ ...PIPE, session: { windowSize: 256 * KIB } }),
    fairness: fairnessIndex(await measureShares(Array<number>(16).fill(16), 100)),
    shares: shares.map((share, at) => share / ((carried * WEIGHTS[at]!) / weight)),
    ordinary: await requests({ ...LINK, transportBudget: 256 * KIB }),
    urgent: await requests({ ...LINK, ...urgency, transportBudget: 256 * KIB }),
    urgentSmall: await requests({ ...LINK, ...urgency, transportBudget: 64 * KIB }),
    unbounded: await requests({ ...LINK, ...urgency, transportBudget: Infinity, requests: 40 }),
    unread: await fillWindows(ATTACK),
    unsent: await starveWriters(ATTACK),
  };
}

async function requests(options: RequestOptions): Promise<Requests> {
  return { options, times: await measureRequests(options), bound: longestWait(options) };
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Returns the value below which the given part of `values` lies. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!;
}
