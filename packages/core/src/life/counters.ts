// Counts of a session that no other part of it keeps.

import type { MuxadoErrorCode } from "../base/errors.ts";
import type { ResetCounts } from "../seams/statistics.ts";

/** Counts since the session began. */
export class Counters {
  /** Bytes that the transport has delivered. */
  bytesReceived = 0;
  /** Frames that have arrived. */
  framesReceived = 0;
  /** When input came last, in whole milliseconds of the clock. */
  inputAt = 0;
  /** Bytes that the peer has given credit for again. */
  bytesReturned = 0;
  readonly resetsReceived: ResetCounts = {};
  readonly resetsSent: ResetCounts = {};
}

/** Counts one more reset with this code. */
export function countReset(counts: ResetCounts, code: MuxadoErrorCode): void {
  counts[code] = (counts[code] ?? 0) + 1;
}
