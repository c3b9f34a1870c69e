// A beat asks the peer whether it is there. It ends with an answer, with a timeout, or when nobody needs the answer any
// more.

import type { MuxadoError } from "@muxado/core";
import type { Question, Silence } from "@muxado/core/layers";

/** A beat. It may be sent more than once. */
export interface Beat {
  /** The value that the echo must have. The beat gets a new value each time that it is sent. */
  value: number;
  /** The time of sending, in the clock's milliseconds. */
  sentAt: number;
  /**
   * Knows the delay that our own output may cause for the beat, and whether there has been a sign of life since the
   * beat was sent.
   */
  question: Question;
  /** Knows how long we wait for the echo, and whether our thread ran in the meantime. */
  readonly silence: Silence;
  /** Called with the round trip in milliseconds, or with the reason why there was none. */
  readonly settle: (outcome: number | MuxadoError) => void;
}
