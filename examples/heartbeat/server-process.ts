// The server, seen from its parent: a process that can be stopped, and that never outlives its parent.

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The type of streams whose bytes are sent back. */
export const ECHO = 1;

/** A server in its own process. */
export class ServerProcess {
  /** The port that the server listens on: its first output. */
  readonly port: Promise<number>;
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;

  constructor() {
    const program = fileURLToPath(new URL("server.js", import.meta.url));
    const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] });
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.once("error", () => resolve("it never ran"));
      child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    this.port = new Promise((resolve, reject) => {
      child.stdout.once("data", (line: Buffer) => resolve(Number(line)));
      child.once("error", reject);
      child.once("exit", () => reject(new Error("the server ended before it listened")));
    });
    // A stopped process ignores every request to end but SIGKILL. So this process sends one, however it ends itself.
    process.once("exit", () => child.kill("SIGKILL"));
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Stops the process. Its connections stay open, because the system keeps them. */
  stop(): void {
    this.#child.kill("SIGSTOP");
  }

  /** Kills the process. Resolves with the cause of its end. */
  kill(): Promise<string> {
    this.#child.kill("SIGKILL");
    return this.#ended;
  }
}
