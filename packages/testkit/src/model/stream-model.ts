// One stream as the model sees it: two ends, two byte queues, and the actions of each application. They decide what the
// other application may find: the bytes, the end, and the errors that are no bug.

import { MuxadoError, type Stream } from "@muxado/core";
import { ByteQueue } from "./byte-queue.ts";
import type { Side } from "./side.ts";

/** Errors of streams that the peer never took. */
const REFUSALS: ReadonlySet<string> = new Set([
  "REMOTE_GONE_AWAY",
  "STREAM_REFUSED",
  "ACCEPT_QUEUE_FULL",
  "SESSION_CLOSED",
]);

/** A stream with both of its ends. */
export class StreamModel {
  readonly id: number;
  readonly opener: End;
  readonly acceptor: End;
  /** True if the opener was told that a retry is safe. The acceptor must then never see the stream. */
  safeToRetry = false;

  constructor(stream: Stream, openedBy: Side, peer: Side) {
    this.id = stream.id;
    this.opener = new End(this, openedBy);
    this.acceptor = new End(this, peer);
    this.opener.stream = stream;
  }
}

/** One end of a stream: an application and its actions. */
export class End {
  readonly model: StreamModel;
  readonly side: Side;
  /** Undefined at the acceptor until it has accepted. */
  stream: Stream | undefined;
  /** The bytes that this end has written. */
  readonly written: ByteQueue = new ByteQueue();
  /** True after closeWrite or close was called. */
  writeEnded = false;
  /** True after close was called. */
  closed = false;
  /** True after reset was called, or the signal of the stream was aborted. */
  wasReset = false;
  /** True after the end was read. */
  sawEnd = false;
  /** Reads that wait. */
  reads = 0;
  /** True if it reads whenever it can. */
  pumping = false;
  /** True if it takes when it is told to, instead of reading. */
  observing = false;
  /** Bytes that are still to be offered. */
  toOffer = 0;
  /** True if it half-closes after everything is offered. */
  finishing = false;
  failed = false;
  /** Operations that wait. */
  pending = 0;

  constructor(model: StreamModel, side: Side) {
    this.model = model;
    this.side = side;
  }

  get peer(): End {
    return this === this.model.opener ? this.model.acceptor : this.model.opener;
  }

  get name(): string {
    return `${this.side.name}'s stream ${this.model.id}`;
  }

  /** Bytes have arrived here. Returns their fault, if there is one. */
  receive(chunk: Uint8Array): string | undefined {
    if (chunk.length === 0) return "an empty chunk";
    if (this.sawEnd) return "bytes after the end";
    return this.peer.written.verify(chunk);
  }

  /** The end of the peer's bytes has arrived. Returns its fault, if there is one. */
  receiveEnd(): string | undefined {
    const { peer } = this;
    this.sawEnd = true;
    if (!peer.writeEnded) return "an end that the peer has not made";
    if (this.closed || this.wasReset) return undefined;
    const lost = peer.written.written - peer.written.read;
    return lost === 0 ? undefined : `a clean end, but ${lost} bytes are missing`;
  }

  /** A read has failed. Returns why it must not have failed. */
  readFailed(error: unknown): string | undefined {
    const unlikely = this.#failed(error);
    if (unlikely !== undefined) return unlikely;
    if (this.closed || this.wasReset || this.peer.wasReset) return undefined;
    if (this.#sessionExplains(error as MuxadoError)) return undefined;
    return `a read failed without a reason: ${String(error)}`;
  }

  /** A write, offer or half-close has failed. Returns why it must not have failed. */
  writeFailed(error: unknown): string | undefined {
    const unlikely = this.#failed(error);
    if (unlikely !== undefined) return unlikely;
    if (this.closed || this.wasReset || this.peer.closed || this.peer.wasReset) return undefined;
    if ((error as MuxadoError).code === "WRITE_AFTER_END" && this.writeEnded) return undefined;
    if (this.#sessionExplains(error as MuxadoError)) return undefined;
    return `a write failed without a reason: ${String(error)}`;
  }

  #failed(error: unknown): string | undefined {
    if (!MuxadoError.is(error)) return `an error of another kind: ${String(error)}`;
    if (error.code === "WRITE_AFTER_END" || error.code === "READ_PENDING") return undefined;
    const reason = this.stream!.error;
    // A read that close() has rejected reports that. The stream itself may fail for another reason later.
    if (error !== reason && reason !== undefined && !this.closed) {
      return `${String(error)}, but the stream failed with ${String(reason)}`;
    }
    if (error.retry === "safe") {
      this.model.safeToRetry = true;
      if (this.model.acceptor.stream !== undefined)
        return "safe to retry, but the peer has accepted it";
    }
    return undefined;
  }

  /** Whether the end of a session, or its refusal of the stream, is the reason. */
  #sessionExplains(error: MuxadoError): boolean {
    const { side, peer, model } = this;
    if (side.disturbed) return true;
    // Nobody had accepted the stream, and the peer had announced that it would not.
    return (
      this === model.opener &&
      peer.stream === undefined &&
      REFUSALS.has(error.code) &&
      (peer.side.refuses || peer.side.smallBacklog)
    );
  }
}
