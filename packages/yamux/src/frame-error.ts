// The error for invalid input. It names the frame, the wrong field and the problem. The receiver of the error decides
// what happens to the session. Spec §3.2.

import { frameTypeName, GoAwayCode } from "./frame-type.ts";

/** The part of a frame that is wrong: a field of its header, or `end` if the input ends inside the frame. */
export type YamuxFrameField = "version" | "type" | "streamId" | "flags" | "end";

/** Input that no peer may send (spec §3.2). The decoder cannot understand any bytes after it. */
export class YamuxFrameError extends Error {
  /** Always `YamuxFrameError`, for logs. */
  override readonly name: string = "YamuxFrameError";
  /** The code for the Go Away that answers this error: PROTOCOL_ERROR, because Yamux has no more exact code. */
  readonly code: number = GoAwayCode.PROTOCOL_ERROR;
  /** The field that breaks a rule. If several fields do, the first of them in the order of {@link YamuxFrameField}. */
  readonly field: YamuxFrameField;
  /** The type that was read, 0 to 255; undefined when the input ended before it. */
  readonly frameType: number | undefined;
  /** The stream id that was read; undefined when the input ended before it. */
  readonly streamId: number | undefined;
  /** Bytes from the start of the input to the first byte of the frame. */
  readonly offset: number;

  constructor(init: YamuxFrameErrorInit) {
    const { field, reason, frameType, streamId, offset } = init;
    const frame = frameType === undefined ? "frame" : `${frameTypeName(frameType)} frame`;
    super(`${frame} at byte ${offset}: ${field} ${reason}`);
    this.field = field;
    this.frameType = frameType;
    this.streamId = streamId;
    this.offset = offset;
  }
}

/** The fields of a new {@link YamuxFrameError}. */
export interface YamuxFrameErrorInit {
  /** The field that breaks a rule. */
  readonly field: YamuxFrameField;
  /** The error in the field, as the end of a sentence that begins with the name of the field. */
  readonly reason: string;
  /** The type that was read, 0 to 255; undefined when it is not known. */
  readonly frameType: number | undefined;
  /** The stream id that was read; undefined when it is not known. */
  readonly streamId: number | undefined;
  /** Bytes of input before the frame. */
  readonly offset: number;
}
