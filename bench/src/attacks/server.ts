// The process under attack: the server of the README with default options, and the measurement of its cost. It ends
// with its parent.

import type { Session, Stream } from "@muxado/core";
import { createServer } from "@muxado/node";
import { LOOPBACK } from "../peer.ts";
import { apps, openMany, waits } from "./applications.ts";
import { SERVER_STREAMS } from "./attacks.ts";
import { LongestBlock, usedNow } from "./block.ts";
import type { Left, Mark, ServerSetup, ServerTask } from "./messages.ts";
import { rawWires } from "./raw-wire.ts";

/** Milliseconds between two measurements of the memory. */
const LOOK = 20;

const { wire, app } = JSON.parse(process.argv[2]!) as ServerSetup;
const block = new LongestBlock();
let usedBefore = usedNow();
let peakRss = 0;
let connections = 0;
let waiting = 0;
let settled = 0;
let latest: Session | undefined;

setInterval(lookAtMemory, LOOK).unref();

const server = createServer(
  {
    ...rawWires[wire].sessionOptions,
    // The number of streams is part of the measurement, so it has no limit.
    ...(app.kind === "waiting" && { maxInboundStreams: Infinity }),
  },
  app.kind === "attacked" ? attacked : waitingStreams,
);
await server.listen({ host: LOOPBACK, port: 0 });
process.on("disconnect", () => process.exit());
process.on("message", (task: ServerTask) => perform(task));
process.send!({ port: server.port! });

async function attacked(session: Session): Promise<void> {
  if (app.kind !== "attacked") return;
  // The other client connects first, and gets answers.
  const isOther = connections++ === 0;
  const serve = apps[isOther ? "answer" : app.app];
  if (app.app === "open" && !isOther) await openMany(session, SERVER_STREAMS, serve);
  for await (const stream of session) serve(stream);
}

async function waitingStreams(session: Session): Promise<void> {
  if (app.kind !== "waiting") return;
  latest = session;
  const { wait, count, openedHere } = app;
  const begin = (stream: Stream): void => {
    let isSettled = false;
    const settle = (): void => {
      if (isSettled) return;
      isSettled = true;
      settled++;
    };
    waiting++;
    waits[wait](stream, settle, count);
  };
  if (openedHere) await openMany(session, count, begin);
  for await (const stream of session) begin(stream);
}

function perform(task: ServerTask): void {
  switch (task.do) {
    case "mark":
      return void process.send!(mark());
    case "collect":
      return void process.send!(collect());
    case "destroy":
      latest?.destroy();
      return;
    case "close":
      void latest?.close({ timeout: task.timeout });
      return;
  }
}

function mark(): Mark {
  lookAtMemory();
  const used = usedNow();
  const sessions = [...server.sessions];
  const found: Mark = {
    processor: used - usedBefore,
    longestBlock: block.take(),
    peakRss,
    sessions: sessions.length,
    streams: sessions.reduce((sum, session) => sum + session.stats().openStreams, 0),
    waiting,
    settled,
  };
  usedBefore = used;
  peakRss = 0;
  return found;
}

function lookAtMemory(): void {
  peakRss = Math.max(peakRss, process.memoryUsage.rss());
}

function collect(): Left {
  // Twice, because the second collection frees what the first one finalizes.
  globalThis.gc!();
  globalThis.gc!();
  const { heapUsed, external, rss } = process.memoryUsage();
  block.take();
  return { heap: heapUsed + external, rss };
}
