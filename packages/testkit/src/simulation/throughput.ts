// How many bytes one stream carries over a pipe with a large bandwidth and a long delay, from its first byte on.

import type { SessionOptions, Stream } from "@muxado/core";
import { connectedPair } from "../pair.ts";
import { elapse } from "./elapse.ts";
import { readAll, writeForEver } from "./traffic.ts";

/** A pipe, and a session through it. Times in milliseconds, bandwidth in bytes per second. */
export interface ThroughputOptions {
  readonly bandwidth: number;
  readonly roundTrip: number;
  readonly duration: number;
  /** The time between two samples. */
  readonly step: number;
  /** Options of both sessions. */
  readonly session?: SessionOptions;
}

/** The bytes that have been read in one step. */
export interface ThroughputSample {
  /** When the step ended. */
  readonly at: number;
  readonly bytes: number;
  /** The reader's window at that time, in bytes. */
  readonly window: number;
}

/** Makes one stream send as much as it can to a reader that keeps up, and samples the bytes read. */
export async function measureThroughput(options: ThroughputOptions): Promise<ThroughputSample[]> {
  const { bandwidth, roundTrip, duration, step, session = {} } = options;
  const latency = [roundTrip / 2, roundTrip / 2] as const;
  const pair = connectedPair({ bandwidth, latency, buffer: 256 * 1024, session });
  const { client, server } = pair;
  void writeForEver(client.open());
  let read = 0;
  let reader: Stream | undefined;
  void server.accept().then((stream) => {
    reader = stream;
    return readAll(stream, (length) => (read += length));
  });
  const samples: ThroughputSample[] = [];
  for (let at = step; at <= duration; at += step) {
    const before = read;
    await elapse(pair, step);
    const window = reader?.stats().receiveWindow ?? 0;
    samples.push({ at, bytes: read - before, window });
  }
  client.destroy();
  server.destroy();
  return samples;
}
