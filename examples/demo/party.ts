// A process that takes part in the demo: as its parent sees it, and what it tells its parent.

import { type ChildProcess, fork } from "node:child_process";
import type { Summary } from "./tally.ts";

/** What a process tells, one thing at a time. */
export interface Message {
  /** It listens there. */
  readonly port?: number;
  /** So many of its streams are done, of so many. */
  readonly progress?: readonly [done: number, of: number];
  /** All of its streams are done. */
  readonly summary?: Summary;
}

/** Tells the parent, if there is one: each program can also be started by hand. */
export function tell(message: Message): void {
  process.send?.(message);
}

/** A process that was started here. */
export class Party {
  readonly port: Promise<number>;
  readonly summary: Promise<Summary>;
  readonly exitCode: Promise<number>;
  readonly #child: ChildProcess;

  constructor(program: string, args: string[], onProgress: (done: number, of: number) => void) {
    this.#child = fork(program, args);
    this.exitCode = new Promise((resolve) => {
      this.#child.once("exit", (code) => resolve(code ?? 1));
    });
    this.port = this.#told("port", program);
    this.summary = this.#told("summary", program);
    this.#child.on("message", ({ progress }: Message) => {
      if (progress !== undefined) onProgress(...progress);
    });
  }

  /** Lets the process know that nobody needs it any more. */
  dismiss(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  kill(): void {
    this.#child.kill();
  }

  #told<Key extends keyof Message>(key: Key, program: string): Promise<NonNullable<Message[Key]>> {
    const told = new Promise<NonNullable<Message[Key]>>((resolve, reject) => {
      this.#child.on("message", (message: Message) => {
        const value = message[key];
        if (value !== undefined) resolve(value);
      });
      void this.exitCode.then((code) => {
        reject(new Error(`${program} exited with code ${code} before it was done`));
      });
    });
    // Whoever does not wait for it need not hear that it never came.
    told.catch(() => {});
    return told;
  }
}
