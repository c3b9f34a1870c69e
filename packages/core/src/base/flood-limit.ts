// How often a peer may make us do something in a span of time. A count and a clock, nothing else.

import type { Clock } from "./clock.ts";

/** The span over which occurrences are counted, in milliseconds. */
export const FLOOD_SPAN = 10_000;

/** A limit on occurrences in any {@link FLOOD_SPAN} that starts with one. */
export class FloodLimit {
  readonly #clock: Clock;
  readonly #limit: number;
  #spanStart = -Infinity;
  #count = 0;

  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** Counts one occurrence, and says whether it is one too many. */
  exceeded(): boolean {
    const now = this.#clock.now();
    if (now - this.#spanStart >= FLOOD_SPAN) {
      this.#spanStart = now;
      this.#count = 0;
    }
    return ++this.#count > this.#limit;
  }
}
