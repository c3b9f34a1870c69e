// Frames as plain objects: the friendly face of the codec, for tests, logs and debuggers.
// Sessions do not use them; they would cost an object for each frame.
// Spec §4.

/**
 * Bytes of one stream (spec §4.1).
 *
 * @typeParam Memory what its bytes lie in: an ArrayBuffer, of frames that were decoded. `encode` takes any.
 */
export interface DataFrame<Memory extends ArrayBufferLike = ArrayBufferLike> {
  /** Tells the four shapes apart. */
  readonly type: "data";
  /** 1 to 2³¹−1. */
  readonly streamId: number;
  /** Opens the stream. */
  readonly syn: boolean;
  /** Half-closes the stream. */
  readonly fin: boolean;
  /** 0 to 16 777 215 bytes. */
  readonly body: Uint8Array<Memory>;
}

/** RST: the end of one stream, at once and both ways (spec §4.2). */
export interface ResetFrame {
  /** Tells the four shapes apart. */
  readonly type: "reset";
  /** 1 to 2³¹−1. */
  readonly streamId: number;
  /** Any unsigned 32-bit number; those with a name are in {@link ErrorCode}. */
  readonly errorCode: number;
}

/** WNDINC: credit for one stream (spec §4.3). */
export interface IncrementFrame {
  /** Tells the four shapes apart. */
  readonly type: "increment";
  /** 1 to 2³¹−1. */
  readonly streamId: number;
  /** Bytes, 1 to 2³¹−1. */
  readonly increment: number;
}

/**
 * GOAWAY: the announced end of the session (spec §4.4).
 *
 * @typeParam Memory what its bytes lie in: an ArrayBuffer, of frames that were decoded. `encode` takes any.
 */
export interface GoAwayFrame<Memory extends ArrayBufferLike = ArrayBufferLike> {
  /** Tells the four shapes apart. */
  readonly type: "goAway";
  /** The highest stream of the receiver that the sender has seen; 0 for none. */
  readonly lastStreamId: number;
  /** Any unsigned 32-bit number; those with a name are in {@link ErrorCode}. */
  readonly errorCode: number;
  /** For humans. May be empty, need not be text. */
  readonly debug: Uint8Array<Memory>;
}

/**
 * One frame, told apart by its `type`.
 *
 * @typeParam Memory what its bytes lie in: an ArrayBuffer, of frames that were decoded. `encode` takes any.
 */
export type Frame<Memory extends ArrayBufferLike = ArrayBufferLike> =
  | DataFrame<Memory>
  | ResetFrame
  | IncrementFrame
  | GoAwayFrame<Memory>;
