// A test server, seen from Node: starts it, sends it requests, ends it.

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

/** A server in its own process. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #requests = 0;

  /** @param origin the origin whose pages may connect; null: the server's own host */
  constructor(origin: string | null) {
    this.#child = fork(PROGRAM, origin === null ? [] : [origin], { execArgv: ["--expose-gc"] });
    this.#exited = once(this.#child, "exit");
  }

  /** Resolves with its port, once it listens. */
  async port(): Promise<number> {
    return (await this.#answer(0)) as number;
  }

  /** Resolves with its answer. */
  async ask(request: Request): Promise<unknown> {
    const id = ++this.#requests;
    const answer = this.#answer(id);
    this.#child.send({ id, request });
    return answer;
  }

  async report(): Promise<Report> {
    return (await this.ask("report")) as Report;
  }

  /** Kills the process without notice. Its connections end as those of any dying process. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  /** Stops the process until it is killed. */
  hold(): void {
    this.#child.kill("SIGSTOP");
  }

  /** Lets the process end by itself. @returns its exit code */
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
