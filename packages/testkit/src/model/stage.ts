// What all players of a schedule share: the chance that drives them, what can still be aborted, and where they
// report what the model does not allow.

import type { Wire } from "@muxado/core";
import type { Random } from "../random.ts";
import type { End } from "./stream-model.ts";

/** What a {@link Stage} is told. */
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

/** The common ground of both applications. */
export class Stage {
  readonly random: Random;
  readonly options: StageOptions;
  /** Every application now only brings to an end what it has begun. */
  finishing = false;
  readonly #aborts: (() => void)[] = [];

  constructor(random: Random, options: StageOptions) {
    this.random = random;
    this.options = options;
  }

  /** Something that an application may want to abort later. */
  addAbort(abort: () => void): void {
    this.#aborts.push(abort);
  }

  abortSomething(): void {
    const at = this.random.below(this.#aborts.length);
    const [abort] = this.#aborts.splice(at, 1);
    abort?.();
  }

  /** Takes what a check has said, if it has said something. */
  report(end: End, fault: string | undefined): void {
    if (fault !== undefined) this.options.report(`${end.name}: ${fault}`);
  }

  log(end: End, line: string): void {
    this.options.log?.(`${end.name}: ${line}`);
  }

  /** Follows an operation of `end` whose result is only whether it failed. */
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
