// The encoders of the hot path: each puts one header into a buffer that the caller owns. They allocate nothing and do
// not check their arguments, as `encode` does. Spec §3.1, §4.

import { FrameType } from "./frame-type.ts";
import { put32 } from "./integer.ts";
import { HEADER_LENGTH } from "./limits.ts";

/**
 * Puts the header of a Data frame (spec §4.1). The caller copies the body after the header, or sends it after the
 * header.
 *
 * The arguments are not checked. The buffer must have room for twelve bytes at `offset`.
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
  return putHeader(target, offset, FrameType.DATA, flags, streamId, length);
}

/**
 * Puts a Window Update (spec §4.2): twelve bytes.
 *
 * The arguments are not checked. The buffer must have room for the frame at `offset`.
 *
 * @param streamId 1 to {@link MAX_STREAM_ID}
 * @param flags bits of {@link Flag}
 * @param increment bytes of credit, 0 to {@link MAX_INCREMENT}; with RST an error code
 * @returns the offset after the frame
 */
export function putWindowUpdate(
  target: Uint8Array,
  offset: number,
  streamId: number,
  flags: number,
  increment: number,
): number {
  return putHeader(target, offset, FrameType.WINDOW_UPDATE, flags, streamId, increment);
}

/**
 * Puts a Ping (spec §4.3): twelve bytes.
 *
 * The arguments are not checked. The buffer must have room for the frame at `offset`.
 *
 * @param flags SYN for a question, or ACK for an answer
 * @param value any unsigned 32-bit number; an answer repeats the number of the question
 * @returns the offset after the frame
 */
export function putPing(target: Uint8Array, offset: number, flags: number, value: number): number {
  return putHeader(target, offset, FrameType.PING, flags, 0, value);
}

/**
 * Puts a Go Away (spec §4.4): twelve bytes.
 *
 * The arguments are not checked. The buffer must have room for the frame at `offset`.
 *
 * @param code one of {@link GoAwayCode}, because known peers understand no other code
 * @returns the offset after the frame
 */
export function putGoAway(target: Uint8Array, offset: number, code: number): number {
  return putHeader(target, offset, FrameType.GO_AWAY, 0, 0, code);
}

function putHeader(
  target: Uint8Array,
  offset: number,
  type: number,
  flags: number,
  streamId: number,
  length: number,
): number {
  target[offset] = 0; // version
  target[offset + 1] = type;
  target[offset + 2] = 0; // the high half of the flags: none of them has a meaning
  target[offset + 3] = flags;
  put32(target, offset + 4, streamId);
  put32(target, offset + 8, length);
  return offset + HEADER_LENGTH;
}
