// The transport of a session that outlives its connections. It keeps what the peer has not confirmed, and counts what
// has arrived. Both sides use it; they differ in the way to the next connection. Spec §5 and §6.

import { type Clock, type Timer, type Transport, type TransportInput } from "@muxado/core";
import { checkNumber, LONGEST_DELAY } from "@muxado/core/layers";
import { brokenBy, silent } from "./errors.ts";
import { KeptBytes } from "./kept-bytes.ts";
import type { Link } from "./link.ts";
import { bareRecord, headOf, RecordReader } from "./records.ts";

/** Units that are received before a confirmation leaves alone. Any other write takes one along. */
const CONFIRM_EVERY = 256 * 1024;
/** Milliseconds after which received units are confirmed at the latest. */
const CONFIRM_AFTER = 1_000;
/** Milliseconds that the peer has to confirm the end after the session has given up its transport. */
const LAST_WORDS = 10_000;

/** The options that both sides have. */
export interface ResumableOptions {
  readonly clock: Clock;
  readonly budget: number;
  readonly pingInterval: number;
  readonly pingTimeout: number;
}

/** The side of a session that finds the next connection. */
export interface ResumableOwner {
  /** The connection is lost, and another one is needed. */
  lost(error: unknown): void;
  /** The session needs no connection any more. */
  gone(): void;
}

/** A byte stream that goes on over one connection after the other. */
export class Resumable implements Transport {
  /** Units that have arrived: bytes, and one for the end of the direction. */
  received = 0;
  readonly #options: ResumableOptions;
  readonly #owner: ResumableOwner;
  readonly #kept: KeptBytes = new KeptBytes();
  #input: TransportInput | undefined;
  /** Bytes that have arrived before the session has started us. */
  #early: Uint8Array[] = [];
  #link: Link | undefined;
  #reader: RecordReader | undefined;
  /** A message of the handshake that is the first to leave. */
  #first: Uint8Array<ArrayBuffer> | undefined;
  /** The number of the next byte for the present connection. */
  #next = 0;
  /** Units that the peer knows to have arrived here. */
  #told = 0;
  /** True if a confirmation must leave even if nothing else does. */
  #mustTell = false;
  #mustPing = false;
  /** True if we wait for a confirmation because the budget is used up. */
  #isAsked = false;
  /** True if the session waits for the end of its write. */
  #isWaiting = false;
  /** Our direction: the session has ended it, the present connection has taken that, the peer has confirmed it. */
  #isEnding = false;
  #isEndSent = false;
  #isEndConfirmed = false;
  #isPeerEnding = false;
  /** True after the session has given us up. */
  #isGivenUp = false;
  #isGone = false;
  #failure: unknown;
  #confirmTimer: Timer | undefined;
  #pingTimer: Timer | undefined;
  #lastWords: Timer | undefined;
  #isHeard = false;

  constructor(options: ResumableOptions, owner: ResumableOwner) {
    this.#options = options;
    this.#owner = owner;
  }

  /** Bytes that are kept because the peer has not confirmed them. */
  get kept(): number {
    return this.#kept.length;
  }

  /** Whether nothing is left to do, or the session has failed. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Whether the peer may have received this many units of our direction. */
  mayHave(units: number): boolean {
    return units >= this.#kept.start && units <= this.#kept.end + (this.#isEnding ? 1 : 0);
  }

  /**
   * Goes on over `link`, and gives up the connection before.
   *
   * @param units the number of units that the peer has received. The peer knows how many have arrived here.
   * @param first a message that leaves before everything else.
   */
  goOn(link: Link, units: number, first?: Uint8Array<ArrayBuffer>): void {
    this.#link?.destroy();
    this.#link = link;
    link.owner = {
      receive: (chunk) => this.#receive(chunk),
      written: () => this.#pump(),
      ended: (error) => this.#lost(error),
    };
    this.#reader = new RecordReader({
      data: (bytes) => this.#deliver(bytes),
      confirmed: (confirmed) => this.#confirmed(confirmed),
      pinged: () => {
        this.#mustTell = true;
      },
      ended: () => this.#peerEnded(),
      broken: (detail) => this.#broken(detail),
    });
    this.#first = first;
    this.#told = this.received;
    this.#mustTell = this.#mustPing = this.#isAsked = false;
    this.#isEndSent = false;
    this.#forget(units);
    this.#next = this.#kept.start;
    this.#watch();
    this.#pump();
  }

  /** Fails: the session learns of `error`, and there will be no other connection. */
  fail(error: unknown): void {
    if (this.#isGone) return;
    this.#failure = error;
    this.#leave();
    this.#input?.ended(error);
  }

  start(input: TransportInput): void {
    this.#input = input;
    const early = this.#early;
    this.#early = [];
    for (const bytes of early) input.receive(bytes);
    if (this.#isPeerEnding || this.#isGone) input.ended(this.#failure);
  }

  write(chunks: Uint8Array<ArrayBuffer>[]): void {
    this.#kept.append(chunks);
    this.#isWaiting = true;
    this.#pump();
  }

  end(): void {
    this.#isEnding = true;
    this.#pump();
  }

  destroy(): void {
    if (this.#isGivenUp || this.#isGone) return;
    this.#isGivenUp = true;
    if (!this.#isOver) return this.#leave();
    this.#lastWords = this.#options.clock.setTimer(() => this.#leave(), LAST_WORDS);
    this.#pump();
  }

  #receive(chunk: Uint8Array): boolean {
    this.#isHeard = true;
    const isKept = this.#reader!.push(chunk);
    if (this.#isGone) return isKept;
    const untold = this.received - this.#told;
    if (untold >= CONFIRM_EVERY) this.#mustTell = true;
    if (this.#mustTell) this.#pump();
    else if (untold > 0) this.#tellLater();
    return isKept;
  }

  #deliver(bytes: Uint8Array): boolean {
    if (this.#isPeerEnding) {
      this.#broken("the peer sent bytes after the end of its direction");
      return false;
    }
    this.received += bytes.length;
    if (this.#input !== undefined) return this.#input.receive(bytes);
    this.#early.push(bytes.slice());
    return false;
  }

  #peerEnded(): void {
    if (this.#isPeerEnding) return this.#broken("the peer ended its direction twice");
    this.#isPeerEnding = true;
    this.received++;
    this.#mustTell = true;
    // The confirmation leaves first: the session may give us up when it learns of the end.
    this.#pump();
    this.#input?.ended();
  }

  #confirmed(units: number): void {
    const most = this.#next + (this.#isEndSent ? 1 : 0);
    if (units < this.#kept.start || units > most) {
      return this.#broken(`the peer confirmed ${units} units, and ${most} were sent`);
    }
    this.#isAsked = false;
    this.#forget(units);
    this.#settle();
  }

  /** Forgets what the peer has received. */
  #forget(units: number): void {
    this.#isEndConfirmed = units > this.#kept.end;
    const isUsed = this.#link?.isWriting ?? false;
    this.#kept.confirm(Math.min(units, this.#kept.end), isUsed);
  }

  #broken(detail: string): void {
    this.fail(brokenBy(detail));
  }

  /** Sends what there is to send, if the connection takes it now. */
  #pump(): void {
    const link = this.#link;
    if (link === undefined || link.isWriting) return;
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    if (this.#first !== undefined) chunks.push(this.#first);
    this.#first = undefined;
    const length = this.#kept.end - this.#next;
    const tells = this.#mustTell || (length > 0 && this.received > this.#told);
    if (tells || length > 0) chunks.push(headOf(tells ? this.received : undefined, length));
    if (tells) this.#told = this.received;
    if (length > 0) chunks.push(...this.#kept.from(this.#next));
    this.#next = this.#kept.end;
    if (this.#isEnding && !this.#isEndSent && !this.#isEndConfirmed) {
      chunks.push(bareRecord("end"));
      this.#isEndSent = true;
    }
    if (this.#mustPing) chunks.push(bareRecord("ping"));
    this.#mustTell = this.#mustPing = false;
    if (chunks.length > 0) link.send(chunks);
    else this.#settle();
  }

  /** Ends the write of the session if there is room again. Ends the connection if it has nothing left to do. */
  #settle(): void {
    if (this.#link === undefined || this.#link.isWriting || this.#next < this.#kept.end) return;
    if (this.#isEndConfirmed && this.#isPeerEnding && this.#told === this.received) {
      return this.#leave();
    }
    if (!this.#isWaiting) return;
    if (this.#kept.length > this.#options.budget) {
      if (this.#isAsked) return;
      this.#isAsked = this.#mustPing = true;
      return this.#pump();
    }
    this.#isWaiting = false;
    this.#input!.written();
  }

  #tellLater(): void {
    this.#confirmTimer ??= this.#options.clock.setTimer(() => {
      this.#confirmTimer = undefined;
      if (this.received === this.#told) return;
      this.#mustTell = true;
      this.#pump();
    }, CONFIRM_AFTER);
  }

  /** Finds out whether the peer is silent. */
  #watch(): void {
    const { pingInterval, pingTimeout } = this.#options;
    this.#isHeard = false;
    this.#pingAfter(pingInterval, () => {
      if (this.#isHeard) return this.#watch();
      this.#mustPing = true;
      this.#pingAfter(pingTimeout, () => this.#hearOut());
      this.#pump();
    });
  }

  #pingAfter(delay: number, callback: () => void): void {
    this.#pingTimer?.cancel();
    if (delay === Infinity) return;
    this.#pingTimer = this.#options.clock.setTimer(callback, Math.min(delay, LONGEST_DELAY));
  }

  /** Called at the end of the time for an answer. Input that waits is handled first. */
  #hearOut(): void {
    const { pingInterval, pingTimeout } = this.#options;
    this.#pingAfter(0, () => {
      if (this.#isHeard) this.#watch();
      else this.#link!.ended(silent(pingInterval + pingTimeout));
    });
  }

  #lost(error: unknown): void {
    this.#link = undefined;
    this.#pingTimer?.cancel();
    // The peer has all bytes, and at most a confirmation is missing.
    const isDone = this.#isOver && this.#kept.length === 0 && this.#isEndConfirmed;
    if (isDone || (this.#isGivenUp && !this.#isOver)) this.#leave();
    else this.#owner.lost(error);
  }

  /** Whether both directions have ended. The peer may not know that of ours. */
  get #isOver(): boolean {
    return this.#isEnding && this.#isPeerEnding;
  }

  /** Gives up the connection, the memory and the timers. */
  #leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#reader?.stop();
    if (this.#isEndConfirmed && this.#isPeerEnding) this.#link?.close(this.#options.clock);
    else this.#link?.destroy();
    this.#link = undefined;
    for (const timer of [this.#confirmTimer, this.#pingTimer, this.#lastWords]) timer?.cancel();
    this.#kept.clear();
    this.#early = [];
    this.#owner.gone();
  }
}

/** Options that both sides have, as they are given. */
type GivenOptions = {
  readonly [Name in Exclude<keyof ResumableOptions, "clock">]?: ResumableOptions[Name] | undefined;
};

/** Returns the options that both sides have, with their defaults. */
export function resumableOptions(given: GivenOptions, clock: Clock): ResumableOptions {
  const { budget = 4 * 1024 * 1024, pingInterval = 15_000, pingTimeout = 10_000 } = given;
  return {
    clock,
    budget: checkNumber("budget", budget, 1, Infinity),
    pingInterval: checkNumber("pingInterval", pingInterval, 1, Infinity),
    pingTimeout: checkNumber("pingTimeout", pingTimeout, 1, Infinity),
  };
}
