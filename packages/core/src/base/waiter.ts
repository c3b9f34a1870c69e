// One pending operation of an application: a promise, settled once, by its result, by the end of what it
// waits on, or by its AbortSignal. Reads, writes and accepts all wait this way.

import { type AbortTarget, listen, unlisten } from "./abort.ts";

/** Options of an operation that may have to wait. */
export interface WaitOptions {
  /** Cancels the wait: the promise rejects with the signal's reason, and the stream goes on. */
  readonly signal?: AbortSignal | undefined;
}

/** Something that lets an operation wait and must forget it when its signal aborts. */
export interface WaiterOwner {
  /** The signal of `waiter` has aborted, and its promise is rejected. */
  abandon(waiter: object): void;
}

/** A pending operation. */
export class Waiter<T> implements AbortTarget {
  readonly promise: Promise<T>;
  readonly #owner: WaiterOwner;
  readonly #signal: AbortSignal | undefined;
  #resolve!: (value: T) => void;
  #reject!: (reason: unknown) => void;

  /** The signal must not be aborted yet; its listener is removed when the waiter settles. */
  constructor(owner: WaiterOwner, signal: AbortSignal | undefined) {
    this.#owner = owner;
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

  /** A rejection that nobody handles is no reason to end a process: a peer can cause it. */
  reject(reason: unknown): void {
    if (this.#signal !== undefined) unlisten(this.#signal, this);
    this.promise.catch(ignore);
    this.#reject(reason);
  }

  /** The waiter itself listens, so that waiting needs no closure. */
  aborted(signal: AbortSignal): void {
    this.#owner.abandon(this);
    this.reject(signal.reason);
  }
}

/** `promise`, waited for until `signal` aborts; what it stands for goes on. */
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

/** A promise that is rejected from the start and never reported as unhandled. */
export function rejected<T>(reason: unknown): Promise<T> {
  const promise = Promise.reject<T>(reason);
  promise.catch(ignore);
  return promise;
}

/** The one promise for everything that is done at once and has no result. */
export const DONE: Promise<void> = /* @__PURE__ */ Promise.resolve();

const NOBODY: WaiterOwner = { abandon: ignore };

function ignore(): void {}
