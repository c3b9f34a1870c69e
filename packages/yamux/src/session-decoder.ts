// Translates frames for a session. One frame of Yamux may carry several messages at once: a stream opens, a stream is
// acknowledged, credit is granted, a direction ends. The decoder reports them to the session one by one. Spec §4, §5.

import { DataFlag, type WireDecoder, type WireError, type WireHandler } from "@muxado/core";
import { Flag } from "./frame-type.ts";
import { MAX_STREAM_ID } from "./limits.ts";
import { type FrameHandler, PushDecoder } from "./push-decoder.ts";

const NO_BYTES = new Uint8Array(0);

/** The decoder of a session. */
export class SessionDecoder implements WireDecoder, FrameHandler {
  readonly #handler: WireHandler;
  readonly #frames: PushDecoder = new PushDecoder(this);
  #isStopped = false;
  /** True while the decoder drops the current body, because its frame was a reset. */
  #dropping = false;

  constructor(handler: WireHandler) {
    this.#handler = handler;
  }

  push(chunk: Uint8Array<ArrayBuffer>): void {
    this.#frames.push(chunk);
  }

  stop(): void {
    this.#isStopped = true;
    this.#frames.stop();
  }

  get pending(): number {
    return this.#frames.pending;
  }

  onData(
    streamId: number,
    flags: number,
    length: number,
    chunk: Uint8Array<ArrayBuffer>,
    start: number,
    end: number,
  ): void {
    if ((flags & Flag.RST) !== 0) {
      this.#dropping = end - start < length;
      return this.#handler.onReset(streamId, 0);
    }
    if ((flags & Flag.ACK) !== 0) {
      this.#handler.onAcknowledged(streamId);
      // A trace may have ended the session.
      if (this.#isStopped || (length === 0 && flags === Flag.ACK)) return;
    }
    this.#handler.onData(streamId, dataFlags(flags), length, chunk, start, end);
  }

  onDataRest(chunk: Uint8Array<ArrayBuffer>, start: number, end: number, remaining: number): void {
    if (!this.#dropping) this.#handler.onDataRest(chunk, start, end, remaining);
    else if (remaining === 0) this.#dropping = false;
  }

  onWindowUpdate(streamId: number, flags: number, increment: number): void {
    const handler = this.#handler;
    // A peer that knows reset codes sends them in the field for credit; other peers send 0.
    if ((flags & Flag.RST) !== 0) return handler.onReset(streamId, increment);
    if ((flags & Flag.ACK) !== 0) handler.onAcknowledged(streamId);
    if (this.#isStopped) return;
    if ((flags & Flag.SYN) !== 0) handler.onData(streamId, DataFlag.SYN, 0, NO_BYTES, 0, 0);
    // The SYN may have ended the session.
    if (increment > 0 && !this.#isStopped) handler.onIncrement(streamId, increment);
    if (this.#isStopped) return;
    if ((flags & Flag.FIN) !== 0) handler.onData(streamId, DataFlag.FIN, 0, NO_BYTES, 0, 0);
    // The frame has no content. The session must count it, because it limits the number of such frames.
    else if (increment === 0 && flags === 0) handler.onData(streamId, 0, 0, NO_BYTES, 0, 0);
  }

  onPing(flags: number, value: number): void {
    this.#handler.onPing(value, (flags & Flag.ACK) !== 0);
  }

  onGoAway(code: number): void {
    // A Go Away does not name the streams that the peer has seen.
    this.#handler.onGoAway(MAX_STREAM_ID, code, NO_BYTES);
  }

  onInvalid(error: WireError): void {
    this.#handler.onInvalid(error);
  }
}

function dataFlags(flags: number): number {
  return (
    ((flags & Flag.SYN) !== 0 ? DataFlag.SYN : 0) | ((flags & Flag.FIN) !== 0 ? DataFlag.FIN : 0)
  );
}
