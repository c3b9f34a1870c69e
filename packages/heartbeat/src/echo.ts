// Answering the peer's beats: every value goes back as it came, one at a time and none ahead of the room for it.

import type { Stream, StreamObserver } from "@muxado/core";
import { ValueReader } from "./values.ts";

/** Answers on one stream of the peer's until it ends. */
export class Echo implements StreamObserver {
  /** The stream has ended. */
  over = false;
  readonly #stream: Stream;
  readonly #values: ValueReader;
  /** What has come and has not gone back. */
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
      // The stream has failed, which concerns nobody: the peer opens another if it wants one.
    }
    this.over = true;
  }
}
