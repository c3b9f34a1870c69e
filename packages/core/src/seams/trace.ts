// Traces of frames. Without a trace, a session pays one comparison for each frame that leaves, and nothing for each
// frame that arrives.

import { reportThrown } from "./observer.ts";
import { DataFlag, type WireHandler } from "./wire.ts";

/** One frame, as a trace gets it. */
export type TracedFrame = {
  /** Whether the peer sent the frame (`in`) or this side did (`out`). */
  readonly direction: "in" | "out";
} & (
  | {
      /** Bytes of a stream. */
      readonly kind: "data";
      /** The stream that the bytes belong to. */
      readonly streamId: number;
      /** True if the frame opens the stream. */
      readonly syn: boolean;
      /** True if the frame ends the sender's direction. */
      readonly fin: boolean;
      /** Length of the body in bytes. The body itself may not have arrived yet. */
      readonly length: number;
    }
  | {
      /** The side that did not open a stream has acknowledged it. Only on wires with acknowledgements. */
      readonly kind: "acknowledgement";
      /** The stream that was acknowledged. */
      readonly streamId: number;
    }
  | {
      /** The sender grants credit. */
      readonly kind: "increment";
      /** The stream that gets the credit. */
      readonly streamId: number;
      /** Bytes of credit. */
      readonly increment: number;
    }
  | {
      /** The end of both directions of a stream. */
      readonly kind: "reset";
      /** The stream that the reset ends. */
      readonly streamId: number;
      /** The reason, as a number of the wire. */
      readonly errorCode: number;
    }
  | {
      /** The sender accepts no more streams. */
      readonly kind: "goAway";
      /** The last stream of the receiver that the sender has seen. */
      readonly lastStreamId: number;
      /** The reason, as a number of the wire; 0 if there is none. */
      readonly errorCode: number;
      /** Information for a human reader. */
      readonly debug: Uint8Array<ArrayBuffer>;
    }
  | {
      /** A ping or its answer. Only on wires that have pings. */
      readonly kind: "ping";
      /** The value that the answer repeats. */
      readonly value: number;
      /** Whether this is the answer. */
      readonly isAnswer: boolean;
    }
);

/**
 * Called with each frame. A frame that arrives is traced before the session acts on it. A frame that leaves is traced
 * after it was encoded. This may be inside a command of the application. A trace may call every command. An error that
 * the trace throws is reported as a separate uncaught exception.
 */
export type Trace = (frame: TracedFrame) => void;

/** Returns a trace that calls `trace`, and reports its errors instead of throwing them. */
export function guarded(trace: Trace): Trace {
  return (frame) => {
    try {
      trace(frame);
    } catch (error) {
      reportThrown(error);
    }
  };
}

/**
 * Returns a handler that reports each frame to `trace` and then calls `handler`, unless the trace has ended the session
 * (`isOver`).
 */
export function tracedHandler(
  handler: WireHandler,
  trace: Trace,
  isOver: () => boolean,
): WireHandler {
  return {
    onData(streamId, flags, length, chunk, start, end) {
      trace(dataFrame("in", streamId, flags, length));
      if (!isOver()) handler.onData(streamId, flags, length, chunk, start, end);
    },
    onDataRest: (chunk, start, end, remaining) => handler.onDataRest(chunk, start, end, remaining),
    onAcknowledged(streamId) {
      trace({ direction: "in", kind: "acknowledgement", streamId });
      if (!isOver()) handler.onAcknowledged(streamId);
    },
    onReset(streamId, errorCode) {
      trace({ direction: "in", kind: "reset", streamId, errorCode });
      if (!isOver()) handler.onReset(streamId, errorCode);
    },
    onIncrement(streamId, increment) {
      trace({ direction: "in", kind: "increment", streamId, increment });
      if (!isOver()) handler.onIncrement(streamId, increment);
    },
    onGoAway(lastStreamId, errorCode, debug) {
      trace({ direction: "in", kind: "goAway", lastStreamId, errorCode, debug });
      if (!isOver()) handler.onGoAway(lastStreamId, errorCode, debug);
    },
    onPing(value, isAnswer) {
      trace({ direction: "in", kind: "ping", value, isAnswer });
      if (!isOver()) handler.onPing(value, isAnswer);
    },
    onInvalid: (error) => handler.onInvalid(error),
  };
}

/** Returns a DATA frame in the form for a trace. */
export function dataFrame(
  direction: "in" | "out",
  streamId: number,
  flags: number,
  length: number,
): TracedFrame {
  const syn = (flags & DataFlag.SYN) !== 0;
  const fin = (flags & DataFlag.FIN) !== 0;
  return { direction, kind: "data", streamId, syn, fin, length };
}
