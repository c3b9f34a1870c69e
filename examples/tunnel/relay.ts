// The relay, on a machine that everybody reaches: agents come in by one port, visitors by the others.

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Heartbeat } from "@muxado/heartbeat";
import { createServer } from "@muxado/node";
import { agentLimits, Gate } from "./gate.ts";
import { logger, peer, reason, tell } from "./log.ts";
import { Visitors } from "./visitors.ts";

/** Milliseconds that visitors have to finish when the relay is asked to stop. */
const DRAIN = 10_000;

const { values } = parseArgs({
  options: {
    agents: { type: "string", default: "7443" },
    visitors: { type: "string", default: "8080" },
    ports: { type: "string" }, // that agents may ask for, as in 7500-7599
    host: { type: "string" }, // where to listen; by default everywhere
    key: { type: "string", default: "relay.key" },
    cert: { type: "string", default: "relay.crt" },
  },
});
const token = process.env["TUNNEL_TOKEN"];
if (!token) throw new Error("set TUNNEL_TOKEN, the secret that agents have to know");
const range = values.ports?.split("-").map(Number) as [number, number] | undefined;

const log = logger("relay");
const gate = new Gate(token);
const visitors = new Visitors(range, values.host);

const server = createServer(
  {
    ...agentLimits,
    tls: {
      key: readFileSync(values.key),
      cert: readFileSync(values.cert),
      handshakeTimeout: 5000,
    },
    onConnectionError: (error) => log("no agent", { reason: reason(error) }),
  },
  async (connection, socket) => {
    const from = peer(socket);
    try {
      const address = socket.remoteAddress ?? "";
      const session = await gate.pass(connection, address, (candidate, hello) =>
        visitors.admit(candidate, hello).then((welcome) => {
          log("agent in", { from, ...welcome });
          return welcome;
        }),
      );
      new Heartbeat(session, { endDeadSession: true });
      await session.serve({}); // agents have nothing more to ask: whatever they open is refused
      const { localError, remoteError } = await session.closed;
      const error = localError ?? remoteError;
      log("agent out", { from, reason: error && reason(error) });
    } catch (error) {
      log("agent refused", { from, reason: reason(error) });
    }
  },
);

await server.listen({ port: Number(values.agents), host: values.host });
const port = await visitors.listen(Number(values.visitors));
log("listening", { agents: server.port, visitors: port });
tell({ agents: server.port, visitors: port });

let isStopping = false;
async function stop(): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  log("stopping");
  const gone = Promise.all([visitors.stop(), server.close({ timeout: DRAIN })]);
  tell({ stopping: 1 }); // nothing listens any more: the next relay can start
  await Promise.race([gone, sleep(DRAIN + 2000)]);
  log("stopped");
  process.exit();
}
process.on("SIGTERM", () => void stop()).on("SIGINT", () => void stop());
if (process.connected) process.on("disconnect", () => void stop()); // whoever started it is gone
