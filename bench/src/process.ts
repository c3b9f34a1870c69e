// One Node process of a pair: a server, or the client of the server on a given port, or a relay before that server. It
// does the tasks of its parent and ends with its parent. Any failure ends it at once, so that a broken run gives no
// figure.

import type { Answer, Memory, Task } from "./messages.ts";
import type { Connection, NodePeer } from "./peer.ts";
import { peers } from "./peers.ts";
import { ownProcessorTime } from "./processor-time.ts";
import { converseFor, echoFor, holdMore, mixFor, openFor, sendBulk } from "./tasks.ts";
import type { ServerKind } from "./workload.ts";

const [peerName, kind, port] = process.argv.slice(2);
const peer = peers.find(({ name }) => name === peerName) as NodePeer;

if (port === undefined || kind === "relay") {
  const own = port === undefined ? peer.serve(kind as ServerKind) : peer.relay!(Number(port));
  tell({ port: await own });
  process.on("message", (task: Task) => tell(report(task)));
} else {
  const connection = await peer.connect(Number(port), kind as ServerKind);
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
    case "messages":
      return { rate: await converseFor(connection, task) };
    case "hold":
      return { rate: await holdMore(connection, task.streams, task.count) };
    case "echo":
      return { rate: await echoFor(connection, task) };
    case "mixed":
      return { latency: await mixFor(connection, task) };
    case "memory":
    case "processor":
      return report(task);
  }
}

/** Returns the processor time or the memory of this process. */
function report(task: Task): Answer {
  return task.do === "processor"
    ? { processorTime: ownProcessorTime() }
    : { memory: memoryInUse() };
}

function memoryInUse(): Memory {
  // Twice, because the second collection frees what the first one finalizes.
  globalThis.gc!();
  globalThis.gc!();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, rss };
}
