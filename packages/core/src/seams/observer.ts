// Being told, on the non-blocking layer, that trying again is worth it.

/**
 * What an application on the non-blocking layer wants to be told about one stream.
 *
 * Called while input is handled, when a flush gives the stream its turn, or once a command that ends the stream is
 * done; every command of the session and its streams is safe inside. What it throws surfaces as an uncaught exception.
 */
export interface StreamObserver {
  /** `take` has something new to say: bytes, the end, or an error. */
  onReadable(): void;
  /**
   * After an `offer` that was not taken in full: it is the stream's turn, or there is an error to be told. What is
   * offered inside is taken up to a frame while other streams wait.
   */
  onWritable(): void;
}

/** Remembers the context of its caller. Returns what calls `method` of `target` in that context. */
export type KeepContext = () => <Target>(method: (this: Target) => void, target: Target) => void;

/**
 * Lets an error that application code threw out of a callback surface as that code's own, and not out of the
 * session's handling of input, where it would take the rest of a peer's chunk with it.
 */
export function reportThrown(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
