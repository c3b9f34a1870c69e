// The other client of an attacked server: a small request every few milliseconds, whether or not the last has its
// answer, and how long each took. It ends with its parent.

import { setTimeout as delay } from "node:timers/promises";
import { connect } from "@muxado/node";
import { LOOPBACK } from "../peer.ts";
import { quantile } from "../statistics.ts";
import type { ClientTask, Latencies } from "./messages.ts";
import { rawWires, type WireName } from "./raw-wire.ts";

/** Milliseconds between two requests. */
const PAUSE = 10;

/** Milliseconds for the last answers. */
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
  // Those that are under way began before; they are part of no figure.
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

/** Answers that are late are part of what is told; those that do not come have taken until now, at least. */
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
