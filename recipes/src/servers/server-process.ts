// A server that is a program of its own: started in a folder of its own, waited for, and ended.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

/** Nobody, on every Linux: servers of databases refuse to run as root. */
const NOBODY = 65_534;

/** What a server is run with. */
export interface ProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Where it works. It belongs to whoever runs it. */
  readonly folder: string;
  /** What it prints once it takes connections. */
  readonly ready: RegExp;
  /** Runs as nobody if we are root. Default: true. */
  readonly unprivileged?: boolean;
  /** The signal that ends it although somebody is connected. Default: SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
}

/** Runs a program to its end, such as one that makes a database. Throws with what it printed if it fails. */
export async function runOnce(
  command: string,
  args: readonly string[],
  folder: string,
  unprivileged = true,
): Promise<void> {
  const [first, ...rest] = privileged(unprivileged, command, args);
  await promisify(execFile)(first, rest, { cwd: folder });
}

/** Writes a file that the server reads, and nobody else but root. @returns its path */
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

/** Gives a file or a folder to the user who runs servers. */
export function give(file: string): void {
  if (isRoot()) chownSync(file, NOBODY, NOBODY);
}

/** A server that runs. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #stopSignal: NodeJS.Signals;

  private constructor(child: ChildProcess, stopSignal: NodeJS.Signals) {
    this.#child = child;
    this.#stopSignal = stopSignal;
  }

  /** Resolves when it takes connections. Rejects with what it printed if it ends before. */
  static async start(options: ProcessOptions): Promise<ServerProcess> {
    const { command, args, folder, ready, unprivileged = true, stopSignal = "SIGTERM" } = options;
    const [first, ...rest] = privileged(unprivileged, command, args);
    const child = spawn(first, rest, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    await new Promise<void>((resolve, reject) => {
      let printed = "";
      const read = (text: Buffer): void => {
        printed += text;
        if (!ready.test(printed)) return;
        // It goes on printing, and must not wait for somebody who reads it.
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

  /** Resolves when it has ended. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "close");
    this.#child.kill(this.#stopSignal);
    await ended;
  }
}

/**
 * The command line that runs `command` as the right user. On Linux it dies with us, so that nothing is left running
 * when we are killed.
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
