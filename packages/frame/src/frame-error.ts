// The error that invalid input leads to: which frame, which field of it, which code to answer with.
// It decides nothing about the session; whoever receives it does.
// Spec §3.2, §7.3.

import { type ErrorCode, type ErrorCodeName, errorCodeName } from "./error-code.ts";
import { frameTypeName } from "./frame-type.ts";

/**
 * What is wrong with a frame: a field of its header, the increment of a WNDINC, or that the input
 * ends inside it.
 */
export type FrameField = "type" | "length" | "streamId" | "increment" | "end";

/** Input that no peer may send (spec §3.2). Nothing after it can be understood. */
export class FrameError extends Error {
  /** `FrameError`, for logs. */
  override readonly name: string = "FrameError";
  /** The code to put into the GOAWAY that answers it. */
  readonly code: ErrorCode;
  /** The same, as a name. */
  readonly codeName: ErrorCodeName;
  /** The field that breaks a rule; of several, the first in the order of {@link FrameField}. */
  readonly field: FrameField;
  /** The type as it was read, 0 to 15; undefined when the input ended before it. */
  readonly frameType: number | undefined;
  /** The stream id as it was read, unsigned; undefined when the input ended before it. */
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

/** The facts that a {@link FrameError} is made of. */
export interface FrameErrorInit {
  /** The code to answer with. */
  readonly code: ErrorCode;
  /** The field that breaks a rule. */
  readonly field: FrameField;
  /** What is wrong with the field, as the end of a sentence that begins with its name. */
  readonly reason: string;
  /** 0 to 15, or undefined when not known. */
  readonly frameType: number | undefined;
  /** Unsigned, as it was read, or undefined when not known. */
  readonly streamId: number | undefined;
  /** Bytes of input in front of the frame. */
  readonly offset: number;
}
