// Whether a peer is silent, as far as our own timers can be trusted: it waits for as long as the question needs, finds
// out that our thread was blocked meanwhile, and lets input that waits be handled before the verdict. For layers that
// ask; it sends nothing. Spec §9.2, docs/decisions/0018.

import type { Clock, Timer } from "../base/clock.ts";
import type { Question } from "./liveness.ts";

/** The patience passes in so many parts, so that a thread which was blocked in any of them is found out. */
const SLICES = 8;

/**
 * A timer that is late by more than this part of the patience says that we did not run: the machine slept, the tab was
 * throttled, or something blocked the thread. What the peer has sent meanwhile may not have been read.
 *
 * Late by the clock or by the calendar: on most platforms a clock stands still while the machine sleeps. That the
 * calendar may be corrected costs a question.
 */
const LATE = 0.1;

/** How often we ask again for that reason. A tab that is throttled for hours must learn of a dead peer, too. */
const MAX_REPEATS = 3;

/** How a {@link Silence} is listened to, and who hears of it. */
export interface SilenceOptions {
  readonly clock: Clock;
  /** The first sign of life ends it. Else only the owner does before the patience is over. */
  readonly untilSign: boolean;
  /** Our timer was late: the owner asks again, and calls `listen` with the new question. */
  readonly onLate: () => void;
  /** The verdict: nothing has come at all, or there was a sign of life. Then it is over. */
  readonly onVerdict: (isSilent: boolean) => void;
}

/** The silence after one question, which may be asked again up to three times. */
export class Silence {
  readonly #options: SilenceOptions;
  #patience = 0;
  #slicesLeft = 0;
  #repeats = 0;
  /** When the slice began that is waited for, by the clock and by the calendar. */
  #since = 0;
  #sinceByWall = 0;
  #timer: Timer | undefined;

  constructor(options: SilenceOptions) {
    this.#options = options;
  }

  /** How long the last question is waited for, in milliseconds. */
  get patience(): number {
    return this.#patience;
  }

  /** To be called when `question` was sent: it has all of the patience from now on. */
  listen(question: Question, tolerance: number): void {
    this.#patience = question.patience(tolerance);
    this.#slicesLeft = SLICES;
    this.#wait(question);
  }

  /** Listens no more: there is no verdict. Harmless when repeated. */
  stop(): void {
    this.#timer?.cancel();
  }

  #wait(question: Question): void {
    const { clock } = this.#options;
    this.#since = clock.now();
    this.#sinceByWall = Date.now();
    this.#timer = clock.setTimer(() => this.#hasWaited(question), this.#patience / SLICES);
  }

  /** A slice of the patience is over, as far as our own timer can be trusted. */
  #hasWaited(question: Question): void {
    const { clock, untilSign, onLate, onVerdict } = this.#options;
    if (question.look() && untilSign) return onVerdict(false);
    const passed = Math.max(clock.now() - this.#since, Date.now() - this.#sinceByWall);
    const late = passed - this.#patience / SLICES;
    if (late > LATE * this.#patience && this.#repeats < MAX_REPEATS) {
      this.#repeats++;
      onLate();
    } else if (--this.#slicesLeft > 0) {
      this.#wait(question);
    } else {
      // Input that waits is handled first: a thread that was blocked until just now has not listened.
      this.#timer = clock.setTimer(() => onVerdict(!question.look()), 0);
    }
  }
}
