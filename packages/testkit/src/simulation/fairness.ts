// How streams share a link that each of them could fill.

import type { Stream } from "@muxado/core";
import { connectedPair } from "../pair.ts";
import { elapse } from "./elapse.ts";
import { readAll, writeForEver } from "./traffic.ts";

/** The body of a frame while other streams wait, in bytes. */
const TURN = 32 * 1024;

/** Bytes per second. The value does not matter. */
const BANDWIDTH = 10e6;

/**
 * Returns the bytes that each of several streams has sent in the time of `turns` turns at the weight of 16. All of them
 * always have more to send, and are always read.
 */
export async function measureShares(weights: readonly number[], turns: number): Promise<number[]> {
  const windowSize = 2 ** 30;
  const pair = connectedPair({
    bandwidth: BANDWIDTH,
    latency: [5, 5],
    session: { windowSize, memoryBudget: Infinity },
  });
  const { client, server } = pair;
  const streams = weights.map((weight) => client.open({ priority: { weight } }));
  const sent = (): number[] => streams.map((stream) => stream.stats().bytesSent);
  for (const stream of streams) void writeForEver(stream);
  void readEach(server);
  // Until their windows no longer limit any of them.
  await elapse(pair, 100 + (weights.length * 256 * 1024 * 1000) / BANDWIDTH);
  const before = sent();
  const bytes = weights.reduce((sum, weight) => sum + (weight / 16) * turns * TURN, 0);
  await elapse(pair, (bytes * 1000) / BANDWIDTH);
  const shares = sent().map((total, at) => total - before[at]!);
  client.destroy();
  server.destroy();
  return shares;
}

/** Jain's index of `shares`: 1 if all are the same, 1 / n if one of n has everything. */
export function fairnessIndex(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return (sum * sum) / (shares.length * squares);
}

async function readEach(streams: AsyncIterable<Stream>): Promise<void> {
  for await (const stream of streams) void readAll(stream);
}
