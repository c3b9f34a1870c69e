// OpenSSH's server. It runs as the user who runs the recipe, and admits no other. A key identifies the user, because a
// password would have to be one of the machine's.

import { mkdirSync } from "node:fs";
import { userInfo } from "node:os";
import ssh2 from "ssh2";
import { Forwarder } from "../harness/forwarder.ts";
import { freePort } from "./free-port.ts";
import { programAt } from "./program.ts";
import type { RunningServer } from "./running-server.ts";
import { ServerProcess, writeOwned } from "./server-process.ts";

/** A server, and the credentials that it accepts. */
export interface Sshd extends RunningServer {
  readonly user: string;
  readonly privateKey: string;
}

/** Starts the server in `folder`. */
export async function startSshd(folder: string): Promise<Sshd> {
  const { username } = userInfo();
  const hostKey = newKey();
  const userKey = newKey();
  // The folder for sshd's unprivileged part. A service of the system would have made it.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const port = await freePort();
  const configuration = [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${writeOwned(folder, "host-key", hostKey.private, false)}`,
    `AuthorizedKeysFile ${writeOwned(folder, "authorized-keys", userKey.public, false)}`,
    `PidFile none`,
    `AllowUsers ${username}`,
    "PermitRootLogin prohibit-password",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "StrictModes no",
    "UsePAM no",
    "",
  ].join("\n");
  const server = await ServerProcess.start({
    command: programAt("sshd"),
    args: ["-D", "-e", "-f", writeOwned(folder, "configuration", configuration, false)],
    folder,
    ready: /Server listening/,
    unprivileged: false,
  });
  return {
    target: new Forwarder(port),
    user: username,
    privateKey: userKey.private,
    close: () => server.close(),
  };
}

/** Returns a new key pair. */
export function newKey(): { readonly private: string; readonly public: string } {
  return ssh2.utils.generateKeyPairSync("ed25519");
}
