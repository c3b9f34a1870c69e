// Remote streams that wait for the application, and the application's accepts that wait for a stream. A layer with its
// own stream class, such as typed streams, has its own queue of this class.

import type { Clock, FlushScheduler } from "../base/clock.ts";
import { Deadlines } from "../base/deadlines.ts";
import { rejected, Waiter, type WaiterOwner } from "../base/waiter.ts";

/**
 * Turns a stream into the result of an accept: the stream itself, or a step of an iteration. Null means that no stream
 * will arrive any more. The function then returns the last result, or throws. A later conversion would cost a promise
 * and a turn of the microtask queue for each stream (measured: 7 % of its CPU time).
 */
type AcceptForm<S, T> = (stream: S | null, error: () => unknown) => T;

/** An accept that waits. */
class Accepting<S, T> extends Waiter<T> {
  readonly #form: AcceptForm<S, T>;

  constructor(owner: WaiterOwner, signal: AbortSignal | undefined, form: AcceptForm<S, T>) {
    super(owner, signal);
    this.#form = form;
  }

  take(stream: S): void {
    this.resolve(this.#form(stream, NEVER));
  }

  end(error: () => unknown): void {
    try {
      this.resolve(this.#form(null, error));
    } catch (reason) {
      this.reject(reason);
    }
  }
}

/**
 * Streams beyond the backlog that may wait until the end of a turn. One transport chunk can open thousands of streams,
 * and an accept loop runs only after the chunk was handled. So the backlog is checked after the accept loop has run.
 */
const BURST = 16 * 1024;

/** Accepts streams until the session is over, for any reason; `closed` gives the reason. */
export class AcceptIterator<S> implements AsyncIterableIterator<S> {
  readonly #next: () => Promise<IteratorResult<S, undefined>>;

  /** @param next accepts the next stream of a session, or of a layer that accepts like a session. */
  constructor(next: () => Promise<IteratorResult<S, undefined>>) {
    this.#next = next;
  }

  /** Resolves with the next stream. Is done when no stream will arrive any more. */
  next(): Promise<IteratorResult<S, undefined>> {
    return this.#next();
  }

  /** Returns itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** The rules for accepted streams, for streams beyond the backlog, and for streams that wait too long. */
export interface AcceptPolicy<S> {
  /** Streams that may wait at the end of a turn. */
  readonly backlog: number;
  /** Milliseconds that a stream may wait, or at most twice that; Infinity: forever. */
  readonly timeout: number;
  /** The source of time. */
  readonly clock: Clock;
  /** Runs the check of the backlog at the end of the turn, after the accept loops have taken streams. */
  readonly schedule: FlushScheduler;
  /**
   * Returns whether a stream may be accepted now. If not, accepts wait for {@link AcceptQueue.resume}. Default: always.
   */
  readonly mayAccept?: (() => boolean) | undefined;
  /** Called with each stream that an accept gets. */
  readonly accepted?: ((stream: S) => void) | undefined;
  /** Refuses a stream that is beyond the backlog, or that nobody has accepted in time. */
  refuse(stream: S, code: "ACCEPT_QUEUE_FULL" | "STREAM_REFUSED"): void;
}

/** The accept queue of a session, or of a layer over sessions whose streams are of type `S`. */
export class AcceptQueue<S> implements WaiterOwner {
  readonly #policy: AcceptPolicy<S>;
  /** Contains this queue while streams wait in it. */
  readonly #unaccepted: Deadlines<this>;
  readonly #waiters: Accepting<S, unknown>[] = [];
  #streams: S[] = [];
  #head = 0;
  /** The number of streams that were already there at the last {@link takeStale}. They are the oldest. */
  #stale = 0;
  #ended: (() => unknown) | undefined;
  /** True if the backlog will be checked at the end of this turn. */
  #judging = false;

  /** @param policy the rules for its streams. */
  constructor(policy: AcceptPolicy<S>) {
    this.#policy = policy;
    this.#unaccepted = new Deadlines(policy.clock, policy.timeout, () => this.#refuseStale());
  }

  /** Streams that wait to be accepted. */
  get length(): number {
    return this.#streams.length - this.#head;
  }

  /** Whether one more stream must be refused at once, even if an accept loop is running. */
  get full(): boolean {
    return this.length >= this.#policy.backlog + BURST;
  }

  /** Whether more streams wait than the backlog allows, so that {@link trim} must be called at the end of the turn. */
  get overfull(): boolean {
    return this.length > this.#policy.backlog;
  }

  /** Gives `stream` to a waiting accept, or queues it. */
  push(stream: S): void {
    const waiter = this.length === 0 && this.#mayAccept ? this.#waiters.shift() : undefined;
    if (waiter !== undefined) {
      this.#policy.accepted?.(stream);
      waiter.take(stream);
      return;
    }
    this.#streams.push(stream);
    if (this.length === 1) this.#unaccepted.add(this);
    if (this.overfull) this.#judge();
  }

  /** Serves the accepts that wait, because streams may be accepted again. */
  resume(): void {
    while (this.#waiters.length > 0 && this.length > 0 && this.#mayAccept) {
      this.#waiters.shift()!.take(this.#shift());
    }
  }

  /**
   * Resolves with the oldest stream, as soon as there is one. Streams that came before the end of the session are still
   * accepted, with the bytes that have arrived on them.
   */
  accept(signal: AbortSignal | undefined): Promise<S> {
    return this.#accept(itself<S>, signal);
  }

  /**
   * Does the same, as a step of an iteration. The iteration is done when the session has ended; `closed` gives the
   * reason.
   */
  next(): Promise<IteratorResult<S, undefined>> {
    return this.#accept(asStep<S>, undefined);
  }

  /** Takes out and returns the streams for which `wanted` returns true. */
  take(wanted: (stream: S) => boolean): S[] {
    const waiting = this.#streams.slice(this.#head);
    const isLeft = (stream: S): boolean => !wanted(stream);
    this.#head = 0;
    this.#stale = waiting.slice(0, this.#stale).filter(isLeft).length;
    this.#streams = waiting.filter(isLeft);
    return waiting.filter(wanted);
  }

  /** Takes out and returns the newest streams beyond the backlog. They must be refused. */
  trim(): S[] {
    if (!this.overfull) return [];
    this.#stale = Math.min(this.#stale, this.#policy.backlog);
    return this.#streams.splice(this.#head + this.#policy.backlog);
  }

  /** Takes out and returns the streams that have been waiting since the last call. */
  takeStale(): S[] {
    const stale = this.#streams.splice(this.#head, this.#stale);
    this.#stale = this.length;
    return stale;
  }

  /** Ends the accepts that wait, because no stream will arrive any more. `error` makes their error. */
  end(error: () => unknown): void {
    this.#ended = error;
    // Streams that came before the end are still accepted.
    this.resume();
    this.#unaccepted.clear();
    for (const waiter of this.#waiters.splice(0)) waiter.end(error);
  }

  /** Forgets an accept whose signal has aborted. */
  abandon(waiter: object): void {
    const index = this.#waiters.indexOf(waiter as Accepting<S, unknown>);
    if (index >= 0) this.#waiters.splice(index, 1);
  }

  #accept<T>(form: AcceptForm<S, T>, signal: AbortSignal | undefined): Promise<T> {
    if (signal?.aborted) return rejected(signal.reason);
    if (this.length > 0 && this.#mayAccept) return Promise.resolve(form(this.#shift(), NEVER));
    const waiter = new Accepting<S, T>(this, signal, form);
    if (this.#ended === undefined) this.#waiters.push(waiter as Accepting<S, unknown>);
    else waiter.end(this.#ended);
    return waiter.promise;
  }

  get #mayAccept(): boolean {
    return this.#ended !== undefined || (this.#policy.mayAccept?.() ?? true);
  }

  /**
   * Checks the backlog at the end of the turn. It needs its own flush, because a flush that was already requested may
   * run before the accept loop.
   */
  #judge(): void {
    if (this.#judging) return;
    this.#judging = true;
    this.#policy.schedule(() => {
      this.#judging = false;
      for (const stream of this.trim()) this.#policy.refuse(stream, "ACCEPT_QUEUE_FULL");
    });
  }

  #refuseStale(): void {
    for (const stream of this.takeStale()) this.#policy.refuse(stream, "STREAM_REFUSED");
    // The refusals may have ended the session, because there is a limit for them.
    if (this.length > 0 && this.#ended === undefined) this.#unaccepted.add(this);
  }

  #shift(): S {
    const stream = this.#streams[this.#head++]!;
    if (this.#stale > 0) this.#stale--;
    if (this.length === 0) this.#unaccepted.delete(this);
    this.#policy.accepted?.(stream);
    // Shortens the array when at least half of it is unused, so that taking a stream is O(1) on average.
    if (this.#head * 2 >= this.#streams.length) {
      this.#streams = this.#streams.slice(this.#head);
      this.#head = 0;
    }
    return stream;
  }
}

function itself<S>(stream: S | null, error: () => unknown): S {
  if (stream === null) throw error();
  return stream;
}

function asStep<S>(stream: S | null): IteratorResult<S, undefined> {
  return stream === null ? { done: true, value: undefined } : { done: false, value: stream };
}

/** The error callback of an accept that has got its stream. It is never called. */
const NEVER = (): undefined => undefined;
