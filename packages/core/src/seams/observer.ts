// Tells an application that uses the non-blocking methods of a stream when to try again.

/**
 * Callbacks about one stream, for an application that uses its non-blocking methods `take` and `offer`.
 *
 * They are called while input is handled, when a flush gives the stream its turn, or after a command that ends the
 * stream. Every command of the session and its streams is safe inside them. An error that they throw is reported as an
 * uncaught exception.
 */
export interface StreamObserver {
  /** Called when `take` has something new to return or throw: bytes, the end, or an error. */
  onReadable(): void;
  /**
   * Called after an `offer` that was not taken in full, when it is the stream's turn or when there is an error. If
   * other streams wait, offers inside this call are taken up to the length of one frame.
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
 * Reports an error that a callback of the application has thrown, as an uncaught exception. The error must not
 * interrupt the session while it handles input, because the rest of the peer's chunk would be lost.
 */
export function reportThrown(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** Calls the application. Reports an error that it throws, so that it cannot disturb the caller. */
export function tell(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    reportThrown(error);
  }
}

/** Calls `event` of `watcher`, if it is there. The watcher cannot harm the session. */
export function tellWatcher<Event extends string, Stream>(
  watcher: { readonly [Name in Event]?: ((stream: Stream) => void) | undefined } | undefined,
  event: Event,
  stream: Stream,
): void {
  try {
    watcher?.[event]?.(stream);
  } catch (error) {
    reportThrown(error);
  }
}
