// The numbers inside a header: types, flags, and the codes of a Go Away.
// The decoder refuses types above 3, which do not exist. All other flag bits and all other codes are legal.
// Spec §3.1, §4.

/** The four types of frames (spec §4). */
export const FrameType = {
  /** Carries bytes of one stream (spec §4.1). */
  DATA: 0,
  /** Grants credit for one stream, or carries flags alone (spec §4.2). */
  WINDOW_UPDATE: 1,
  /** Asks for a sign of life, or gives one (spec §4.3). */
  PING: 2,
  /** Announces the end of the session (spec §4.4). */
  GO_AWAY: 3,
} as const;

/** One of the four types. */
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

/** The bits that have a meaning: all four on Data and Window Update, SYN and ACK on Ping. */
export const Flag = {
  /** Opens a stream. A Ping with this flag asks for an answer. */
  SYN: 0x1,
  /** Acknowledges a stream. A Ping with this flag is an answer. */
  ACK: 0x2,
  /** Marks the last frame of its sender on this stream. */
  FIN: 0x4,
  /** Ends both directions of a stream at once. */
  RST: 0x8,
} as const;

/** One of the four flag bits. */
export type Flag = (typeof Flag)[keyof typeof Flag];

/** The reason for the end of a session, as a Go Away carries it (spec §4.4). Any other 32-bit number may arrive. */
export const GoAwayCode = {
  /** Nothing went wrong. */
  NORMAL: 0,
  /** The peer broke a rule of the protocol. */
  PROTOCOL_ERROR: 1,
  /** The sender of this code failed, and its peer is not the cause. */
  INTERNAL_ERROR: 2,
} as const;

/** A code that has a name. */
export type GoAwayCode = (typeof GoAwayCode)[keyof typeof GoAwayCode];

/** Returns the name of a type, or `UNKNOWN(0x…)` for a type that does not exist. */
export function frameTypeName(type: number): string {
  return nameOf(FrameType, type);
}

/** Returns the name of a Go Away's code, or `UNKNOWN(0x…)` for a code that has no name. */
export function goAwayCodeName(code: number): string {
  return nameOf(GoAwayCode, code);
}

function nameOf(table: Readonly<Record<string, number>>, number: number): string {
  for (const [name, value] of Object.entries(table)) if (value === number) return name;
  return `UNKNOWN(0x${number.toString(16)})`;
}
