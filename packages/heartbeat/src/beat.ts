// One question to the peer, "are you there?", until it is answered, in vain, or of no use any more.

import type { MuxadoError, Timer } from "@muxado/core";
import type { Question } from "@muxado/core/layers";

/** A beat, which may be sent more than once. */
export interface Beat {
  /** What the echo must be: another value each time that it is sent. */
  value: number;
  /** When it was sent, in the clock's milliseconds. */
  sentAt: number;
  /** What is known of its way, and whether there is a sign of life since. */
  question: Question;
  /** What its echo may take: so many slices, of so many milliseconds each. */
  slice: number;
  slicesLeft: number;
  /** When the slice began that is waited for, by the clock and by the calendar. */
  listensSince: number;
  listensSinceByWall: number;
  timer: Timer | undefined;
  /** How often it was sent again because our own timer was late. */
  repeats: number;
  /** Takes the round trip in milliseconds, or why there was none. */
  readonly settle: (outcome: number | MuxadoError) => void;
}
