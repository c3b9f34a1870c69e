// A server of the tests, seen from Node: starts it, asks it, ends it.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { Request } from "./server/main.ts";
import type { Report } from "./server/progress.ts";

const PROGRAM = path.join(import.meta.dirname, "dist/server/main.js");

interface Answer {
  readonly id: number;
  readonly result: unknown;
}

/** One server, in a process of its own. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #requests = 0;

  /** @param origin whose pages may connect; null: those of its own host */
  constructor(origin: string | null) {
    this.#child = fork(PROGRAM, origin === null ? [] : [origin], { execArgv: ["--expose-gc"] });
    this.#exited = once(this.#child, "exit");
  }

  /** Its port, once it listens. */
  async port(): Promise<number> {
    return (await this.#answer(0)) as number;
  }

  /** What it answers. */
  async ask(request: Request): Promise<unknown> {
    const id = ++this.#requests;
    const answer = this.#answer(id);
    this.#child.send({ id, request });
    return answer;
  }

  async report(): Promise<Report> {
    return (await this.ask("report")) as Report;
  }

  /** Ends it without a word to anybody: its connections end as those of any process that dies. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  /** Stops it from running, until it is killed. */
  hold(): void {
    this.#child.kill("SIGSTOP");
  }

  /** Lets it end by itself. @returns its exit code */
  async stop(): Promise<number | null> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#exited;
    return this.#child.exitCode;
  }

  #answer(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const child = this.#child;
      const take = (answer: Answer): void => {
        if (answer.id !== id) return;
        child.off("message", take).off("exit", fail);
        resolve(answer.result);
      };
      const fail = (): void => reject(new Error("the server has ended without an answer"));
      child.on("message", take).once("exit", fail);
    });
  }
}
