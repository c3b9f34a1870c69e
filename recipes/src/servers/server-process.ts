// A server that is a program: it is started in its own folder, waited for, and ended.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

/** The user "nobody" on every Linux. Database servers refuse to run as root. */
const NOBODY = 65_534;

/** Options for the process of a server. */
export interface ProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Its working folder. It belongs to the user that the server runs as. */
  readonly folder: string;
  /** Matches its output as soon as it takes connections. */
  readonly ready: RegExp;
  /** Run as nobody if this process runs as root. Default: true. */
  readonly unprivileged?: boolean;
  /** The signal that ends it even while clients are connected. Default: SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
}

/** Runs a program to its end, such as one that creates a database. If it fails, throws with its output. */
export async function runOnce(
  command: string,
  args: readonly string[],
  folder: string,
  unprivileged = true,
): Promise<void> {
  const [first, ...rest] = privileged(unprivileged, command, args);
  await promisify(execFile)(first, rest, { cwd: folder });
}

/** Writes a file that only the server and root can read. @returns its path */
export function writeOwned(
  folder: string,
  name: string,
  text: string,
  unprivileged = true,
): string {
  const file = path.join(folder, name);
  writeFileSync(file, text, { mode: 0o600 });
  if (unprivileged) give(file);
  return file;
}

/** Gives a file or a folder to the user that runs servers. */
export function give(file: string): void {
  if (isRoot()) chownSync(file, NOBODY, NOBODY);
}

/** A running server process. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #stopSignal: NodeJS.Signals;

  private constructor(child: ChildProcess, stopSignal: NodeJS.Signals) {
    this.#child = child;
    this.#stopSignal = stopSignal;
  }

  /** Resolves when the server takes connections. Rejects with its output if it ends before. */
  static async start(options: ProcessOptions): Promise<ServerProcess> {
    const { command, args, folder, ready, unprivileged = true, stopSignal = "SIGTERM" } = options;
    const [first, ...rest] = privileged(unprivileged, command, args);
    const child = spawn(first, rest, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    await new Promise<void>((resolve, reject) => {
      let printed = "";
      const read = (text: Buffer): void => {
        printed += text;
        if (!ready.test(printed)) return;
        // The server continues to print. It must not wait for a reader.
        for (const output of [child.stdout, child.stderr]) output.off("data", read).resume();
        resolve();
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      child.once("error", reject);
      child.once("exit", () => reject(new Error(`${command} has ended:\n${printed}`)));
    });
    return new ServerProcess(child, stopSignal);
  }

  /** Resolves when the server has ended. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "close");
    this.#child.kill(this.#stopSignal);
    await ended;
  }
}

/**
 * Returns the command line that runs `command` as the right user. On Linux, the command dies with this process. So
 * nothing keeps running if this process is killed.
 */
function privileged(
  unprivileged: boolean,
  command: string,
  args: readonly string[],
): [string, ...string[]] {
  if (process.platform !== "linux") return [command, ...args];
  const user = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
  return [
    "setpriv",
    ...(unprivileged && isRoot() ? user : []),
    "--pdeathsig=KILL",
    command,
    ...args,
  ];
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
