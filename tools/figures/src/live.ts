// The same measurements over real sockets: two sessions in this process, and a proxy in another process that delays
// everything between them. The speed depends on the machine, so no result is kept.

import { fork } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Session, SessionOptions, Stream } from "@muxado/core";
import { connect, createServer } from "@muxado/node";
import { readAll, writeForEver } from "@muxado/testkit";
import type { Figure } from "./figures.ts";
import { quantile } from "./simulation.ts";

/** Delay in each direction, in milliseconds. */
const DELAY = 50;

/** Duration of a throughput measurement, in milliseconds. As much time passes before it, for the start. */
const SPAN = 1500;

const BULK_STREAMS = 8;
const REQUESTS = 30;

/** Returns rows like those of the simulation. */
export async function showLive(): Promise<Figure[]> {
  const fixed = await overProxy({ windowSize: 256 * 1024 }, throughput);
  const tuned = await overProxy({}, throughput);
  const alone = await overProxy({}, (session) => requests(session, 0, 0));
  const ordinary = await overProxy({}, (session) => requests(session, BULK_STREAMS, 3));
  const urgent = await overProxy({}, (session) => requests(session, BULK_STREAMS, 0));
  return [
    ["one stream: fixed window of 256 KiB", fixed, ""],
    ["the same, window tuned by itself", tuned, ""],
    ["request of 64 bytes and its answer, nothing else", alone, ""],
    [`the same amid ${BULK_STREAMS} bulk streams, no priority`, ordinary, ""],
    ["the same, urgency 0", urgent, ""],
  ];
}

/** Connects a client and a server through the proxy, calls `measure` with the client, then ends all of them. */
async function overProxy(
  options: SessionOptions,
  measure: (session: Session) => Promise<string>,
): Promise<string> {
  const server = createServer(options, async (session) => {
    for await (const stream of session) void answer(stream);
  });
  await server.listen({ port: 0, host: "127.0.0.1" });
  const { port } = server.address as AddressInfo;
  const file = fileURLToPath(new URL("./proxy.js", import.meta.url));
  const proxy = fork(file, [String(port), String(DELAY)]);
  try {
    const [proxyPort] = (await once(proxy, "message")) as [number];
    const session = await connect({ ...options, port: proxyPort, host: "127.0.0.1" });
    try {
      return await measure(session);
    } finally {
      session.destroy();
    }
  } finally {
    const exit = once(proxy, "exit");
    proxy.disconnect();
    await exit;
    await server.close({ timeout: 0 });
  }
}

/** Answers a stream that ends with as many bytes as have arrived. Streams that never end are bulk traffic. */
async function answer(stream: Stream): Promise<void> {
  let length = 0;
  await readAll(stream, (more) => (length += more));
  if (stream.error !== undefined) return;
  await stream.write(new Uint8Array(length));
  await stream.closeWrite();
}

async function throughput(session: Session): Promise<string> {
  const stream = session.open();
  void writeForEver(stream);
  await pause(SPAN);
  const [before, since] = [stream.stats().bytesSent, performance.now()];
  await pause(SPAN);
  const rate = (stream.stats().bytesSent - before) / (performance.now() - since);
  return `${((rate * 8) / 1000).toFixed(0)} Mbit/s`;
}

async function requests(session: Session, bulk: number, urgency: number): Promise<string> {
  for (let count = 0; count < bulk; count++) void writeForEver(session.open());
  await pause(SPAN);
  const times: number[] = [];
  for (let count = 0; count < REQUESTS; count++) {
    const start = performance.now();
    const stream = session.open({ priority: { urgency } });
    await stream.write(new Uint8Array(64));
    await stream.closeWrite();
    await readAll(stream);
    times.push(performance.now() - start);
  }
  return `${quantile(times, 0.5).toFixed(0)} ms, at most ${Math.max(...times).toFixed(0)} ms`;
}
