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
  /** The other stream of a relay that the application has made of this one. */
  joined: End | undefined;
  /** Operations that wait. */
  pending = 0;

  constructor(model: StreamModel, side: Side) {
    this.model = model;
    this.side = side;
  }

  get peer(): End {
    return this === this.model.opener ? this.model.acceptor : this.model.opener;
  }

  /** The end whose bytes arrive here: the peer, or the far end behind the peer's relay. */
  get source(): End {
    return this.peer.joined?.peer ?? this.peer;
  }

  /** True if the application may join the stream with another one. There are no chains of relays. */
  get isUnused(): boolean {
    const isReading = this.reads > 0 || this.pumping || this.observing;
    const isEnding = this.closed || this.wasReset || this.finishing || this.failed || this.sawEnd;
    if (isReading || isEnding || this.writeEnded || this.pending > 0) return false;
    if (this.joined !== undefined || this.peer.joined !== undefined) return false;
    return this.stream!.error === undefined && this.written.written + this.peer.written.read === 0;
  }

  /** True if an application has ended a stream on the way of the bytes that arrive here, or nobody took it. */
  get isCutShort(): boolean {
    const way = [this, this.peer, this.source];
    if (this.peer.joined !== undefined) way.push(this.peer.joined);
    if (way.some((end) => end.wasReset)) return true;
    return this.source !== this.peer && (this.source.closed || this.source.stream === undefined);
  }

  get name(): string {
    return `${this.side.name}'s stream ${this.model.id}`;
  }

  /** Bytes have arrived here. Returns their fault, if there is one. */
  receive(chunk: Uint8Array): string | undefined {
    if (chunk.length === 0) return "an empty chunk";
    if (this.sawEnd) return "bytes after the end";
    return this.source.written.verify(chunk);
  }

  /** The end of the peer's bytes has arrived. Returns its fault, if there is one. */
  receiveEnd(): string | undefined {
    const { writeEnded, written } = this.source;
    this.sawEnd = true;
    if (!writeEnded) return "an end that the peer has not made";
    if (this.closed || this.wasReset) return undefined;
    const lost = written.written - written.read;
    return lost === 0 ? undefined : `a clean end, but ${lost} bytes are missing`;
  }

  /** A read has failed. Returns why it must not have failed. */
  readFailed(error: unknown): string | undefined {
    const unlikely = this.#failed(error);
    if (unlikely !== undefined) return unlikely;
    if (this.closed || this.isCutShort) return undefined;
    if (this.#sessionExplains(error as MuxadoError)) return undefined;
    return `a read failed without a reason: ${String(error)}`;
  }

  /** A write, offer or half-close has failed. Returns why it must not have failed. */
  writeFailed(error: unknown): string | undefined {
    const unlikely = this.#failed(error);
    if (unlikely !== undefined) return unlikely;
    if (this.closed || this.peer.closed || this.isCutShort) return undefined;
    if ((error as MuxadoError).code === "WRITE_AFTER_END" && this.writeEnded) return undefined;
    if (this.#sessionExplains(error as MuxadoError)) return undefined;
    return `a write failed without a reason: ${String(error)}`;
  }

  /** The relay of this end and the joined one has failed. Returns why it must not have failed. */
  relayFailed(error: unknown): string | undefined {
    if (!MuxadoError.is(error)) return `an error of another kind: ${String(error)}`;
    if (this.side.disturbed) return undefined;
    for (const { wasReset, peer } of [this, this.joined!]) {
      if (wasReset || peer.wasReset || peer.closed || peer.stream === undefined) return undefined;
    }
    return `a relay failed without a reason: ${String(error)}`;
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
      // The peer may have accepted it and relayed it to a stream that was refused.
      const { model } = this.source;
      model.safeToRetry = true;
      if (model.acceptor.stream !== undefined) return "safe to retry, but the peer has accepted it";
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
