// Decides for a layer whether a peer is silent after a question. It waits as long as the question needs, and notices if
// our thread was blocked in the meantime, because input may then be unread. Before the verdict, it lets the session
// handle input that waits. It sends nothing: the layer does that. Spec §9.2, docs/decisions/0018.

import type { Clock, Timer } from "../base/clock.ts";
import type { Question } from "./liveness.ts";

/** The patience is divided into this many slices. So we notice if our thread was blocked during one of them. */
const SLICES = 8;

/**
 * A timer that is late by more than this part of the patience shows that our thread did not run: the machine slept, the
 * tab was throttled, or the thread was blocked. Input that the peer has sent in the meantime may be unread.
 *
 * We compare both the clock and the calendar (`Date.now`): on most platforms the clock stops while the machine sleeps.
 * If somebody sets the calendar, this costs only one more question.
 */
const LATE = 0.1;

/**
 * The most times that the owner asks again after a late timer. It is limited, because a tab that is throttled for hours
 * must still notice a dead peer.
 */
const MAX_REPEATS = 3;

/** Options of a {@link Silence}. */
export interface SilenceOptions {
  readonly clock: Clock;
  /** Whether the first sign of life ends the wait. If false, only the owner ends it before the patience is over. */
  readonly untilSign: boolean;
  /** Called when our timer was late. The owner must ask again, and call `listen` with the new question. */
  readonly onLate: () => void;
  /** Called with the verdict at the end of the wait: true if there was no sign of life, false if there was one. */
  readonly onVerdict: (isSilent: boolean) => void;
}

/** The wait for a sign of life after one question. It may let the owner ask the question again, up to three times. */
export class Silence {
  readonly #options: SilenceOptions;
  #patience = 0;
  #slicesLeft = 0;
  #repeats = 0;
  /** The start of the current slice, by the clock and by the calendar. */
  #since = 0;
  #sinceByWall = 0;
  #timer: Timer | undefined;

  constructor(options: SilenceOptions) {
    this.#options = options;
  }

  /** How long we wait for an answer to the last question, in milliseconds. */
  get patience(): number {
    return this.#patience;
  }

  /** Begins to wait, for the whole patience. The owner calls this when it has sent `question`. */
  listen(question: Question, tolerance: number): void {
    this.#patience = question.patience(tolerance);
    this.#slicesLeft = SLICES;
    this.#wait(question);
  }

  /** Stops waiting without a verdict. A second call does no harm. */
  stop(): void {
    this.#timer?.cancel();
  }

  #wait(question: Question): void {
    const { clock } = this.#options;
    this.#since = clock.now();
    this.#sinceByWall = Date.now();
    this.#timer = clock.setTimer(() => this.#hasWaited(question), this.#patience / SLICES);
  }

  /** Called when the timer says that a slice of the patience is over. */
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
      // Input that waits is handled first. If our thread was blocked until now, it has not read this input.
      this.#timer = clock.setTimer(() => onVerdict(!question.look()), 0);
    }
  }
}
