// Answers the peer's beats. It sends each value back unchanged. It reads the next value only after there was room for
// the last echo.

import type { Stream, StreamObserver } from "@muxado/core";
import { ValueReader } from "./values.ts";

/** Answers the beats on one stream of the peer until the stream ends. */
export class Echo implements StreamObserver {
  /** True after the stream has ended. */
  over = false;
  readonly #stream: Stream;
  readonly #values: ValueReader;
  /** The bytes of a value that have arrived and have not been sent back. */
  #rest: Uint8Array | undefined;

  constructor(stream: Stream) {
    this.#stream = stream;
    this.#values = new ValueReader(stream);
    stream.unref();
    stream.priority = { urgency: 0 };
    stream.observe(this);
    this.#move();
  }

  onReadable(): void {
    this.#move();
  }

  onWritable(): void {
    this.#move();
  }

  /** Stops answering. */
  stop(): void {
    this.#stream.reset();
  }

  #move(): void {
    try {
      for (;;) {
        const value = this.#rest ?? this.#values.take();
        if (value === undefined) return;
        if (value === null) break;
        const taken = this.#stream.offer(value);
        this.#rest = taken < value.length ? value.subarray(taken) : undefined;
        if (this.#rest !== undefined) return;
      }
      void this.#stream.closeWrite();
    } catch {
      // The stream has failed. This needs no report, because the peer opens another stream if it wants one.
    }
    this.over = true;
  }
}
