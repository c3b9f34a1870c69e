// The server of examples/browser, seen from a test: a process with its own port. Another can be started in its place.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { promisify } from "node:util";

const ROOT = path.join(import.meta.dirname, "../..");

/** Compiles the example, because a browser runs only compiled code. */
export async function buildExample(): Promise<void> {
  const compiler = path.join(ROOT, "node_modules/typescript/bin/tsc");
  await promisify(execFile)(process.execPath, [compiler, "-b", path.join(ROOT, "examples")]);
}

/** A running server. */
export class ExampleSite {
  /** The address of its page. */
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  /** Starts a server. Port 0 takes a free port. */
  static async start(port = 0): Promise<ExampleSite> {
    const program = path.join(ROOT, "examples/dist/browser/server.js");
    const child = spawn(process.execPath, [program, "--port", String(port)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const told = once(child.stdout, "data") as Promise<[Buffer]>;
    const ended = once(child, "exit").then(() => Promise.reject(new Error("it never listened")));
    const [line] = await Promise.race([told, ended]);
    return new ExampleSite(/http:\S+/.exec(line.toString())![0], child);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Stops the process. Bytes that are sent to it arrive, but nobody reads them. */
  hold(): void {
    this.#child.kill("SIGSTOP");
  }

  /** Kills the process. All its connections end without notice. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }

  /** Asks the process to end. @returns its exit code */
  async stop(): Promise<number | null> {
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await exited;
    return this.#child.exitCode;
  }
}
