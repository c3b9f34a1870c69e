// One question to the peer, "are you there?". It ends with an answer, with a timeout, or when nobody needs it any more.

import type { MuxadoError } from "@muxado/core";
import type { Question, Silence } from "@muxado/core/layers";

/** A beat. It may be sent more than once. */
export interface Beat {
  /** The value that the echo must have. It is a new one each time that the beat is sent. */
  value: number;
  /** The time of sending, in the clock's milliseconds. */
  sentAt: number;
  /** The delay that the beat may have behind our own output, and whether there has been a sign of life since. */
  question: Question;
  /** How long we wait for the echo, and whether our thread ran in the meantime. */
  readonly silence: Silence;
  /** Called with the round trip in milliseconds, or with the reason why there was none. */
  readonly settle: (outcome: number | MuxadoError) => void;
}
