// A child process of this program, as its parent holds it. The parent sends a task, and the child sends back an answer.

import { type ChildProcess, fork, type ForkOptions } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Milliseconds for an answer. If an attack blocks a server for longer, it needs no figure. */
const PATIENCE = 120_000;

export class Child {
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#process = child;
  }

  /** Starts the program of this folder with that name. Resolves with the child and its first message. */
  static async start<Answer>(name: string, args: string[]): Promise<[Child, Answer]> {
    const file = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
    // Objects are sent as structured clones and not as JSON, because JSON has no NaN.
    const options: ForkOptions = { execArgv: ["--expose-gc"], serialization: "advanced" };
    const child = new Child(fork(file, args, options));
    return [child, await child.#answer<Answer>()];
  }

  /** Only one task may be under way at a time. */
  ask<Answer>(task: object): Promise<Answer> {
    const answer = this.#answer<Answer>();
    this.tell(task);
    return answer;
  }

  tell(task: object): void {
    this.#process.send(task);
  }

  /** Kills the process at once, and waits until it has ended. */
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
