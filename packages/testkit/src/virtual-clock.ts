// Time that a test controls. Sessions set timers on it as on any clock, and a simulated link sets deliveries. Both fire
// in one order of time, but only timers count as left behind.

import type { Clock, Timer } from "@muxado/core";
import type { LinkClock } from "./link-clock.ts";

/** A timer that has been set and has neither fired nor been cancelled. */
export interface PendingTimer {
  /** When it fires, in the clock's milliseconds. */
  readonly due: number;
}

class Entry implements Timer, PendingTimer {
  readonly due: number;
  readonly callback: () => void;
  readonly isTimer: boolean;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock, due: number, callback: () => void, isTimer: boolean) {
    this.#clock = clock;
    this.due = due;
    this.callback = callback;
    this.isTimer = isTimer;
  }

  cancel(): void {
    this.#clock.cancel(this);
  }
}

/** A clock that stands still until it is moved. */
export class VirtualClock implements Clock, LinkClock {
  #now = 0;
  /** By due time, the latest first, so that the next entry is taken off the end. */
  readonly #entries: Entry[] = [];
  #deliveries = 0;

  now(): number {
    return this.#now;
  }

  setTimer(callback: () => void, delay: number): Timer {
    return this.#add(callback, delay, true);
  }

  setDelivery(callback: () => void, delay: number): Timer {
    this.#deliveries++;
    return this.#add(callback, delay, false);
  }

  /** Timers that have neither fired nor been cancelled, the next one first. A finished test leaves none. */
  get timers(): readonly PendingTimer[] {
    return this.#entries.filter((entry) => entry.isTimer).reverse();
  }

  /** Whether a link has something under way. */
  get delivering(): boolean {
    return this.#deliveries > 0;
  }

  /** When the next timer or delivery is due; undefined if there is none. */
  get nextDue(): number | undefined {
    return this.#entries.at(-1)?.due;
  }

  /** Moves to the next timer or delivery and fires it. Returns false if there is none. */
  runNext(): boolean {
    const entry = this.#entries.pop();
    if (entry === undefined) return false;
    if (!entry.isTimer) this.#deliveries--;
    this.#now = Math.max(this.#now, entry.due);
    entry.callback();
    return true;
  }

  /** Moves on by `ms` and fires everything that is due on the way, in order, without a turn in between. */
  advance(ms: number): void {
    const end = this.#now + ms;
    while ((this.nextDue ?? Infinity) <= end) this.runNext();
    this.#now = end;
  }

  /** Forgets a timer or delivery. Harmless after it has fired. */
  cancel(entry: PendingTimer): void {
    const at = this.#entries.indexOf(entry as Entry);
    if (at < 0) return;
    const [cancelled] = this.#entries.splice(at, 1);
    if (!cancelled!.isTimer) this.#deliveries--;
  }

  #add(callback: () => void, delay: number, isTimer: boolean): Entry {
    const entry = new Entry(this, this.#now + Math.max(0, delay), callback, isTimer);
    // In the list before everything that is due at the same time or earlier: of equal times, the one set first fires
    // first.
    let at = this.#entries.length;
    while (at > 0 && this.#entries[at - 1]!.due <= entry.due) at--;
    this.#entries.splice(at, 0, entry);
    return entry;
  }
}
