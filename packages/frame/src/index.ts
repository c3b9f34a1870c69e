// The public exports of @muxado/frame. Re-exports only; no file of the package imports this file.

export { encode } from "./encode.ts";
export { describe } from "./describe.ts";
export { ErrorCode, type ErrorCodeName, errorCodeName } from "./error-code.ts";
export type { DataFrame, Frame, GoAwayFrame, IncrementFrame, ResetFrame } from "./frame.ts";
export { FrameDecoder } from "./frame-decoder.ts";
export { FrameError, type FrameErrorInit, type FrameField } from "./frame-error.ts";
export { Flag, FrameType } from "./frame-type.ts";
export {
  FIRST_CLIENT_STREAM_ID,
  FIRST_SERVER_STREAM_ID,
  HEADER_LENGTH,
  INITIAL_WINDOW,
  MAX_BODY_LENGTH,
  MAX_DEBUG_LENGTH_KEPT,
  MAX_DEBUG_LENGTH_SENT,
  MAX_INCREMENT,
  MAX_STREAM_ID,
} from "./limits.ts";
export { type FrameHandler, PushDecoder } from "./push-decoder.ts";
export { putData, putGoAway, putIncrement, putReset } from "./put.ts";
