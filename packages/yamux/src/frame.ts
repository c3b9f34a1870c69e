// Frames as plain objects, for tests, logs and debuggers. Sessions do not use them, because they would need one object
// for each frame. Spec §4.

/** The fields that Data and Window Update share: the stream and the flags. */
interface StreamFrame {
  /** 1 to 2³²−1. */
  readonly streamId: number;
  /** Opens the stream. */
  readonly syn: boolean;
  /** Acknowledges the stream. */
  readonly ack: boolean;
  /** Half-closes the stream. */
  readonly fin: boolean;
  /** Ends both directions of the stream at once. */
  readonly rst: boolean;
}

/**
 * Bytes of one stream (spec §4.1).
 *
 * @typeParam Memory the kind of buffer that holds its bytes: an ArrayBuffer in decoded frames. `encode` takes any.
 */
export interface DataFrame<Memory extends ArrayBufferLike = ArrayBufferLike> extends StreamFrame {
  /** Distinguishes the four kinds of frames. */
  readonly type: "data";
  /** 0 to 2³²−1 bytes. */
  readonly body: Uint8Array<Memory>;
}

/** Credit for one stream, or flags alone (spec §4.2). */
export interface WindowUpdateFrame extends StreamFrame {
  /** Distinguishes the four kinds of frames. */
  readonly type: "windowUpdate";
  /** Bytes of credit, 0 to 2³²−1. If `rst` is true: an error code, or 0. */
  readonly increment: number;
}

/** Asks for a sign of life, or answers (spec §4.3). */
export interface PingFrame {
  /** Distinguishes the four kinds of frames. */
  readonly type: "ping";
  /** False if the ping asks for an answer, true if it is the answer. */
  readonly ack: boolean;
  /** Any unsigned 32-bit number. The answer repeats the number of the question. */
  readonly value: number;
}

/** Announces the end of the session (spec §4.4). */
export interface GoAwayFrame {
  /** Distinguishes the four kinds of frames. */
  readonly type: "goAway";
  /** Any unsigned 32-bit number. {@link GoAwayCode} has the numbers with a name. */
  readonly code: number;
}

/**
 * One frame. Its `type` shows its kind.
 *
 * @typeParam Memory the kind of buffer that holds its bytes: an ArrayBuffer in decoded frames. `encode` takes any.
 */
export type Frame<Memory extends ArrayBufferLike = ArrayBufferLike> =
  | DataFrame<Memory>
  | WindowUpdateFrame
  | PingFrame
  | GoAwayFrame;
