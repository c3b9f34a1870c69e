// A process of this demonstration: its messages and its end. No such process outlives its parent.

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The facts that a process reports: its ports. */
export type Facts = Readonly<Record<string, number>>;

/** A running program of this folder. */
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

  /** Resolves with the next facts that the program reports. */
  async told(): Promise<Facts> {
    while (this.#facts.length === 0) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`${this.#child.spawnargs[1]} has ended before it said anything`);
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.#facts.shift()!;
  }

  /** Asks the program to end. Resolves with its exit code, or the signal that ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    this.#child.kill(signal);
    return this.ended;
  }
}
