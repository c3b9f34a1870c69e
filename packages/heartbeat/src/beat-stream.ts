// Our own heartbeat stream. It sends values and receives echoes. The heartbeat decides what an echo means.

import { MuxadoError, type StreamObserver } from "@muxado/core";
import type { TypedSession, TypedStream } from "@muxado/typed";
import { bytesOf, HEARTBEAT_TYPE, numberOf, ValueReader } from "./values.ts";

/** The callbacks of a {@link BeatStream}. */
export interface BeatStreamHandler {
  /** Called when the peer has sent a value back. We may not have sent this value: a peer can send any value. */
  onEcho(value: number): void;
  /** Called when no more echoes will arrive. */
  onEnded(error: MuxadoError): void;
}

/** A heartbeat stream that we have opened. */
export class BeatStream implements StreamObserver {
  readonly #stream: TypedStream;
  readonly #values: ValueReader;
  readonly #handler: BeatStreamHandler;
  /** Values that wait for room in the stream. */
  readonly #waiting: Set<number> = new Set();

  /** Opens the stream. Throws as `TypedSession.open` does. */
  constructor(session: TypedSession, handler: BeatStreamHandler) {
    this.#stream = session.open({ type: HEARTBEAT_TYPE, priority: { urgency: 0 } });
    this.#values = new ValueReader(this.#stream);
    this.#handler = handler;
    this.#stream.unref();
    this.#stream.observe(this);
  }

  /** Why the stream has failed; undefined if it has not. */
  get error(): MuxadoError | undefined {
    return this.#stream.error;
  }

  /**
   * Sends a beat in a separate frame, as soon as there is room for it. Throws the reason if the stream cannot send any
   * more.
   */
  send(value: number): void {
    this.#waiting.add(value);
    this.onWritable();
  }

  /** Does not send `value` if it has not been sent yet, because nobody waits for its echo any more. */
  withdraw(value: number): void {
    this.#waiting.delete(value);
  }

  /**
   * Ends the stream with a reset. It sends no FIN, because a Rust peer does not notice a FIN, and would answer it with
   * a flood of frames (spec appendix, R19).
   */
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
      // The stream takes all four bytes of a value or none of them.
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
