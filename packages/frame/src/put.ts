// The encoders of the hot path: each puts one frame into a buffer that the caller owns. They allocate nothing and do
// not check their arguments, as `encode` does. Spec §3.1, §4.

import { FrameType } from "./frame-type.ts";
import { put32 } from "./integer.ts";
import { HEADER_LENGTH } from "./limits.ts";

/**
 * Puts the header of a DATA frame (spec §4.1). The caller copies the body after the header, or sends it after the
 * header.
 *
 * The arguments are not checked. The buffer must have room for eight bytes at `offset`.
 *
 * @param streamId 1 to {@link MAX_STREAM_ID}
 * @param flags bits of {@link Flag}
 * @param length bytes of the body, 0 to {@link MAX_BODY_LENGTH}
 * @returns the offset after the header
 */
export function putData(
  target: Uint8Array,
  offset: number,
  streamId: number,
  flags: number,
  length: number,
): number {
  return putHeader(target, offset, length, (FrameType.DATA << 4) | flags, streamId);
}

/**
 * Puts an RST frame (spec §4.2): twelve bytes.
 *
 * The arguments are not checked. The buffer must have room for the frame at `offset`.
 *
 * @param streamId 1 to {@link MAX_STREAM_ID}
 * @param errorCode any unsigned 32-bit number, preferably of {@link ErrorCode}, and never 0
 * @returns the offset after the frame
 */
export function putReset(
  target: Uint8Array,
  offset: number,
  streamId: number,
  errorCode: number,
): number {
  const body = putHeader(target, offset, 4, FrameType.RESET << 4, streamId);
  put32(target, body, errorCode);
  return body + 4;
}

/**
 * Puts a WNDINC frame (spec §4.3): twelve bytes.
 *
 * The arguments are not checked. The buffer must have room for the frame at `offset`.
 *
 * @param streamId 1 to {@link MAX_STREAM_ID}
 * @param increment bytes of credit, 1 to {@link MAX_INCREMENT}
 * @returns the offset after the frame
 */
export function putIncrement(
  target: Uint8Array,
  offset: number,
  streamId: number,
  increment: number,
): number {
  const body = putHeader(target, offset, 4, FrameType.INCREMENT << 4, streamId);
  put32(target, body, increment);
  return body + 4;
}

/**
 * Puts a GOAWAY frame (spec §4.4): sixteen bytes and a copy of `debug`.
 *
 * The arguments are not checked. The buffer must have room for the frame at `offset`.
 *
 * @param lastStreamId the highest stream of the peer that was seen; 0 if there is none
 * @param errorCode any unsigned 32-bit number, preferably of {@link ErrorCode}
 * @param debug information for human readers; use at most {@link MAX_DEBUG_LENGTH_SENT} bytes
 * @returns the offset after the frame
 */
export function putGoAway(
  target: Uint8Array,
  offset: number,
  lastStreamId: number,
  errorCode: number,
  debug: Uint8Array,
): number {
  const body = putHeader(target, offset, 8 + debug.length, FrameType.GO_AWAY << 4, 0);
  put32(target, body, lastStreamId);
  put32(target, body + 4, errorCode);
  target.set(debug, body + 8);
  return body + 8 + debug.length;
}

function putHeader(
  target: Uint8Array,
  offset: number,
  length: number,
  typeAndFlags: number,
  streamId: number,
): number {
  target[offset] = length >>> 16;
  target[offset + 1] = length >>> 8;
  target[offset + 2] = length;
  target[offset + 3] = typeAndFlags;
  put32(target, offset + 4, streamId);
  return offset + HEADER_LENGTH;
}
