// A close loses nothing: sessions between two processes over WebSockets of `ws`.

import path from "node:path";
import { describeClosing, type Outcome } from "@muxado/testkit";
import { type Plan, situations } from "@muxado/testkit/closing";
import { Processes, programOf } from "@muxado/testkit/processes";
import { vi } from "vitest";
import type { Task } from "./closing/program.ts";

// The processes wait for each other and for their clocks, and need little of the machine.
vi.setConfig({ maxConcurrency: 8 });

const program = programOf(path.join(import.meta.dirname, "closing/program.ts"));

describeClosing({ name: "WebSockets of ws", run, isThorough: true });

function run(plan: Plan, signal: AbortSignal): Promise<Outcome> {
  return Processes.run(signal, async (processes) => {
    const { folder } = processes;
    processes.start<Task>(program(), { plan, folder, role: "server" });
    const address = await processes.address(situations[plan.situation].rate);
    processes.start<Task>(program(), { plan, folder, role: "client", address });
    return processes.outcome(plan);
  });
}
