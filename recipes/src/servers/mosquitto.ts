// Mosquitto, an MQTT broker.

import { Forwarder } from "../harness/forwarder.ts";
import { freePort } from "./free-port.ts";
import { programAt } from "./program.ts";
import type { GuardedServer } from "./running-server.ts";
import { give, runOnce, ServerProcess, writeOwned } from "./server-process.ts";

const user = "muxado";
const password = "known";

/** Starts the broker in `folder`. */
export async function startMosquitto(folder: string): Promise<GuardedServer> {
  const passwords = writeOwned(folder, "passwords", `${user}:${password}\n`);
  await runOnce(programAt("mosquitto_passwd"), ["-U", passwords], folder);
  give(passwords);
  const port = await freePort();
  const configuration = [
    `listener ${port} 127.0.0.1`,
    "allow_anonymous false",
    `password_file ${passwords}`,
    "set_tcp_nodelay true",
    "",
  ].join("\n");
  const server = await ServerProcess.start({
    command: programAt("mosquitto"),
    args: ["-c", writeOwned(folder, "configuration", configuration)],
    folder,
    ready: /mosquitto version \S+ running/,
  });
  return { target: new Forwarder(port), user, password, close: () => server.close() };
}
