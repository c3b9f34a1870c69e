// A process of this program's own, as its parent holds it: a task goes there, an answer comes back.

import { type ChildProcess, fork, type ForkOptions } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Milliseconds for an answer: what blocks a server for longer needs no figure. */
const PATIENCE = 120_000;

export class Child {
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#process = child;
  }

  /** Starts the program of this folder with that name; and what it says first. */
  static async start<Answer>(name: string, args: string[]): Promise<[Child, Answer]> {
    const file = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
    // As objects are cloned and not as JSON, which has no NaN.
    const options: ForkOptions = { execArgv: ["--expose-gc"], serialization: "advanced" };
    const child = new Child(fork(file, args, options));
    return [child, await child.#answer<Answer>()];
  }

  /** One at a time. */
  ask<Answer>(task: object): Promise<Answer> {
    const answer = this.#answer<Answer>();
    this.tell(task);
    return answer;
  }

  tell(task: object): void {
    this.#process.send(task);
  }

  /** Kills it, whatever it does, and waits until it is gone. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGKILL");
    await exit;
  }

  #answer<Answer>(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const fail = (reason: string): void => {
        clearTimeout(timer);
        reject(new Error(`${this.#process.spawnargs.slice(-2).join(" ")}: ${reason}`));
      };
      const onExit = (code: number | null, signal: string | null): void =>
        fail(`it ended with ${code ?? signal}`);
      const timer = setTimeout(() => fail("no answer in two minutes"), PATIENCE);
      this.#process.once("exit", onExit);
      this.#process.once("message", (answer) => {
        clearTimeout(timer);
        this.#process.off("exit", onExit);
        resolve(answer as Answer);
      });
    });
  }
}
