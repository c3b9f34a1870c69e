// A close loses nothing: sessions between two processes over every kind of connection that this package makes sessions
// of, and over Web Streams.

import * as net from "node:net";
import path from "node:path";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { describeClosing, type Outcome } from "@muxado/testkit";
import { type Plan, situations } from "@muxado/testkit/closing";
import { vi } from "vitest";
import { certificate } from "./certificate.ts";
import { Processes, programOf } from "./closing/processes.ts";
import type { Carrier, Task } from "./closing/program.ts";
import { carry } from "./closing/relay.ts";

// They wait, for each other and for their clocks, and need little of the machine.
vi.setConfig({ testTimeout: 180_000, maxConcurrency: 8 });

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
  // A pipe ends in the same way, whatever was left in it.
  without: ["dies"],
});

async function run(plan: Plan, carrier: Carrier, signal: AbortSignal): Promise<Outcome> {
  const processes = new Processes();
  const folder = await mkdtemp(path.join(tmpdir(), "muxado-"));
  const stop = (): void => void processes.end();
  signal.addEventListener("abort", stop);
  const links: net.Server[] = [];
  try {
    const { rate } = situations[plan.situation];
    const common: Omit<Task, "role"> = {
      plan,
      carrier,
      folder,
      ...(carrier === "TLS" && { credentials: { cert, key } }),
    };
    if (carrier === "a child's stdio" && rate === undefined) {
      processes.start(program(), { ...common, role: "client" } satisfies Task);
      return await processes.outcome(plan);
    }
    if (carrier === "a child's stdio") {
      const server: Task = { ...common, role: "server", carrier: "TCP" };
      processes.start(program(), server);
      const address = await processes.address();
      processes.start(program(), {
        ...common,
        role: "client",
        address,
        rate: rate!,
      } satisfies Task);
      return await processes.outcome(plan);
    }
    processes.start(program(), { ...common, role: "server" } satisfies Task);
    let address = await processes.address();
    if (rate !== undefined) {
      const link = slowLink(address, rate);
      links.push(link);
      const place = typeof address === "string" ? path.join(folder, "link") : 0;
      if (typeof place === "string") link.listen(place);
      else link.listen(place, HOST);
      await once(link, "listening");
      address = typeof place === "string" ? place : (link.address() as net.AddressInfo).port;
    }
    processes.start(program(), { ...common, role: "client", address } satisfies Task);
    return await processes.outcome(plan);
  } finally {
    signal.removeEventListener("abort", stop);
    for (const link of links) link.close();
    await processes.end();
    await rm(folder, { recursive: true });
  }
}

/** Carries connections on to `target`, so many bytes a second each way. */
function slowLink(target: number | string, rate: number): net.Server {
  return net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    const place = typeof target === "string" ? { path: target } : { host: HOST, port: target };
    const onward = net.connect({ ...place, allowHalfOpen: true });
    void carry(socket, onward, rate);
    void carry(onward, socket, rate);
  });
}
