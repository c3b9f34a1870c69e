// The relay runs on a machine that everybody can reach. Agents connect to one port, visitors to the others.

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Heartbeat } from "@muxado/heartbeat";
import { createServer } from "@muxado/node";
import { agentLimits, Gate } from "./gate.ts";
import { logger, peer, reason, tell } from "./log.ts";
import { Visitors } from "./visitors.ts";

/** Time that visitors have to finish after the relay is asked to stop, in milliseconds. */
const DRAIN = 10_000;

const { values } = parseArgs({
  options: {
    agents: { type: "string", default: "7443" },
    visitors: { type: "string", default: "8080" },
    ports: { type: "string" }, // the ports that agents may ask for, such as 7500-7599
    host: { type: "string" }, // the address to listen on; by default every address
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
      await session.serve({}); // agents need no further streams: the relay refuses them
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
  tell({ stopping: 1 }); // the ports are free: the next relay can start
  await Promise.race([gone, sleep(DRAIN + 2000)]);
  log("stopped");
  process.exit();
}
process.on("SIGTERM", () => void stop()).on("SIGINT", () => void stop());
if (process.connected) process.on("disconnect", () => void stop()); // the parent has ended
