// The error for invalid input. It names the frame, the wrong field, and the code for the answer. The receiver of the
// error decides what happens to the session. Spec §3.2, §7.3.

import { type ErrorCode, type ErrorCodeName, errorCodeName } from "./error-code.ts";
import { frameTypeName } from "./frame-type.ts";

/**
 * The part of a frame that is wrong: a field of its header, the increment of a WNDINC, or `end` if the input ends
 * inside the frame.
 */
export type FrameField = "type" | "length" | "streamId" | "increment" | "end";

/** Input that no peer may send (spec §3.2). The decoder cannot understand any bytes after it. */
export class FrameError extends Error {
  /** Always `FrameError`, for logs. */
  override readonly name: string = "FrameError";
  /** The code for the GOAWAY that answers this error. */
  readonly code: ErrorCode;
  /** The name of `code`. */
  readonly codeName: ErrorCodeName;
  /** The field that breaks a rule. If several fields do, the first of them in the order of {@link FrameField}. */
  readonly field: FrameField;
  /** The type as it was read, 0 to 15; undefined if the input ended before it. */
  readonly frameType: number | undefined;
  /** The stream id as it was read, unsigned; undefined if the input ended before it. */
  readonly streamId: number | undefined;
  /** Bytes from the start of the input to the first byte of the frame. */
  readonly offset: number;

  constructor(init: FrameErrorInit) {
    const { code, field, reason, frameType, streamId, offset } = init;
    const frame = frameType === undefined ? "frame" : `${frameTypeName(frameType)} frame`;
    super(`${frame} at byte ${offset}: ${field} ${reason}`);
    this.code = code;
    this.codeName = errorCodeName(code) as ErrorCodeName;
    this.field = field;
    this.frameType = frameType;
    this.streamId = streamId;
    this.offset = offset;
  }
}

/** The fields of a new {@link FrameError}. */
export interface FrameErrorInit {
  /** The code for the answer. */
  readonly code: ErrorCode;
  /** The field that breaks a rule. */
  readonly field: FrameField;
  /** The error in the field, as the end of a sentence that begins with the name of the field. */
  readonly reason: string;
  /** The type, 0 to 15, or undefined if it is not known. */
  readonly frameType: number | undefined;
  /** The stream id, unsigned, as it was read, or undefined if it is not known. */
  readonly streamId: number | undefined;
  /** Bytes of input before the frame. */
  readonly offset: number;
}
