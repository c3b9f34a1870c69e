// Parts of a stream that few streams have, so that the others do not pay for them.

import type { MuxadoError } from "./base/errors.ts";
import { type KeepContext, reportThrown, type StreamObserver } from "./seams/observer.ts";

/** Made when one of its parts is first needed. */
export class StreamExtras {
  error: MuxadoError | undefined = undefined;
  observer: StreamObserver | undefined = undefined;
  /** Runs the observer's calls in the context in which it was given. */
  inContext: ReturnType<KeepContext> | undefined = undefined;
  readable: ReadableStream<Uint8Array<ArrayBuffer>> | undefined = undefined;
  writable: WritableStream<Uint8Array> | undefined = undefined;
  /** What stands behind `readable`. */
  source: { readonly reading: boolean } | undefined = undefined;
  /** What stands behind `writable`. */
  sink: { failed(error: MuxadoError | undefined): void } | undefined = undefined;
  /** When an offer was not taken in full. */
  starvedAt = 0;
  /** A drain does not wait for the stream. */
  background = false;
  /** The signal that the stream was opened with. */
  tiedTo: AbortSignal | undefined = undefined;

  /** Tells the observer, if there is one. */
  notify(event: keyof StreamObserver): void {
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
