// The parts of a stream that few streams need. They are in a separate object, so that other streams need no memory for
// them.

import type { MuxadoError } from "./base/errors.ts";
import type { EndNotice } from "./stream-end.ts";
import { type KeepContext, reportThrown, type StreamObserver } from "./seams/observer.ts";

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
  /** Tells the application of the end. */
  notice: EndNotice | undefined = undefined;

  /** Tells everybody who waits of the end of a stream. `error` is undefined if the stream has not failed. */
  tell(error: MuxadoError | undefined, isStarved: boolean): void {
    if (error !== undefined) {
      this.notice?.tell(error);
      this.sink?.failed(error);
    }
    this.notify("onReadable");
    if (isStarved) this.notify("onWritable");
  }

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
