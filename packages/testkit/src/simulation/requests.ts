// How long small requests take while other streams of the session fill the link.

import type { Priority, Session, Stream } from "@muxado/core";
import { connectedPair, type Pair } from "../pair.ts";
import { elapse } from "./elapse.ts";
import { readAll, writeForEver } from "./traffic.ts";

/** A link with bulk traffic, and requests between it. Times in milliseconds, sizes in bytes. */
export interface RequestOptions {
  /** Bytes per second. */
  readonly bandwidth: number;
  readonly roundTrip: number;
  /** Bytes that the transport takes before it holds up the session. */
  readonly buffer: number;
  readonly transportBudget: number;
  /** Streams that always have more to send. */
  readonly bulkStreams: number;
  readonly requests: number;
  readonly requestSize: number;
  /** The priority of the requests. The bulk traffic has none. */
  readonly priority?: Priority;
  /** Decides when requests are made. */
  readonly seed: number;
}

/** When one request was made, and how long it and its answer took. */
export interface RequestTimes {
  readonly at: number;
  /** Until the server's application had read the request. */
  readonly arrived: number;
  /** Until the client's application had read the answer. */
  readonly answered: number;
}

/** Bytes that arrive together: the resolution of the measurement, and small compared with a frame. */
const PACKET_SIZE = 4096;

/** The longest frame, header included, that is sent while another stream waits, in bytes. */
const FRAME = 32 * 1024 + 8;

/** The shortest and the longest pause between two requests, in milliseconds. */
const PAUSE = [5, 50] as const;

/** Makes requests, one after the other, each on its own stream, and measures each. */
export async function measureRequests(options: RequestOptions): Promise<RequestTimes[]> {
  const { bandwidth, roundTrip, buffer, transportBudget, bulkStreams, seed } = options;
  const latency = [roundTrip / 2, roundTrip / 2] as const;
  // Bulk traffic must not wait for credit: the streams must compete for the link.
  const session = { transportBudget, windowSize: 8 * 1024 * 1024, memoryBudget: Infinity };
  const pair = connectedPair({
    bandwidth,
    latency,
    buffer,
    packetSize: PACKET_SIZE,
    seed,
    session,
  });
  const { client, server } = pair;
  const arrivals = new Map<number, number>();
  for (let count = 0; count < bulkStreams; count++) void writeForEver(client.open());
  void serve(server, (id) => arrivals.set(id, pair.clock.now()));
  await elapse(pair, 20 * roundTrip);
  const results: RequestTimes[] = [];
  for (let count = 0; count < options.requests; count++) {
    await elapse(pair, pair.random.between(...PAUSE) + pair.random.next());
    results.push(await request(pair, options, arrivals));
  }
  client.destroy();
  server.destroy();
  return results;
}

/**
 * Returns the longest time that an urgent request may take until it arrives, in milliseconds: the way itself, and
 * before it the time for all bytes that may be in front. These are the transport's budget, which one frame may exceed,
 * the bytes that the transport has taken, and the packet of the request.
 */
export function longestWait(options: RequestOptions): number {
  const { bandwidth, roundTrip, buffer, transportBudget } = options;
  const before = transportBudget + FRAME + buffer + PACKET_SIZE;
  return roundTrip / 2 + (before * 1000) / bandwidth;
}

async function request(
  pair: Pair,
  { priority, requestSize }: RequestOptions,
  arrivals: ReadonlyMap<number, number>,
): Promise<RequestTimes> {
  const at = pair.clock.now();
  const stream = pair.client.open({ priority });
  let answered: number | undefined;
  void stream.write(new Uint8Array(requestSize));
  void stream.closeWrite();
  void readAll(stream).then(() => (answered = pair.clock.now() - at));
  while (answered === undefined) await elapse(pair, 1);
  return { at, arrived: arrivals.get(stream.id)! - at, answered };
}

/** Answers each stream that ends with as many bytes as arrived. Streams that never end are bulk traffic. */
async function serve(session: Session, onRequest: (id: number) => void): Promise<void> {
  for await (const stream of session) void answer(stream, onRequest);
}

async function answer(stream: Stream, onRequest: (id: number) => void): Promise<void> {
  let length = 0;
  await readAll(stream, (more) => (length += more));
  if (stream.error !== undefined) return;
  onRequest(stream.id);
  await stream.write(new Uint8Array(length));
  await stream.closeWrite();
}
