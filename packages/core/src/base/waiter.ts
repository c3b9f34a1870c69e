// One pending operation of an application, such as a read, write or accept. Its promise is settled by the result, by
// the end of the object that the operation waits on, or by its AbortSignal.

import { type AbortTarget, listen, unlisten } from "./abort.ts";

/** Options of an operation that may wait. */
export interface WaitOptions {
  /** Cancels the wait: the promise rejects with the signal's reason, and the stream continues. */
  readonly signal?: AbortSignal | undefined;
}

/** The owner of waiting operations. */
export interface WaiterOwner {
  /** Called when the signal of `waiter` has aborted. The owner must forget `waiter`, whose promise then rejects. */
  abandon(waiter: object): void;
}

/** A pending operation. */
export class Waiter<T> implements AbortTarget {
  readonly promise: Promise<T>;
  protected readonly owner: WaiterOwner;
  readonly #signal: AbortSignal | undefined;
  #resolve!: (value: T) => void;
  #reject!: (reason: unknown) => void;

  /** The signal must not be aborted yet. Its listener is removed when the waiter settles. */
  constructor(owner: WaiterOwner, signal: AbortSignal | undefined) {
    this.owner = owner;
    this.#signal = signal;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (signal !== undefined) listen(signal, this);
  }

  resolve(value: T): void {
    if (this.#signal !== undefined) unlisten(this.#signal, this);
    this.#resolve(value);
  }

  /** Rejects the promise. A rejection that nobody handles must not end the process, because a peer can cause it. */
  reject(reason: unknown): void {
    if (this.#signal !== undefined) unlisten(this.#signal, this);
    this.promise.catch(ignore);
    this.#reject(reason);
  }

  /** Called when the signal has aborted. The waiter itself is the listener, so that waiting needs no closure. */
  aborted(signal: AbortSignal): void {
    this.owner.abandon(this);
    this.reject(signal.reason);
  }
}

/**
 * Returns a promise with the result of `promise` that also rejects when `signal` aborts. The operation of `promise`
 * continues.
 */
export function waitFor<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  if (signal.aborted) return rejected(signal.reason);
  const waiter = new Waiter<T>(NOBODY, signal);
  promise.then(
    (value) => waiter.resolve(value),
    (reason) => waiter.reject(reason),
  );
  return waiter.promise;
}

/** Returns a promise that is rejected from the start and never reported as unhandled. */
export function rejected<T>(reason: unknown): Promise<T> {
  const promise = Promise.reject<T>(reason);
  promise.catch(ignore);
  return promise;
}

/** The promise that all operations share that are done at once and have no result. */
export const DONE: Promise<void> = /* @__PURE__ */ Promise.resolve();

const NOBODY: WaiterOwner = { abandon: ignore };

function ignore(): void {}
