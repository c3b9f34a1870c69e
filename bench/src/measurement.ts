// What was measured, and how to go about it: what all ways of measuring have in common.

import type { Peer } from "./peer.ts";
import type { Sizes, Workload } from "./workload.ts";

/** One quantity of a workload, with the value of each round for each peer. */
export interface Measurement {
  readonly workload: Workload;
  readonly unit: string;
  readonly lessIsBetter: boolean;
  /** In the order of the rounds, by the peer's name. */
  readonly values: Record<string, number[]>;
  /** How many other streams were open, if that is what the workload varies. */
  readonly others?: number;
  /** How it grew with the number of open streams, by the peer's name: medians, from the first measured number on. */
  readonly growth?: Record<string, Point[]>;
}

/** So many streams, and the value there. */
export type Point = readonly [streams: number, value: number];

export interface MeasureOptions {
  readonly rounds: number;
  readonly sizes: Sizes;
  /** Node's options for the processes. */
  readonly execArgv: string[];
}

/** A way of measuring a workload. */
export type Measure = (
  workload: Workload,
  peers: readonly Peer[],
  options: MeasureOptions,
) => Promise<Measurement[]>;

/** An empty list of values for each peer. */
export function emptyValues<T>(peers: readonly Peer[]): Record<string, T[]> {
  return Object.fromEntries(peers.map(({ name }) => [name, []]));
}
