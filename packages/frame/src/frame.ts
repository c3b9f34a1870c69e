// Frames as plain objects, for tests, logs and debuggers. Sessions do not use them, because they would need one object
// for each frame. Spec §4.

/**
 * Bytes of one stream (spec §4.1).
 *
 * @typeParam Memory the kind of buffer that holds its bytes: an ArrayBuffer in decoded frames. `encode` takes any.
 */
export interface DataFrame<Memory extends ArrayBufferLike = ArrayBufferLike> {
  /** Distinguishes the four kinds of frames. */
  readonly type: "data";
  /** The stream id, 1 to 2³¹−1. */
  readonly streamId: number;
  /** True if the frame opens the stream. */
  readonly syn: boolean;
  /** True if the frame half-closes the stream. */
  readonly fin: boolean;
  /** The body, 0 to 16 777 215 bytes. */
  readonly body: Uint8Array<Memory>;
}

/** RST: ends both directions of one stream at once (spec §4.2). */
export interface ResetFrame {
  /** Distinguishes the four kinds of frames. */
  readonly type: "reset";
  /** The stream id, 1 to 2³¹−1. */
  readonly streamId: number;
  /** Any unsigned 32-bit number. {@link ErrorCode} has the numbers with a name. */
  readonly errorCode: number;
}

/** WNDINC: credit for one stream (spec §4.3). */
export interface IncrementFrame {
  /** Distinguishes the four kinds of frames. */
  readonly type: "increment";
  /** The stream id, 1 to 2³¹−1. */
  readonly streamId: number;
  /** Bytes of credit, 1 to 2³¹−1. */
  readonly increment: number;
}

/**
 * GOAWAY: announces the end of the session (spec §4.4).
 *
 * @typeParam Memory the kind of buffer that holds its bytes: an ArrayBuffer in decoded frames. `encode` takes any.
 */
export interface GoAwayFrame<Memory extends ArrayBufferLike = ArrayBufferLike> {
  /** Distinguishes the four kinds of frames. */
  readonly type: "goAway";
  /** The highest stream of the receiver that the sender has seen; 0 if there is none. */
  readonly lastStreamId: number;
  /** Any unsigned 32-bit number. {@link ErrorCode} has the numbers with a name. */
  readonly errorCode: number;
  /** Information for human readers. May be empty; need not be text. */
  readonly debug: Uint8Array<Memory>;
}

/**
 * One frame. Its `type` shows its kind.
 *
 * @typeParam Memory the kind of buffer that holds its bytes: an ArrayBuffer in decoded frames. `encode` takes any.
 */
export type Frame<Memory extends ArrayBufferLike = ArrayBufferLike> =
  | DataFrame<Memory>
  | ResetFrame
  | IncrementFrame
  | GoAwayFrame<Memory>;
