// Limits how often a peer may make us do something in a span of time.

import type { Clock } from "./clock.ts";

/** The span in which occurrences are counted, in milliseconds. */
export const FLOOD_SPAN = 10_000;

/**
 * A limit on the occurrences in one {@link FLOOD_SPAN}. A span starts with the first occurrence after the last span.
 */
export class FloodLimit {
  readonly #clock: Clock;
  readonly #limit: number;
  #spanStart = -Infinity;
  #count = 0;

  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** Counts one occurrence. Returns whether it exceeds the limit. */
  exceeded(): boolean {
    const now = this.#clock.now();
    if (now - this.#spanStart >= FLOOD_SPAN) {
      this.#spanStart = now;
      this.#count = 0;
    }
    return ++this.#count > this.#limit;
  }
}
