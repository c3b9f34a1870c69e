// Shared by all players of a schedule: the chance that drives them, the operations that can still be aborted, and the
// place for reports about things that the model does not allow.

import type { Wire } from "@muxado/core";
import type { Random } from "../random.ts";
import type { End } from "./stream-model.ts";

/** The options of a {@link Stage}. */
export interface StageOptions {
  /** The wire of both sessions. */
  readonly wire: Wire;
  /** The most bytes of one write. */
  readonly maxWrite: number;
  /** Whether applications write so much that sessions need more than one block for it. */
  readonly bursts: boolean;
  /** Whether sessions are closed or broken in the middle. */
  readonly storms: boolean;
  readonly report: (fault: string) => void;
  readonly log: ((line: string) => void) | undefined;
}

/** The shared state of both applications. */
export class Stage {
  readonly random: Random;
  readonly options: StageOptions;
  /** True if every application now only ends the work that it has begun. */
  finishing = false;
  readonly #aborts: (() => void)[] = [];

  constructor(random: Random, options: StageOptions) {
    this.random = random;
    this.options = options;
  }

  /** Adds something that an application may abort later. */
  addAbort(abort: () => void): void {
    this.#aborts.push(abort);
  }

  abortSomething(): void {
    const at = this.random.below(this.#aborts.length);
    const [abort] = this.#aborts.splice(at, 1);
    abort?.();
  }

  /** Reports the fault that a check has returned, if it has returned one. */
  report(end: End, fault: string | undefined): void {
    if (fault !== undefined) this.options.report(`${end.name}: ${fault}`);
  }

  log(end: End, line: string): void {
    this.options.log?.(`${end.name}: ${line}`);
  }

  /** Follows an operation of `end` that has no result except success or failure. */
  follow(end: End, promise: Promise<void>): void {
    end.pending++;
    promise.then(
      () => void end.pending--,
      (error: unknown) => {
        end.pending--;
        this.report(end, end.writeFailed(error));
      },
    );
  }
}
