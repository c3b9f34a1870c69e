// Answers the peer's beats. It sends each value back unchanged, one at a time, and takes the next one only when there
// was room for the last.

import type { Stream, StreamObserver } from "@muxado/core";
import { ValueReader } from "./values.ts";

/** Answers the beats on one stream of the peer until the stream ends. */
export class Echo implements StreamObserver {
  /** The stream has ended. */
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
      // The stream has failed. Nobody needs to know: the peer opens another stream if it wants one.
    }
    this.over = true;
  }
}
