// The counters of a session that none of its other parts keeps.

import type { MuxadoErrorCode } from "../base/errors.ts";
import type { ResetCounts } from "../seams/statistics.ts";

/** Counters since the session began. */
export class Counters {
  /** Bytes that the transport has delivered. */
  bytesReceived = 0;
  /** Frames that have arrived. */
  framesReceived = 0;
  /** When input last arrived, in whole milliseconds of the clock. */
  inputAt = 0;
  /** Bytes for which the peer has granted credit again. */
  bytesReturned = 0;
  readonly resetsReceived: ResetCounts = {};
  readonly resetsSent: ResetCounts = {};
}

/** Counts one more reset with `code`. */
export function countReset(counts: ResetCounts, code: MuxadoErrorCode): void {
  counts[code] = (counts[code] ?? 0) + 1;
}
