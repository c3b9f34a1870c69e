// MariaDB, with one user, who connects over TCP.

import { join } from "node:path";
import { Forwarder } from "../harness/forwarder.ts";
import { freePort } from "./free-port.ts";
import { programAt } from "./program.ts";
import type { GuardedServer } from "./running-server.ts";
import { runOnce, ServerProcess, writeOwned } from "./server-process.ts";

const user = "muxado";
const password = "known";

/** Starts the server in `folder`. */
export async function startMariadb(folder: string): Promise<GuardedServer> {
  const data = join(folder, "data");
  await runOnce(
    programAt("mariadb-install-db"),
    [
      "--no-defaults",
      `--datadir=${data}`,
      "--auth-root-authentication-method=normal",
      "--skip-test-db",
    ],
    folder,
  );
  const setUp = writeOwned(
    folder,
    "set-up.sql",
    `CREATE USER ${user}@'127.0.0.1' IDENTIFIED BY '${password}';\n` +
      `GRANT ALL ON *.* TO ${user}@'127.0.0.1';\n`,
  );
  const port = await freePort();
  const server = await ServerProcess.start({
    command: programAt("mariadbd"),
    args: [
      "--no-defaults",
      `--datadir=${data}`,
      `--socket=${join(folder, "socket")}`,
      `--pid-file=${join(folder, "pid")}`,
      "--bind-address=127.0.0.1",
      `--port=${port}`,
      `--init-file=${setUp}`,
      "--skip-name-resolve",
      "--max-allowed-packet=16M",
    ],
    folder,
    ready: /ready for connections/,
  });
  return { target: new Forwarder(port), user, password, close: () => server.close() };
}
