// Jobs, and workers that do them. If a job fails with its worker, another worker repeats it, unless that does harm.

import { MuxadoError } from "@muxado/core";
import type { WorkerProcess } from "./worker-process.ts";

/** Bytes that need a seal. */
export interface Job {
  readonly number: number;
  /** Makes the bytes, again for each attempt. */
  readonly parts: () => Iterable<Uint8Array>;
  /** Whether the job can be done twice without harm. */
  readonly repeatable: boolean;
}

/** A job has failed with `worker`. `again`: whether it is done again. */
export type OnFailure = (
  job: Job,
  worker: WorkerProcess,
  error: MuxadoError,
  again: boolean,
) => void;

/** Jobs that a worker has at a time: it does one, and the others wait at the worker. */
const AT_HAND = 4;

/** Gives jobs to workers. */
export class Pool {
  readonly #onFailure: OnFailure;
  /** Contains a worker once for each job that it can take now. */
  readonly #free: WorkerProcess[] = [];
  /** Workers that get no more jobs. */
  readonly #left: WeakSet<WorkerProcess> = new WeakSet();
  readonly #waiting: ((worker: WorkerProcess) => void)[] = [];

  constructor(onFailure: OnFailure) {
    this.#onFailure = onFailure;
  }

  /** Gives jobs to `worker` from now on, until it ends or refuses a job. */
  hire(worker: WorkerProcess): void {
    for (let count = 0; count < AT_HAND; count++) this.#release(worker);
  }

  /**
   * Resolves with the seal of a job.
   *
   * @throws the error of the job, if the job must not be done again.
   */
  async seal(job: Job): Promise<string> {
    for (;;) {
      const worker = await this.#freeWorker();
      try {
        const seal = await worker.seal(job.parts());
        this.#release(worker);
        return seal;
      } catch (error) {
        // In this protocol, a job fails only if its worker has gone or is about to go.
        this.#left.add(worker);
        if (!MuxadoError.is(error)) throw error;
        // "safe": the job was certainly not done. "unsafe": the worker has begun it. "unknown": it may have been done.
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
