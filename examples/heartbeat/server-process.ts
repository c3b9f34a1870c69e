// The server as its parent sees it: a process that can be stopped, and that never outlives this one.

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The type of streams whose bytes come back. */
export const ECHO = 1;

/** A server in a process of its own. */
export class ServerProcess {
  /** Where it listens: the first thing that it says. */
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
    // A stopped process hears no request to end: only SIGKILL gets through, however this one ends.
    process.once("exit", () => child.kill("SIGKILL"));
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Takes the processor away from it. Its connections stay open, since the system keeps them. */
  stop(): void {
    this.#child.kill("SIGSTOP");
  }

  /** Ends it for good, and says what ended it. */
  kill(): Promise<string> {
    this.#child.kill("SIGKILL");
    return this.#ended;
  }
}
