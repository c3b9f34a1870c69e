// Our own heartbeat stream: values go out, echoes come back. What they mean is the heartbeat's business.

import { MuxadoError, type StreamObserver } from "@muxado/core";
import type { TypedSession, TypedStream } from "@muxado/typed";
import { bytesOf, HEARTBEAT_TYPE, numberOf, ValueReader } from "./values.ts";

/** Who wants to know what happens on the stream. */
export interface BeatStreamHandler {
  /** The peer has sent a value back, perhaps one that it never got. */
  onEcho(value: number): void;
  /** No echo will come any more. */
  onEnded(error: MuxadoError): void;
}

/** A heartbeat stream of ours. */
export class BeatStream implements StreamObserver {
  readonly #stream: TypedStream;
  readonly #values: ValueReader;
  readonly #handler: BeatStreamHandler;
  /** Values that there was no room for yet. */
  readonly #waiting: Set<number> = new Set();

  /** Opens it. Throws as `TypedSession.open` does. */
  constructor(session: TypedSession, handler: BeatStreamHandler) {
    this.#stream = session.open({ type: HEARTBEAT_TYPE, priority: { urgency: 0 } });
    this.#values = new ValueReader(this.#stream);
    this.#handler = handler;
    this.#stream.unref();
    this.#stream.observe(this);
  }

  /** Why it has failed; undefined if it has not. */
  get error(): MuxadoError | undefined {
    return this.#stream.error;
  }

  /** Sends a beat, in a frame of its own, as soon as there is room for it. Throws why the stream takes no more. */
  send(value: number): void {
    this.#waiting.add(value);
    this.onWritable();
  }

  /** Nobody waits for an echo of this any more: if it was not sent, it need not be. */
  withdraw(value: number): void {
    this.#waiting.delete(value);
  }

  /** Ends it. A Rust peer does not notice a FIN, and answers it with a flood (spec appendix, R19). */
  stop(): void {
    this.#stream.observe(undefined);
    this.#stream.reset("STREAM_CANCELLED");
  }

  onReadable(): void {
    let reason: unknown;
    try {
      for (;;) {
        const value = this.#values.take();
        if (value === undefined) return;
        if (value === null) break;
        this.#handler.onEcho(numberOf(value));
      }
    } catch (error) {
      reason = error;
    }
    const error = this.#stream.error ?? (reason as MuxadoError | undefined) ?? this.#endedByPeer();
    this.stop();
    this.#handler.onEnded(error);
  }

  onWritable(): void {
    for (const value of this.#waiting) {
      // Four bytes are taken whole or not at all.
      if (this.#stream.offer(bytesOf(value)) === 0) return;
      this.#waiting.delete(value);
    }
  }

  #endedByPeer(): MuxadoError {
    return new MuxadoError({
      code: "STREAM_CLOSED",
      scope: "stream",
      origin: "remote",
      streamId: this.#stream.id,
      detail: "the peer has ended the heartbeat stream",
    });
  }
}
