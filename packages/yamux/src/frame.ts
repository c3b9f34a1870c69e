// Frames as plain objects: the friendly face of the codec, for tests, logs and debuggers.
// Sessions do not use them; they would cost an object for each frame.
// Spec §4.

/** What Data and Window Update have in common: the stream and what happens to it. */
interface StreamFrame {
  /** 1 to 2³²−1. */
  readonly streamId: number;
  /** Opens the stream. */
  readonly syn: boolean;
  /** Acknowledges the stream. */
  readonly ack: boolean;
  /** Half-closes the stream. */
  readonly fin: boolean;
  /** Ends the stream, at once and both ways. */
  readonly rst: boolean;
}

/**
 * Bytes of one stream (spec §4.1).
 *
 * @typeParam Memory what its bytes lie in: an ArrayBuffer, of frames that were decoded. `encode` takes any.
 */
export interface DataFrame<Memory extends ArrayBufferLike = ArrayBufferLike> extends StreamFrame {
  /** Tells the four shapes apart. */
  readonly type: "data";
  /** 0 to 2³²−1 bytes. */
  readonly body: Uint8Array<Memory>;
}

/** Credit for one stream, or flags alone (spec §4.2). */
export interface WindowUpdateFrame extends StreamFrame {
  /** Tells the four shapes apart. */
  readonly type: "windowUpdate";
  /** Bytes, 0 to 2³²−1; with `rst` an error code, or 0. */
  readonly increment: number;
}

/** A question for a sign of life, or its answer (spec §4.3). */
export interface PingFrame {
  /** Tells the four shapes apart. */
  readonly type: "ping";
  /** False asks, true answers. */
  readonly ack: boolean;
  /** Any unsigned 32-bit number; the same in question and answer. */
  readonly value: number;
}

/** The announced end of the session (spec §4.4). */
export interface GoAwayFrame {
  /** Tells the four shapes apart. */
  readonly type: "goAway";
  /** Any unsigned 32-bit number; those with a name are in {@link GoAwayCode}. */
  readonly code: number;
}

/**
 * One frame, told apart by its `type`.
 *
 * @typeParam Memory what its bytes lie in: an ArrayBuffer, of frames that were decoded. `encode` takes any.
 */
export type Frame<Memory extends ArrayBufferLike = ArrayBufferLike> =
  | DataFrame<Memory>
  | WindowUpdateFrame
  | PingFrame
  | GoAwayFrame;
