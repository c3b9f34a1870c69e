// Redis, in memory only.

import { Forwarder } from "../harness/forwarder.ts";
import { freePort } from "./free-port.ts";
import { programAt } from "./program.ts";
import type { GuardedServer } from "./running-server.ts";
import { ServerProcess } from "./server-process.ts";

const password = "known";

/** Starts the server in `folder`. */
export async function startRedis(folder: string): Promise<GuardedServer> {
  const port = await freePort();
  const address = ["--bind", "127.0.0.1", "--port", `${port}`];
  const server = await ServerProcess.start({
    command: programAt("redis-server"),
    args: [...address, "--requirepass", password, "--save", "", "--appendonly", "no"],
    folder,
    ready: /Ready to accept connections/,
  });
  return { target: new Forwarder(port), user: "default", password, close: () => server.close() };
}
