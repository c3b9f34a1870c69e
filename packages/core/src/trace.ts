// Seeing each frame, as a wire around a wire: a session that is not traced pays nothing for it.

import { reportThrown } from "./observer.ts";
import { DataFlag, type Wire, type WireHandler } from "./wire.ts";

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
      readonly debug: Uint8Array;
    }
);

/**
 * Called with each frame: one that arrives, before the session acts on it; one that leaves, when it is
 * encoded. Must not throw.
 */
export type Trace = (frame: TracedFrame) => void;

/** `wire`, with every frame reported to `observe`. */
export function tracedWire(wire: Wire, observe: Trace): Wire {
  const trace: Trace = (frame) => {
    try {
      observe(frame);
    } catch (error) {
      reportThrown(error);
    }
  };
  return {
    ...wire,
    createDecoder: (handler) => wire.createDecoder(tracedHandler(handler, trace)),
    putData(target, offset, streamId, flags, length) {
      trace(dataFrame("out", streamId, flags, length));
      return wire.putData(target, offset, streamId, flags, length);
    },
    putIncrement(target, offset, streamId, increment) {
      trace({ direction: "out", kind: "increment", streamId, increment });
      return wire.putIncrement(target, offset, streamId, increment);
    },
    putReset(target, offset, streamId, errorCode) {
      trace({ direction: "out", kind: "reset", streamId, errorCode });
      return wire.putReset(target, offset, streamId, errorCode);
    },
    putGoAway(target, offset, lastStreamId, errorCode, debug, final) {
      trace({ direction: "out", kind: "goAway", lastStreamId, errorCode, debug });
      return wire.putGoAway(target, offset, lastStreamId, errorCode, debug, final);
    },
  };
}

function tracedHandler(handler: WireHandler, trace: Trace): WireHandler {
  return {
    onData(streamId, flags, length, chunk, start, end) {
      trace(dataFrame("in", streamId, flags, length));
      handler.onData(streamId, flags, length, chunk, start, end);
    },
    onDataRest: (chunk, start, end, remaining) => handler.onDataRest(chunk, start, end, remaining),
    onReset(streamId, errorCode) {
      trace({ direction: "in", kind: "reset", streamId, errorCode });
      handler.onReset(streamId, errorCode);
    },
    onIncrement(streamId, increment) {
      trace({ direction: "in", kind: "increment", streamId, increment });
      handler.onIncrement(streamId, increment);
    },
    onGoAway(lastStreamId, errorCode, debug) {
      trace({ direction: "in", kind: "goAway", lastStreamId, errorCode, debug });
      handler.onGoAway(lastStreamId, errorCode, debug);
    },
    onInvalid: (error) => handler.onInvalid(error),
  };
}

function dataFrame(
  direction: "in" | "out",
  streamId: number,
  flags: number,
  length: number,
): TracedFrame {
  const syn = (flags & DataFlag.SYN) !== 0;
  const fin = (flags & DataFlag.FIN) !== 0;
  return { direction, kind: "data", streamId, syn, fin, length };
}
