// The other client of an attacked server. It sends a small request every few milliseconds, even if the last has no
// answer yet, and records how long each takes. It ends with its parent.

import { setTimeout as delay } from "node:timers/promises";
import { connect } from "@muxado/node";
import { LOOPBACK } from "../peer.ts";
import { quantile } from "../statistics.ts";
import type { ClientTask, Latencies } from "./messages.ts";
import { rawWires, type WireName } from "./raw-wire.ts";

/** Milliseconds between two requests. */
const PAUSE = 10;

/** Milliseconds to wait for the last answers. */
const PATIENCE = 10_000;

const REQUEST = new Uint8Array(64);

const [port, wire] = process.argv.slice(2);
const session = await connect({
  host: LOOPBACK,
  port: Number(port),
  ...rawWires[wire as WireName].sessionOptions,
});

let times: number[] = [];
let failed = 0;
let underWay: Map<Promise<void>, number> = new Map();

const timer = setInterval(() => {
  const start = performance.now();
  const one = request(start).finally(() => underWay.delete(one));
  underWay.set(one, start);
}, PAUSE);

process.on("disconnect", () => process.exit());
process.on("message", (task: ClientTask) => {
  if (task.do === "end") return void end();
  // Requests that are under way now began before this point. No figure includes them.
  times = [];
  failed = 0;
  underWay = new Map();
});
process.send!({ ready: true });

async function request(start: number): Promise<void> {
  const own = times;
  try {
    const stream = session.open();
    await stream.write(REQUEST);
    await stream.closeWrite();
    let length = 0;
    for await (const chunk of stream) length += chunk.length;
    if (length === 0) throw new Error("no answer");
    own.push(performance.now() - start);
  } catch {
    if (own === times) failed++;
  }
}

/** The report includes late answers. A request without an answer counts with the time that has passed until now. */
async function end(): Promise<void> {
  clearInterval(timer);
  await Promise.race([Promise.all(underWay.keys()), delay(PATIENCE)]);
  const now = performance.now();
  for (const start of underWay.values()) times.push(now - start);
  failed += underWay.size;
  const found: Latencies = {
    requests: times.length,
    failed,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    max: Math.max(...times),
  };
  process.send!(found);
}
