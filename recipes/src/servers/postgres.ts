// PostgreSQL, with one user. It need not keep its data safe on disk.

import { dirname, join } from "node:path";
import { Forwarder } from "../harness/forwarder.ts";
import { freePort } from "./free-port.ts";
import { programAt } from "./program.ts";
import type { GuardedServer } from "./running-server.ts";
import { runOnce, ServerProcess, writeOwned } from "./server-process.ts";

const user = "muxado";
const password = "known";

/** Starts the server in `folder`. */
export async function startPostgres(folder: string): Promise<GuardedServer> {
  const initdb = programAt("initdb");
  const data = join(folder, "data");
  const passwordFile = writeOwned(folder, "password", password);
  const secret = ["--auth=scram-sha-256", `--username=${user}`, `--pwfile=${passwordFile}`];
  await runOnce(initdb, [...secret, "--no-sync", "--no-locale", `--pgdata=${data}`], folder);

  const port = await freePort();
  const settings = [
    "listen_addresses=127.0.0.1",
    `unix_socket_directories=${folder}`,
    "fsync=off",
    "max_wal_senders=0",
  ];
  const server = await ServerProcess.start({
    command: join(dirname(initdb), "postgres"),
    args: ["-D", data, "-p", `${port}`, ...settings.flatMap((setting) => ["-c", setting])],
    folder,
    ready: /ready to accept connections/,
    stopSignal: "SIGINT", // SIGTERM would wait for clients
  });
  return { target: new Forwarder(port), user, password, close: () => server.close() };
}
