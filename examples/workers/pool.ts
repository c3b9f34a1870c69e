// Jobs, and workers that do them. A job that fails with its worker is done again by another if that does no harm.

import { MuxadoError } from "@muxado/core";
import type { WorkerProcess } from "./worker-process.ts";

/** Something to be sealed. */
export interface Job {
  readonly number: number;
  /** Makes the bytes, each time anew. */
  readonly parts: () => Iterable<Uint8Array>;
  /** Whether doing it twice does no harm. */
  readonly repeatable: boolean;
}

/** A job failed with `worker`; `again` says if it is done again. */
export type OnFailure = (
  job: Job,
  worker: WorkerProcess,
  error: MuxadoError,
  again: boolean,
) => void;

/** Jobs that a worker has at a time: it does one, and the others are at hand. */
const AT_HAND = 4;

/** Gives jobs to workers. */
export class Pool {
  readonly #onFailure: OnFailure;
  /** A worker is in it once for each job that it can be given now. */
  readonly #free: WorkerProcess[] = [];
  /** Workers that get no more. */
  readonly #left: WeakSet<WorkerProcess> = new WeakSet();
  readonly #waiting: ((worker: WorkerProcess) => void)[] = [];

  constructor(onFailure: OnFailure) {
    this.#onFailure = onFailure;
  }

  /** From now on, `worker` gets jobs, until it ends or refuses one. */
  hire(worker: WorkerProcess): void {
    for (let count = 0; count < AT_HAND; count++) this.#release(worker);
  }

  /**
   * The seal of a job.
   *
   * @throws what it failed with, if it must not be done again.
   */
  async seal(job: Job): Promise<string> {
    for (;;) {
      const worker = await this.#freeWorker();
      try {
        const seal = await worker.seal(job.parts());
        this.#release(worker);
        return seal;
      } catch (error) {
        // In this protocol, jobs fail only with workers that have gone, or are about to.
        this.#left.add(worker);
        if (!MuxadoError.is(error)) throw error;
        // Safe: it certainly was not done. Unsafe: the worker has begun with it. Unknown: nobody knows.
        const again = error.retry === "safe" || job.repeatable;
        this.#onFailure(job, worker, error, again);
        if (!again) throw error;
      }
    }
  }

  #release(worker: WorkerProcess): void {
    const next = this.#left.has(worker) ? undefined : this.#waiting.shift();
    if (next === undefined) this.#free.push(worker);
    else next(worker);
  }

  async #freeWorker(): Promise<WorkerProcess> {
    for (;;) {
      const worker = this.#free.shift();
      if (worker === undefined) return new Promise((resolve) => this.#waiting.push(resolve));
      if (!this.#left.has(worker)) return worker;
    }
  }
}
