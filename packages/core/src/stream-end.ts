// The end of a stream, for code that does not read: a signal and a promise.

import type { MuxadoError } from "./base/errors.ts";

/** Describes how a stream ended. */
export interface StreamEnd {
  /** Why the stream failed; undefined if both directions have ended in the ordinary way. */
  readonly error: MuxadoError | undefined;
}

/** The part of a stream that says how it has ended. */
interface Ending {
  readonly isOver: boolean;
  readonly error: MuxadoError | undefined;
}

/** Tells the application of the end of one stream. Made when the application first asks for it. */
export class EndNotice {
  readonly closed: Promise<StreamEnd>;
  readonly #controller: AbortController = new AbortController();
  #resolve!: (end: StreamEnd) => void;

  constructor(stream: Ending) {
    this.closed = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    if (stream.isOver) this.tell(stream.error);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Called when the stream has ended, possibly with an error. After an error, this calls the application. */
  tell(error: MuxadoError | undefined): void {
    this.#resolve({ error });
    if (error !== undefined) this.#controller.abort(error);
  }
}
