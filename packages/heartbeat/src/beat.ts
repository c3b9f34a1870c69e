// One question to the peer, "are you there?", until it is answered, in vain, or of no use any more.

import type { MuxadoError } from "@muxado/core";
import type { Question, Silence } from "@muxado/core/layers";

/** A beat, which may be sent more than once. */
export interface Beat {
  /** What the echo must be: another value each time that it is sent. */
  value: number;
  /** When it was sent, in the clock's milliseconds. */
  sentAt: number;
  /** What is known of its way, and whether there is a sign of life since. */
  question: Question;
  /** How long it is waited for, and whether that was listening. */
  readonly silence: Silence;
  /** Takes the round trip in milliseconds, or why there was none. */
  readonly settle: (outcome: number | MuxadoError) => void;
}
