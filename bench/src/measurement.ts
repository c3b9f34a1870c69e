// Measurements and how to make them: the types that all ways of measuring share.

import type { Side } from "./pair.ts";
import type { Peer } from "./peer.ts";
import type { Sizes, Workload } from "./workload.ts";

/** One quantity of a workload, with one value for each round of each peer. */
export interface Measurement {
  readonly workload: Workload;
  readonly unit: string;
  readonly lessIsBetter: boolean;
  /** Values in the order of the rounds, by the peer's name. */
  readonly values: Record<string, number[]>;
  /** Number of other streams that were open, if the workload varies it. */
  readonly others?: number;
  /**
   * How the quantity grew with the number of open streams, by the peer's name. These are medians, and the first
   * measured number of streams comes first.
   */
  readonly growth?: Record<string, Point[]>;
  /** The processor time that the same rounds have used, if the quantity is a rate. */
  readonly processorTime?: ProcessorTime;
}

/** The processor time of each process, user and system together. */
export interface ProcessorTime {
  /** The work for which the time is counted, such as one GiB. */
  readonly per: string;
  /**
   * Milliseconds in the order of the rounds, by the side and the peer's name. A peer has none where its system does not
   * tell.
   */
  readonly sides: Readonly<Partial<Record<Side, Record<string, number[]>>>>;
}

/** A number of streams, and the value at that number. */
export type Point = readonly [streams: number, value: number];

export interface MeasureOptions {
  readonly rounds: number;
  readonly sizes: Sizes;
  /** Options of Node for the processes. */
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
