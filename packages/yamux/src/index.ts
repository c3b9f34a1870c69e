// The public exports of @muxado/yamux. Re-exports only; no file of the package imports this file.

// Sessions: the wire and its options.
export { yamux, type YamuxOptions } from "./wire.ts";
export type { KeepAliveOptions } from "./keep-alive.ts";

// Frames: the codec by itself.
export { encode } from "./encode.ts";
export { describe } from "./describe.ts";
export type { DataFrame, Frame, GoAwayFrame, PingFrame, WindowUpdateFrame } from "./frame.ts";
export { FrameDecoder } from "./frame-decoder.ts";
export { YamuxFrameError, type YamuxFrameErrorInit, type YamuxFrameField } from "./frame-error.ts";
export { Flag, FrameType, GoAwayCode } from "./frame-type.ts";
export {
  FIRST_CLIENT_STREAM_ID,
  FIRST_SERVER_STREAM_ID,
  HEADER_LENGTH,
  INITIAL_WINDOW,
  MAX_BODY_LENGTH,
  MAX_INCREMENT,
  MAX_STREAM_ID,
} from "./limits.ts";
export { type FrameHandler, PushDecoder } from "./push-decoder.ts";
export { putData, putGoAway, putPing, putWindowUpdate } from "./put.ts";
