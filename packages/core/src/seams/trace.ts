// Seeing each frame. A session that is not traced pays a comparison for each frame that leaves, and nothing for
// those that arrive.

import { reportThrown } from "./observer.ts";
import { DataFlag, type WireHandler } from "./wire.ts";

/** One frame, as a trace sees it. */
export type TracedFrame = {
  /** Whether the peer sent it or we did. */
  readonly direction: "in" | "out";
} & (
  | {
      /** Bytes of a stream. */
      readonly kind: "data";
      /** The stream that they belong to. */
      readonly streamId: number;
      /** It opens the stream. */
      readonly syn: boolean;
      /** It ends the sender's direction. */
      readonly fin: boolean;
      /** Bytes of the body; the body itself may still be on its way. */
      readonly length: number;
    }
  | {
      /** A stream has been taken by the side that did not open it. Only on wires that say so. */
      readonly kind: "acknowledgement";
      /** That stream. */
      readonly streamId: number;
    }
  | {
      /** Credit granted. */
      readonly kind: "increment";
      /** The stream that it is granted on. */
      readonly streamId: number;
      /** Bytes of credit. */
      readonly increment: number;
    }
  | {
      /** The end of both directions of a stream. */
      readonly kind: "reset";
      /** The stream that it ends. */
      readonly streamId: number;
      /** The reason, as a number of the wire's. */
      readonly errorCode: number;
    }
  | {
      /** The end of accepting streams. */
      readonly kind: "goAway";
      /** The last stream of the receiver's that the sender has seen. */
      readonly lastStreamId: number;
      /** The reason, as a number of the wire's; 0 for none. */
      readonly errorCode: number;
      /** What the sender wants a human to know. */
      readonly debug: Uint8Array<ArrayBuffer>;
    }
  | {
      /** A question or its answer. Only on wires that have pings. */
      readonly kind: "ping";
      /** What the answer repeats. */
      readonly value: number;
      /** Whether it is the answer. */
      readonly isAnswer: boolean;
    }
);

/**
 * Called with each frame: one that arrives, before the session acts on it; one that leaves, when it has been
 * encoded, and so also inside the command that sends it. Every command is safe inside. What it throws is reported
 * as an uncaught exception of its own.
 */
export type Trace = (frame: TracedFrame) => void;

/** `trace`, whose errors are its own. */
export function guarded(trace: Trace): Trace {
  return (frame) => {
    try {
      trace(frame);
    } catch (error) {
      reportThrown(error);
    }
  };
}

/** `handler`, with every frame reported to `trace` first. `isOver`: the trace has ended the session. */
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

/** A DATA frame, for a trace. */
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
