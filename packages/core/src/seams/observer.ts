// How an application on the non-blocking layer learns that another attempt is worth it.

/**
 * Callbacks about one stream, for an application on the non-blocking layer.
 *
 * They are called while input is handled, when a flush gives the stream its turn, or after a command that ends the
 * stream. Every command of the session and its streams is safe inside them. An error that they throw is reported as an
 * uncaught exception.
 */
export interface StreamObserver {
  /** Called when `take` has something new: bytes, the end, or an error. */
  onReadable(): void;
  /**
   * Called after an `offer` that was not taken in full, when it is the stream's turn or when there is an error. While
   * other streams wait, offers inside this call are taken up to one frame.
   */
  onWritable(): void;
  /**
   * @internal Called with the stream of core that it observes, which may be inside a wrapper. Only a relay has this
   * method, and nothing but the relay removes it.
   */
  observes?(stream: object): void;
}

/** Remembers the context of its caller. Returns a function that calls `method` of `target` in that context. */
export type KeepContext = () => <Target>(method: (this: Target) => void, target: Target) => void;

/**
 * Reports an error that application code threw out of a callback, as an uncaught exception of that code. The error must
 * not leave the session's handling of input: the rest of the peer's chunk would be lost.
 */
export function reportThrown(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
