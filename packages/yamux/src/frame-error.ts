// The error that invalid input leads to: which frame, which field of it, and what is wrong with it.
// It decides nothing about the session; whoever receives it does.
// Spec §3.2.

import { frameTypeName, GoAwayCode } from "./frame-type.ts";

/** What is wrong with a frame: a field of its header, or that the input ends inside it. */
export type YamuxFrameField = "version" | "type" | "streamId" | "flags" | "end";

/** Input that no peer may send (spec §3.2). Nothing after it can be understood. */
export class YamuxFrameError extends Error {
  /** `YamuxFrameError`, for logs. */
  override readonly name: string = "YamuxFrameError";
  /** The code to put into the Go Away that answers it: PROTOCOL_ERROR, for Yamux has no finer one. */
  readonly code: number = GoAwayCode.PROTOCOL_ERROR;
  /** The field that breaks a rule; of several, the first in the order of {@link YamuxFrameField}. */
  readonly field: YamuxFrameField;
  /** The type as it was read, 0 to 255; undefined when the input ended before it. */
  readonly frameType: number | undefined;
  /** The stream id as it was read; undefined when the input ended before it. */
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

/** The facts that a {@link YamuxFrameError} is made of. */
export interface YamuxFrameErrorInit {
  /** The field that breaks a rule. */
  readonly field: YamuxFrameField;
  /** What is wrong with the field, as the end of a sentence that begins with its name. */
  readonly reason: string;
  /** 0 to 255, or undefined when not known. */
  readonly frameType: number | undefined;
  /** As it was read, or undefined when not known. */
  readonly streamId: number | undefined;
  /** Bytes of input in front of the frame. */
  readonly offset: number;
}
