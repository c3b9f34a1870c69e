// A process of this demonstration: what it tells, and how it ends. None outlives this one.

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What a process tells of itself: its ports. */
export type Facts = Readonly<Record<string, number>>;

/** A program of this folder, running. */
export class Program {
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  readonly #child: ChildProcess;
  readonly #facts: Facts[] = [];
  #wake: () => void = () => {};

  constructor(name: string, args: readonly string[] = [], token = "") {
    const program = fileURLToPath(new URL(`${name}.js`, import.meta.url));
    const child = fork(program, args, { env: { ...process.env, TUNNEL_TOKEN: token } });
    this.#child = child;
    child.on("message", (facts: Facts) => {
      this.#facts.push(facts);
      this.#wake();
    });
    this.ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => resolve(code ?? signal));
    });
    void this.ended.then(() => this.#wake());
  }

  /** The next thing that it tells. */
  async told(): Promise<Facts> {
    while (this.#facts.length === 0) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`${this.#child.spawnargs[1]} has ended before it said anything`);
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.#facts.shift()!;
  }

  /** Asks it to end, and resolves with how it did. */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    this.#child.kill(signal);
    return this.ended;
  }
}
