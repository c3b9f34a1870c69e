// Async iteration over a stream's bytes and a session's streams, without a generator: that would cost more
// promises for each step (measured: 0.28 against 0.17 µs).

import type { Stream } from "./stream.ts";

/** Reads a stream to its end. */
export class StreamIterator implements AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
  readonly #stream: Stream;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  next(): Promise<IteratorResult<Uint8Array<ArrayBuffer>, undefined>> {
    return this.#stream.receiving.read(asResult, undefined);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** Accepts streams until the session is over, however it ended: `closed` tells. */
export class AcceptIterator<S> implements AsyncIterableIterator<S> {
  readonly #next: () => Promise<IteratorResult<S, undefined>>;

  /** @param next accepts the next stream of a session, or of a layer that accepts as one does. */
  constructor(next: () => Promise<IteratorResult<S, undefined>>) {
    this.#next = next;
  }

  /** The next stream; done once there will be none. */
  next(): Promise<IteratorResult<S, undefined>> {
    return this.#next();
  }

  /** Itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }
}

function asResult(
  chunk: Uint8Array<ArrayBuffer> | null,
): IteratorResult<Uint8Array<ArrayBuffer>, undefined> {
  return chunk === null ? { done: true, value: undefined } : { done: false, value: chunk };
}
