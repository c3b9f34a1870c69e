// The head of a frame: its header, and for control frames also the fixed part of the body. This file has the rules for
// headers. The decoder checks them before any byte of the body has arrived. Spec §3.2.

import { ErrorCode } from "./error-code.ts";
import type { FrameField } from "./frame-error.ts";
import { FrameType } from "./frame-type.ts";
import { HEADER_LENGTH } from "./limits.ts";

/** Length of the longest head in bytes: that of GOAWAY. */
export const MAX_HEAD_LENGTH: number = HEADER_LENGTH + 8;

/**
 * Returns the length of the head, in bytes, for a type that exists. The body of DATA and the debug data of GOAWAY come
 * after the head.
 */
export function headLength(type: number): number {
  switch (type) {
    case FrameType.DATA:
      return HEADER_LENGTH;
    case FrameType.GO_AWAY:
      return MAX_HEAD_LENGTH;
    default:
      return HEADER_LENGTH + 4;
  }
}

/** Why a frame is invalid. */
export interface Verdict {
  readonly code: ErrorCode;
  readonly field: FrameField;
  readonly reason: string;
}

/**
 * Returns the first rule that a header breaks, in the order of the spec: type, length, stream id.
 *
 * @param streamId as a signed number: negative when the high bit is set
 * @returns undefined when the header is valid
 */
export function judgeHeader(type: number, length: number, streamId: number): Verdict | undefined {
  const { PROTOCOL_ERROR, FRAME_SIZE_ERROR } = ErrorCode;
  if (type > FrameType.GO_AWAY) {
    return { code: PROTOCOL_ERROR, field: "type", reason: "does not exist" };
  }
  const fixed = headLength(type) - HEADER_LENGTH;
  if (type === FrameType.GO_AWAY && length < fixed) {
    const reason = `is ${length}, must be at least ${fixed}`;
    return { code: FRAME_SIZE_ERROR, field: "length", reason };
  }
  if ((type === FrameType.RESET || type === FrameType.INCREMENT) && length !== fixed) {
    return { code: FRAME_SIZE_ERROR, field: "length", reason: `is ${length}, must be ${fixed}` };
  }
  if (streamId < 0) {
    return { code: PROTOCOL_ERROR, field: "streamId", reason: "has its high bit set" };
  }
  if (type === FrameType.GO_AWAY && streamId !== 0) {
    return { code: PROTOCOL_ERROR, field: "streamId", reason: `is ${streamId}, must be 0` };
  }
  if (type !== FrameType.GO_AWAY && streamId === 0) {
    return { code: PROTOCOL_ERROR, field: "streamId", reason: "is 0" };
  }
  return undefined;
}

/** The verdict on a WNDINC that grants nothing. The header does not show this, so `judgeHeader` cannot find it. */
export const ZERO_INCREMENT: Verdict = {
  code: ErrorCode.PROTOCOL_ERROR,
  field: "increment",
  reason: "is 0",
};
