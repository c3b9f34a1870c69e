// Tunes the size of a session's receive windows. If a window limits its stream, it grows; other windows keep their
// size. The decision depends on the bytes that the application consumes in a round trip, not on the bytes that arrive
// (docs/threats.md, 16).
//
// The rule is that of QUIC in Chromium and quic-go: if a window is consumed in less than four round trips, it is
// doubled. The round trip is estimated as a receiver of TCP does it (Fisk and Feng, dynamic right-sizing, 2001): from a
// grant of credit until the first byte that needed it.

import type { Clock } from "../base/clock.ts";
import type { MemoryBudget } from "../life/memory-budget.ts";
import type { ReceiveWindow } from "./receive-window.ts";

/** If a window is consumed in fewer round trips than this, it limits its stream, or soon will. */
const ROUND_TRIPS = 4;

/**
 * How long the shortest round trip is used, in milliseconds: at least this time, and at most twice this time. An
 * estimate is too long if the sender had nothing to send, or if bytes waited in a queue. It is never too short. So the
 * shortest estimate is the best one, until the path changes.
 */
const BELIEVED = 60_000;

/**
 * If a round trip is shorter than `NEAR`, in milliseconds, most of it is the time of the two programs and not the time
 * on the path. A window larger than `NEAR_WINDOW`, in bytes, then does not make the stream faster, but fills the
 * processor's caches. Over loopback, one stream carried 2.1 GB/s with 512 KiB, and 1.9 GB/s with 1, 2 or 16 MiB (bench,
 * bulk-1, medians).
 */
const NEAR = 1;
const NEAR_WINDOW = 512 * 1024;

/** Bytes of credit that a sender may leave unused, because they are too few for a frame (spec §6.2). */
const TOO_LITTLE = 1024;

/** The credit in bytes at which some peers clamp theirs (spec appendix, R13). */
const CLAMP = 256 * 1024;

/** How long an unfinished estimate may prevent other estimates, in milliseconds. */
const PATIENCE = 10_000;

/** The tuning of one session's windows. */
export class WindowTuning {
  /** The window of the current estimate, which waits for bytes that need the new credit. */
  probed: ReceiveWindow | undefined;
  /** Bytes that may still arrive on this window without the credit that was granted at {@link #probedAt}. */
  #before = 0;
  #probedAt = 0;
  /** The shortest round trip in the current span of time, and in the span before, in milliseconds. */
  #shortest = Infinity;
  #shortestBefore = Infinity;
  #spanStart: number;
  /** The number of windows on which credit was granted. Most streams end before that. */
  #granted = 0;
  readonly #clock: Clock;
  readonly #memory: MemoryBudget;
  readonly #limit: number;

  /** @param limit the largest window, in bytes. */
  constructor(clock: Clock, memory: MemoryBudget, limit: number) {
    this.#clock = clock;
    this.#memory = memory;
    this.#limit = limit;
    this.#spanStart = clock.now();
  }

  /** Returns by how many bytes `window` grows with the credit that is about to be granted on it. */
  growthOf(window: ReceiveWindow): number {
    const { target, owed, grant } = window;
    if (target >= this.#limit) return 0;
    const now = this.#clock.now();
    this.#probe(window, now);
    if (grant === null) {
      this.#granted++;
      window.grant = { since: now, consumed: 0, growth: 0, surplus: 0 };
      return 0;
    }
    // A decision needs half a window. Credit returns in smaller steps, whose times are not exact enough.
    grant.consumed += owed;
    if (grant.consumed * 2 < target) return 0;
    const { roundTrip } = this;
    const isFast =
      roundTrip !== undefined &&
      now - grant.since < ((ROUND_TRIPS * grant.consumed) / target) * roundTrip;
    grant.since = now;
    grant.consumed = 0;
    if (!isFast) return 0;
    const most = roundTrip < NEAR ? Math.min(NEAR_WINDOW, this.#limit) : this.#limit;
    const wanted = Math.min(target, most - target);
    const growth = this.#memory.takeGrowth(wanted, grant.growth, this.#granted);
    grant.growth += growth;
    return growth;
  }

  /**
   * An increment goes to the peer; `window` counts it already. Returns whether the peer has used credit that it would
   * not have if it clamped its credit.
   */
  keepsAll({ remaining, grant }: ReceiveWindow, increment: number): boolean {
    if (grant === null) return false;
    const before = remaining - increment;
    const { surplus } = grant;
    grant.surplus += Math.max(0, increment - CLAMP);
    return before < surplus;
  }

  /** Called when a frame of `length` bytes has arrived on {@link probed}. May complete the estimate. */
  arrived(length: number): void {
    const wasUsedUp = this.#before < TOO_LITTLE;
    this.#before -= length;
    if (this.#before >= 0) return;
    this.probed = undefined;
    const roundTrip = this.#clock.now() - this.#probedAt;
    // Before a sender waits for credit, it uses its credit, except for a rest that is too little for a frame. If one
    // frame uses both old and new credit, the sender did not wait, so its time is not a round trip. A coarse clock,
    // such as that of a browser, may measure 0 ms. With such a round trip, no window would ever grow.
    if (wasUsedUp && roundTrip > 0 && roundTrip < PATIENCE) this.measured(roundTrip);
  }

  /** Takes a measured round trip, in milliseconds. The real round trip may be a little shorter. */
  measured(roundTrip: number): void {
    const now = this.#clock.now();
    this.#forgetOld(now);
    this.#shortest = Math.min(this.#shortest, roundTrip);
  }

  /** The shortest recent round trip, in milliseconds; undefined while none is known. */
  get roundTrip(): number | undefined {
    this.#forgetOld(this.#clock.now());
    const shortest = Math.min(this.#shortest, this.#shortestBefore);
    return shortest === Infinity ? undefined : shortest;
  }

  /** Forgets measurements from before the last span of time. */
  #forgetOld(now: number): void {
    const spans = Math.floor((now - this.#spanStart) / BELIEVED);
    if (spans === 0) return;
    this.#shortestBefore = spans === 1 ? this.#shortest : Infinity;
    this.#shortest = Infinity;
    this.#spanStart += spans * BELIEVED;
  }

  /** Forgets `window`, which is gone. Other windows may use its growth. */
  forget(window: ReceiveWindow): void {
    if (this.probed === window) this.probed = undefined;
    const { grant } = window;
    if (grant === null) return;
    window.grant = null;
    this.#granted--;
    this.#memory.giveBack(grant.growth);
  }

  #probe(window: ReceiveWindow, now: number): void {
    if (this.probed !== undefined && now - this.#probedAt < PATIENCE) return;
    this.probed = window;
    this.#before = window.remaining;
    this.#probedAt = now;
  }
}
