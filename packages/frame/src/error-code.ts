// The error codes of RST and GOAWAY, and their names. Any 32-bit number may arrive: a number that is not listed is
// legal and is called unknown. Spec §7.1.

/** Every code that has a name: all numbers from 0 to 15 (spec §7.1). */
export const ErrorCode = {
  /** Nothing went wrong. Only a GOAWAY may have this code: an RST never means success. */
  NO_ERROR: 0,
  /** The peer broke a rule of the protocol. */
  PROTOCOL_ERROR: 1,
  /** The sender of this code failed, and its peer is not the cause. */
  INTERNAL_ERROR: 2,
  /** The peer sent more than its credit, or granted more than a window can hold. */
  FLOW_CONTROL_ERROR: 3,
  /** A frame arrived for a stream, or a direction of a stream, that is over. */
  STREAM_CLOSED: 4,
  /** The sender of this code did not accept the stream and did nothing with it. */
  STREAM_REFUSED: 5,
  /** The sender of this code no longer wants the stream. */
  STREAM_CANCELLED: 6,
  /** The stream was ended at once, without a more exact reason. */
  STREAM_RESET: 7,
  /** The length of a frame is impossible for its type. */
  FRAME_SIZE_ERROR: 8,
  /** Too many streams wait to be accepted. */
  ACCEPT_QUEUE_FULL: 9,
  /** The peer causes the sender of this code much more work than it does itself. */
  ENHANCE_YOUR_CALM: 10,
  /** The peer has announced the end of the session. */
  REMOTE_GONE_AWAY: 11,
  /** No stream identifier is left. */
  STREAMS_EXHAUSTED: 12,
  /** Writing took longer than allowed. */
  WRITE_TIMEOUT: 13,
  /** The session is over. */
  SESSION_CLOSED: 14,
  /** The transport ended without a GOAWAY. */
  PEER_EOF: 15,
} as const;

/** A code that has a name. */
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

/** The name of a code, as the spec writes it. */
export type ErrorCodeName = keyof typeof ErrorCode;

// Every code from 0 to 15 has a name, so the index of a name in the list is its code.
const names: readonly string[] = /* @__PURE__ */ Object.keys(ErrorCode);

/**
 * Returns the name of a code, or `UNKNOWN(0xff)` for a code without a name.
 *
 * @param code any unsigned 32-bit number, as read from the wire
 */
export function errorCodeName(code: number): string {
  return names[code] ?? `UNKNOWN(0x${code.toString(16)})`;
}
