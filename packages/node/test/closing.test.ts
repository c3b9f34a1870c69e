// A close loses nothing: sessions between two processes over every kind of connection of this package, and over Web
// Streams.

import path from "node:path";
import { describeClosing, type Outcome } from "@muxado/testkit";
import { type Plan, situations } from "@muxado/testkit/closing";
import { Processes, programOf } from "@muxado/testkit/processes";
import { vi } from "vitest";
import { certificate } from "./certificate.ts";
import type { Carrier, Task } from "./closing/program.ts";

// The processes wait for each other and for their clocks, and need little of the machine.
vi.setConfig({ maxConcurrency: 8 });

const HOST = "127.0.0.1";
const program = programOf(path.join(import.meta.dirname, "closing/program.ts"));
const { cert, key } = certificate([HOST]);

for (const name of ["TCP", "TLS", "a Unix socket", "Web Streams"] as const) {
  describeClosing({
    name,
    run: (plan, signal) => run(plan, name, signal),
    isThorough: name === "TCP",
  });
}
describeClosing({
  name: "a child's stdio",
  run: (plan, signal) => run(plan, "a child's stdio", signal),
  // A pipe ends in the same way, even if it still has bytes.
  without: ["dies"],
});

function run(plan: Plan, carrier: Carrier, signal: AbortSignal): Promise<Outcome> {
  return Processes.run(signal, async (processes) => {
    const { folder } = processes;
    const { rate } = situations[plan.situation];
    const credentials = carrier === "TLS" ? { cert, key } : undefined;
    const start = (task: Pick<Task, "role"> & Partial<Task>): void => {
      processes.start<Task>(program(), { plan, carrier, folder, credentials, ...task });
    };
    if (carrier !== "a child's stdio") {
      start({ role: "server" });
      start({ role: "client", address: await processes.address(rate) });
    } else if (rate === undefined) {
      // The client starts the server.
      start({ role: "client" });
    } else {
      start({ role: "server", carrier: "TCP" });
      start({ role: "client", address: await processes.address(), rate });
    }
    return processes.outcome(plan);
  });
}
