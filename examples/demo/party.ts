// A process that takes part in the demo, seen from its parent, and the messages that it sends to its parent.

import { type ChildProcess, fork } from "node:child_process";
import type { Summary } from "./tally.ts";

/** A message of a process. It has one of these fields. */
export interface Message {
  /** The process listens on this port. */
  readonly port?: number;
  /** Of the process's streams, this many are done, out of this many. */
  readonly progress?: readonly [done: number, of: number];
  /** All streams of the process are done. */
  readonly summary?: Summary;
}

/** Sends a message to the parent, if there is one: each program can also be started by hand. */
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

  /** Lets the process know that it is not needed any more. */
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
    // A caller that does not wait for this promise must not get an unhandled rejection.
    told.catch(() => {});
    return told;
  }
}
