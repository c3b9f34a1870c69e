// A close loses nothing: sessions between two processes over WebSockets of `ws`.

import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import * as net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { describeClosing, type Outcome } from "@muxado/testkit";
import { type Plan, situations } from "@muxado/testkit/closing";
import { vi } from "vitest";
import { Processes, programOf } from "./closing/processes.ts";
import type { Task } from "./closing/program.ts";
import { carry } from "./closing/relay.ts";
import { HOST } from "./peers.ts";

// They wait, for each other and for their clocks, and need little of the machine.
vi.setConfig({ testTimeout: 180_000, maxConcurrency: 8 });

const program = programOf(path.join(import.meta.dirname, "closing/program.ts"));

describeClosing({ name: "WebSockets of ws", run, isThorough: true });

async function run(plan: Plan, signal: AbortSignal): Promise<Outcome> {
  const processes = new Processes();
  const folder = await mkdtemp(path.join(tmpdir(), "muxado-"));
  const stop = (): void => void processes.end();
  signal.addEventListener("abort", stop);
  const links: net.Server[] = [];
  try {
    processes.start<Task>(program(), { plan, folder, role: "server" });
    let address = await processes.address();
    const { rate } = situations[plan.situation];
    if (rate !== undefined) {
      const link = slowLink(address as number, rate);
      links.push(link);
      await once(link, "listening");
      address = (link.address() as net.AddressInfo).port;
    }
    processes.start<Task>(program(), { plan, folder, role: "client", address });
    return await processes.outcome(plan);
  } finally {
    signal.removeEventListener("abort", stop);
    for (const link of links) link.close();
    await processes.end();
    await rm(folder, { recursive: true });
  }
}

/** Carries connections on to a port, so many bytes a second each way. */
function slowLink(port: number, rate: number): net.Server {
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    const onward = net.connect({ host: HOST, port, allowHalfOpen: true });
    void carry(socket, onward, rate);
    void carry(onward, socket, rate);
  });
  return server.listen(0, HOST);
}
