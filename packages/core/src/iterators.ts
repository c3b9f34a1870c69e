// Async iteration over a stream's bytes and a session's streams, without a generator: that would cost more
// promises for each step (measured: 0.28 against 0.17 µs).

import type { Session } from "./session.ts";
import type { Stream } from "./stream.ts";

/** Reads a stream to its end. */
export class StreamIterator implements AsyncIterableIterator<Uint8Array> {
  readonly #stream: Stream;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    return this.#stream.receiving.read(asResult, undefined);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** Accepts streams until the session is over, however it ended: `closed` tells. */
export class AcceptIterator implements AsyncIterableIterator<Stream> {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  next(): Promise<IteratorResult<Stream, undefined>> {
    return this.#session.accept().then(asItem, asEnd);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function asResult(chunk: Uint8Array | null): IteratorResult<Uint8Array, undefined> {
  return chunk === null ? asEnd() : { done: false, value: chunk };
}

function asItem(stream: Stream): IteratorResult<Stream, undefined> {
  return { done: false, value: stream };
}

function asEnd(): IteratorReturnResult<undefined> {
  return { done: true, value: undefined };
}
