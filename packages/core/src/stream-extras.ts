// The parts of a stream that few streams need. They are in a separate object, so that other streams need no memory for
// them.

import type { MuxadoError } from "./base/errors.ts";
import { type KeepContext, reportThrown, type StreamObserver } from "./seams/observer.ts";

/** Describes how a stream ended. */
export interface StreamEnd {
  /** Why the stream failed; undefined if both directions have ended in the ordinary way. */
  readonly error: MuxadoError | undefined;
}

/** The rare parts of one stream. Made when one of them is first needed. */
export class StreamExtras {
  error: MuxadoError | undefined = undefined;
  observer: StreamObserver | undefined = undefined;
  /** Runs the observer's calls in the context in which the observer was given. */
  inContext: ReturnType<KeepContext> | undefined = undefined;
  readable: ReadableStream<Uint8Array<ArrayBuffer>> | undefined = undefined;
  writable: WritableStream<Uint8Array> | undefined = undefined;
  /** The source of `readable`. */
  source: { readonly reading: boolean } | undefined = undefined;
  /** The sink of `writable`. */
  sink: { failed(error: MuxadoError | undefined): void } | undefined = undefined;
  /** When an offer was not taken in full, on the session's clock. */
  starvedAt = 0;
  /** True if a drain does not wait for the stream. */
  background = false;
  /** The signal that the stream was opened with. */
  tiedTo: AbortSignal | undefined = undefined;
  /** Owns the signal that aborts when the stream fails. */
  failing: AbortController | undefined = undefined;
  /** Resolves when the stream has ended, and the function that resolves it. */
  closed: Promise<StreamEnd> | undefined = undefined;
  resolveClosed: ((end: StreamEnd) => void) | undefined = undefined;

  /** Calls `event` of the observer, if there is one. */
  notify(event: "onReadable" | "onWritable"): void {
    const { observer, inContext } = this;
    if (observer === undefined) return;
    try {
      if (inContext === undefined) observer[event]();
      else inContext(observer[event], observer);
    } catch (error) {
      reportThrown(error);
    }
  }
}
