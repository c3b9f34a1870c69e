// The options of typed sessions and of their streams.

import type { Clock, MuxadoError, OpenOptions } from "@muxado/core";

/** Options of a {@link TypedSession}. */
export interface TypedOptions {
  /** The type of streams that are opened without a type. Default: 0. */
  readonly defaultType?: number | undefined;
  /**
   * Streams with a type that may wait for `accept`; one more is refused with ACCEPT_QUEUE_FULL. Also the number of
   * streams that may wait for their type; one more is refused with STREAM_REFUSED. Default: 128.
   */
  readonly acceptBacklog?: number | undefined;
  /**
   * Milliseconds that a stream may wait for `accept`. After this time, or at most twice this time, it is refused with
   * STREAM_REFUSED. Default: 60 000; Infinity: no deadline.
   */
  readonly acceptTimeout?: number | undefined;
  /** Milliseconds that the type of a stream of the peer may take to arrive. Default: 10 000; Infinity: no deadline. */
  readonly typeTimeout?: number | undefined;
  /**
   * Called with the error TYPE_MISSING for each stream that was refused because its type did not arrive. A peer can
   * make this happen very often. Default: none.
   */
  readonly onRefused?: ((error: MuxadoError) => void) | undefined;
  /** The source of time. Default: the platform's. */
  readonly clock?: Clock | undefined;
}

/** Options of {@link TypedSession.open}. */
export interface TypedOpenOptions extends OpenOptions {
  /** The type of the stream, 0 to 4 294 967 295. Default: the session's `defaultType`. */
  readonly type?: number | undefined;
}
