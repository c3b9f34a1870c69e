// The server of examples/browser, seen from a test: a process with a port of its own, and one in its place.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { promisify } from "node:util";

const ROOT = path.join(import.meta.dirname, "../..");

/** Compiles the example, since a browser runs nothing else. */
export async function buildExample(): Promise<void> {
  const compiler = path.join(ROOT, "node_modules/typescript/bin/tsc");
  await promisify(execFile)(process.execPath, [compiler, "-b", path.join(ROOT, "examples")]);
}

/** One server. */
export class ExampleSite {
  /** Where its page is. */
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  /** Starts one; `port` 0 takes a free one. */
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

  /** Takes the processor away from it: what is sent to it arrives, and nobody reads it. */
  hold(): void {
    this.#child.kill("SIGSTOP");
  }

  /** Ends it, and with it all connections, without a word to anybody. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }

  /** Asks it to end. @returns its exit code */
  async stop(): Promise<number | null> {
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await exited;
    return this.#child.exitCode;
  }
}
