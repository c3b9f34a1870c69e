// The tasks of a client, the same for every peer.

import { setTimeout as delay } from "node:timers/promises";
import type { Latency, Task } from "./messages.ts";
import { checkReply, EchoPayload, request } from "./payload.ts";
import type { Connection } from "./peer.ts";
import { median, quantile } from "./statistics.ts";

type TaskOf<Name extends Task["do"]> = Extract<Task, { do: Name }>;

/** The number of the next message. No number is used twice, not even in later rounds. */
let messages = 0;

/** Opens and closes streams. Returns their number per second. */
export async function openFor(
  connection: Connection,
  streams: number,
  seconds: number,
): Promise<number> {
  const running = timer(seconds);
  return rateOf(() =>
    together(streams, async () => {
      let done = 0;
      for (; running(); done++) {
        const n = messages++;
        checkReply(await connection.exchange(request(n)), n);
      }
      return done;
    }),
  );
}

/** Sends messages over open streams, each when the one before has its answer. Returns their number per second. */
export function converseFor(
  connection: Connection,
  { streams, seconds }: TaskOf<"messages">,
): Promise<number> {
  const running = timer(seconds);
  return rateOf(() =>
    together(streams, async () => {
      const conversation = await connection.converse!();
      let done = 0;
      for (; running(); done++) {
        const n = messages++;
        checkReply(await conversation.ask(request(n)), n);
      }
      await conversation.end();
      return done;
    }),
  );
}

/** Opens `count` streams that stay open, `streams` at a time. Returns their number per second. */
export function holdMore(connection: Connection, streams: number, count: number): Promise<number> {
  let left = count;
  return rateOf(() =>
    together(streams, async () => {
      let done = 0;
      for (; left > 0; done++) {
        left--;
        const n = messages++;
        checkReply(await connection.hold(request(n)), n);
      }
      return done;
    }),
  );
}

/** Sends bulk bytes. Returns their number per second. */
export function sendBulk(
  connection: Connection,
  { streams, bytes, size }: TaskOf<"bulk">,
): Promise<number> {
  const length = Math.ceil(bytes / streams);
  return rateOf(() =>
    together(streams, async () => {
      checkReply(await connection.upload(length, size), length);
      return length;
    }),
  );
}

/** Sends payloads and gets them back. Returns their bytes per second. */
export function echoFor(
  connection: Connection,
  { streams, bytes, seconds }: TaskOf<"echo">,
): Promise<number> {
  const running = timer(seconds);
  return rateOf(() =>
    together(streams, async () => {
      const payload = new EchoPayload(bytes);
      let done = 0;
      do {
        payload.number(messages++);
        await connection.echo!(payload);
        done += bytes;
      } while (running());
      return done;
    }),
  );
}

/**
 * Bytes of one upload of a mixed workload. A second holds many uploads, so that all end soon after the last request.
 */
const MIXED_UPLOAD = 16 * 1024 * 1024;

/** Milliseconds until the bulk streams have filled all buffers between the two sides. */
const FILLING = 200;

/** Milliseconds between two requests, so that requests do not keep in step with the bulk streams. */
const PAUSE = 1;

/** Measures the latency of small requests amid bulk streams. */
export async function mixFor(
  connection: Connection,
  { streams, size, seconds }: TaskOf<"mixed">,
): Promise<Latency> {
  let isOver = false;
  const bulk = rateOf(() =>
    together(streams, async () => {
      let sent = 0;
      for (; !isOver; sent += MIXED_UPLOAD) {
        checkReply(await connection.upload(MIXED_UPLOAD, size), MIXED_UPLOAD);
      }
      return sent;
    }),
  );
  await delay(FILLING);
  connection.drains?.();
  const times: number[] = [];
  const running = timer(seconds);
  while (running()) {
    const n = messages++;
    const start = performance.now();
    checkReply(await connection.exchange(request(n)), n);
    times.push((performance.now() - start) * 1000);
    await delay(PAUSE);
  }
  const drains = connection.drains?.() ?? [];
  isOver = true;
  return {
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    bulk: await bulk,
    drain: drains.length > 0 ? median(drains) : undefined,
  };
}

/** Returns a function that returns whether fewer than `seconds` seconds have passed. */
function timer(seconds: number): () => boolean {
  // Reading the clock each time would cost the fastest peers one percent.
  let isRunning = true;
  setTimeout(() => (isRunning = false), seconds * 1000);
  return () => isRunning;
}

/** The sum of the results of concurrent workers. */
async function together(workers: number, work: () => Promise<number>): Promise<number> {
  const done = await Promise.all(Array.from({ length: workers }, work));
  return done.reduce((sum, one) => sum + one, 0);
}

/** The result of `work`, per second. */
async function rateOf(work: () => Promise<number>): Promise<number> {
  const start = performance.now();
  const done = await work();
  return done / ((performance.now() - start) / 1000);
}
