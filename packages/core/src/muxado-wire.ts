// The muxado wire, which is the default: the codec of @muxado/frame, in the form that a session needs
// (docs/spec/muxado.md).

import {
  FIRST_CLIENT_STREAM_ID,
  FIRST_SERVER_STREAM_ID,
  Flag,
  HEADER_LENGTH,
  INITIAL_WINDOW,
  MAX_DEBUG_LENGTH_SENT,
  MAX_INCREMENT,
  MAX_STREAM_ID,
  PushDecoder,
  putData,
  putGoAway,
  putIncrement,
  putReset,
} from "@muxado/frame";
import type { Wire } from "./seams/wire.ts";

/** An RST or WNDINC frame: the header and one u32 (spec §4.2, §4.3). */
const CONTROL_LENGTH = HEADER_LENGTH + 4;

/** A GOAWAY without debug data: the header, the last stream id and the error code (spec §4.4). */
const GOAWAY_LENGTH = HEADER_LENGTH + 8;

/**
 * When Go reads a GOAWAY, it reads 8 bytes too many. So an empty DATA|FIN frame, which has exactly this length, follows
 * each GOAWAY. A correct peer ignores this frame, because it is a FIN on an id that is never opened (spec appendix,
 * G3).
 */
const FILLER_STREAM_ID = MAX_STREAM_ID;

/** The muxado wire protocol, as the Go and Rust peers use it. It is the default of every session. */
export const muxado: Wire = {
  name: "muxado",
  dataHeaderLength: HEADER_LENGTH,
  controlLength: CONTROL_LENGTH,
  goAwayLength: GOAWAY_LENGTH + HEADER_LENGTH,
  maxDebugLength: MAX_DEBUG_LENGTH_SENT,
  initialWindow: INITIAL_WINDOW,
  maxWindow: MAX_INCREMENT,
  firstClientStreamId: FIRST_CLIENT_STREAM_ID,
  firstServerStreamId: FIRST_SERVER_STREAM_ID,
  maxStreamId: FILLER_STREAM_ID - 1,
  maxUnacknowledged: undefined,
  // Go refuses a stream with this code, but keeps its entry until a reset frees it (appendix, G5).
  answersFullAcceptQueue: true,

  createDecoder: (handler) => new PushDecoder(handler),
  putData,
  putIncrement,
  putReset,
  putPing: undefined,
  putGoAway(target, offset, lastStreamId, errorCode, debug, final) {
    const end = putGoAway(target, offset, lastStreamId, errorCode, debug);
    return final ? end : putData(target, end, FILLER_STREAM_ID, Flag.FIN, 0);
  },
};
