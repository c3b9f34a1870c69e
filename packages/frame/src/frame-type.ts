// The fourth byte of a header: the type in its high four bits, the flags in its low four bits. The decoder refuses
// types 4 to 15, which do not exist. It ignores all flags except SYN and FIN. Spec §3.1, §4.

/** The four types of frames (spec §4). */
export const FrameType = {
  /** RST: ends both directions of one stream at once (spec §4.2). */
  RESET: 0,
  /** Carries bytes of one stream. Opens the stream with SYN and half-closes it with FIN (spec §4.1). */
  DATA: 1,
  /** WNDINC: grants credit for one stream (spec §4.3). */
  INCREMENT: 2,
  /** GOAWAY: announces the end of the session (spec §4.4). */
  GO_AWAY: 3,
} as const;

/** A type that exists. */
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

/** The flag bits that have a meaning. They have it only on DATA (spec §4.1). */
export const Flag = {
  /** Marks the last frame of its sender on this stream. */
  FIN: 0x1,
  /** Marks the first frame of a stream. */
  SYN: 0x2,
} as const;

/** One of the two flag bits. */
export type Flag = (typeof Flag)[keyof typeof Flag];

/** Returns the name that the spec gives a type, or `UNKNOWN(0x…)` for a type that does not exist. */
export function frameTypeName(type: number): string {
  return ["RST", "DATA", "WNDINC", "GOAWAY"][type] ?? `UNKNOWN(0x${type.toString(16)})`;
}
