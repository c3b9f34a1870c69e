// One Node process of a pair: a server, or the client of the one on a given port. It does what its parent asks and
// ends with it. Whatever goes wrong ends it at once, so that no figure comes out of a broken run.

import { checkReply, request } from "./payload.ts";
import type { Answer, Memory, Task } from "./messages.ts";
import type { Connection, NodePeer } from "./peer.ts";
import { peers } from "./peers.ts";
import type { WorkloadKind } from "./workload.ts";

const [peerName, kind, port] = process.argv.slice(2);
const peer = peers.find(({ name }) => name === peerName) as NodePeer;

if (port === undefined) {
  tell({ port: await peer.serve(kind as WorkloadKind) });
  process.on("message", () => tell({ memory: memoryInUse() }));
} else {
  const connection = await peer.connect(Number(port));
  process.on("message", (task: Task) => void perform(connection, task).then(tell));
  tell({ port: Number(port) });
}
process.on("disconnect", () => process.exit());

function tell(answer: Answer): void {
  process.send!(answer);
}

async function perform(connection: Connection, task: Task): Promise<Answer> {
  switch (task.do) {
    case "open":
      return { rate: await openFor(connection, task.streams, task.seconds) };
    case "bulk":
      return { rate: await sendBulk(connection, task) };
    case "hold":
      return { rate: await holdMore(connection, task.streams, task.count) };
    case "memory":
      return { memory: memoryInUse() };
  }
}

/** Streams per second. The number of a message is never used again, also not in later rounds. */
let messages = 0;

async function openFor(connection: Connection, streams: number, seconds: number): Promise<number> {
  let running = true;
  setTimeout(() => (running = false), seconds * 1000);
  return rateOf(() =>
    together(streams, async () => {
      let done = 0;
      for (; running; done++) {
        const n = messages++;
        checkReply(await connection.exchange(request(n)), n);
      }
      return done;
    }),
  );
}

function holdMore(connection: Connection, streams: number, count: number): Promise<number> {
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

type BulkTask = Extract<Task, { do: "bulk" }>;

function sendBulk(connection: Connection, { streams, bytes, size }: BulkTask): Promise<number> {
  const length = Math.ceil(bytes / streams);
  return rateOf(() =>
    together(streams, async () => {
      checkReply(await connection.upload(length, size), length);
      return length;
    }),
  );
}

/** The sum of what so many concurrent workers have done. */
async function together(workers: number, work: () => Promise<number>): Promise<number> {
  const done = await Promise.all(Array.from({ length: workers }, work));
  return done.reduce((sum, one) => sum + one, 0);
}

/** What `work` has done, per second. */
async function rateOf(work: () => Promise<number>): Promise<number> {
  const start = performance.now();
  const done = await work();
  return done / ((performance.now() - start) / 1000);
}

function memoryInUse(): Memory {
  // Twice: what the first one finalizes is freed by the second.
  globalThis.gc!();
  globalThis.gc!();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, rss };
}
