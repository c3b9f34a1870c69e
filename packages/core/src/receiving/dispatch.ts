// What each arriving frame means for the session: the wire's decoder calls these methods, they find the
// stream, check the peer against the rules, and pass on. A breach resets the stream or ends the session; it
// never throws. Spec §4–§8, §10, docs/threats.md.

import { codeOfWire, type Failure, type MuxadoErrorCode, wireCodeOf } from "../base/errors.ts";
import { FLOOD_SPAN, FloodLimit } from "../base/flood-limit.ts";
import type { Acknowledgements } from "../life/acknowledgements.ts";
import { type Counters, countReset } from "../life/counters.ts";
import type { MemoryBudget } from "../life/memory-budget.ts";
import { Opening } from "../life/opening.ts";
import type { Pings } from "../life/pings.ts";
import type { Resets } from "../life/resets.ts";
import type { Shutdown } from "../life/shutdown.ts";
import { StreamEffect, StreamInput, StreamState } from "../life/stream-state.ts";
import type { StreamTable } from "../life/stream-table.ts";
import type { ResolvedOptions } from "../options.ts";
import { DataFlag, type WireError, type WireHandler } from "../seams/wire.ts";
import type { Stream } from "../stream.ts";
import type { AcceptQueue } from "./accept-queue.ts";
import type { WindowTuning } from "./window-tuning.ts";

/** Frames on streams that are not there, for each frame that the peer was sent and each stream of its own (spec §10, 21). */
const STRAYS_EARNED = 4;

/** What dispatch needs of its session. */
export interface DispatchParts {
  readonly options: ResolvedOptions;
  readonly counters: Counters;
  readonly table: StreamTable<Stream>;
  readonly acceptQueue: AcceptQueue<Stream>;
  readonly acknowledgements: Acknowledgements<Stream> | undefined;
  readonly memory: MemoryBudget;
  readonly tuning: WindowTuning;
  readonly resets: Resets<Stream>;
  readonly pings: Pings;
  readonly shutdown: Shutdown<Stream>;
  readonly outbound: {
    readonly bytesSent: number;
    readonly framesSent: number;
    putPing(value: number, isAnswer: boolean): void;
  };
  /** The peer has gone too far; `detail` says in what. */
  flooded(detail: string): void;
  /** Begins a stream of the peer's. */
  begin(streamId: number): Stream;
}

/** The session's side of the wire's decoder. */
export class Dispatch implements WireHandler {
  readonly #parts: DispatchParts;
  readonly #rapidResets: FloodLimit;
  /** Frames in a row that said nothing. */
  #emptyFrames = 0;
  /** Increments that have arrived. */
  #increments = 0;
  /** Frames that have arrived on streams that are not there. */
  #strayFrames = 0;
  /** The stream whose body is being delivered in pieces; null while a body is being dropped. */
  #receiving: Stream | null = null;
  #receivingFin = false;

  constructor(parts: DispatchParts) {
    const { clock, maxRapidResets } = parts.options;
    this.#parts = parts;
    this.#rapidResets = new FloodLimit(clock, maxRapidResets);
  }

  onData(
    streamId: number,
    flags: number,
    length: number,
    chunk: Uint8Array<ArrayBuffer>,
    start: number,
    end: number,
  ): void {
    this.#parts.counters.framesReceived++;
    // Says nothing, and is no answer either.
    if (length === 0 && flags === 0) return this.#emptyFrame();
    this.#emptyFrames = 0;
    const stream =
      (flags & DataFlag.SYN) !== 0
        ? this.#receiveSyn(streamId, length)
        : this.#parts.table.get(streamId);
    if (stream === undefined) {
      this.#receiving = null;
      this.#strayFrame(length);
      // An empty FIN is how Go says goodbye a second time and Rust a first (spec appendix, G11, R12).
      if (length > 0) this.#refuseStray(streamId);
      return;
    }
    if (stream !== null) this.#hear(stream);
    if (stream === null || !this.#admits(stream, length)) {
      this.#receiving = null;
      return;
    }
    stream.receiving.receive(chunk, start, end);
    if (end - start === length) {
      if ((flags & DataFlag.FIN) !== 0) this.#receiveFin(stream);
    } else {
      this.#receiving = stream;
      this.#receivingFin = (flags & DataFlag.FIN) !== 0;
    }
  }

  onDataRest(chunk: Uint8Array<ArrayBuffer>, start: number, end: number, remaining: number): void {
    const stream = this.#receiving;
    // It may have been reset since the frame began: the rest of the body has nowhere to go.
    if (stream === null || stream.failure !== null) return;
    stream.receiving.receive(chunk, start, end);
    if (remaining === 0) {
      this.#receiving = null;
      if (this.#receivingFin) this.#receiveFin(stream);
    }
  }

  onIncrement(streamId: number, increment: number): void {
    const { counters, options, outbound, table } = this.#parts;
    counters.framesReceived++;
    this.#emptyFrames = 0;
    // Go sends one for each read, of a byte if need be, and who wants larger windows one for each stream: never more
    // than there are bytes and streams.
    const earned = outbound.bytesSent + table.acceptedCount;
    if (++this.#increments > earned + options.maxUnearnedIncrements) {
      return this.#parts.flooded("grants credit for bytes that were never sent");
    }
    const stream = table.get(streamId);
    if (stream === undefined) return;
    this.#hear(stream);
    if (stream.transition(StreamInput.receiveIncrement) !== StreamEffect.apply) return;
    const { wire } = options;
    // Credit that lifts a window above its first size returns nothing: the window has grown.
    const missing = Math.max(wire.initialWindow - stream.sending.window.available, 0);
    counters.bytesReturned += Math.min(increment, missing);
    if (!stream.sending.grant(increment, wire.maxWindow)) {
      this.#breach(
        stream,
        "FLOW_CONTROL_ERROR",
        "the peer granted more credit than can be counted",
      );
    }
  }

  onAcknowledged(streamId: number): void {
    this.#parts.counters.framesReceived++;
    const stream = this.#parts.table.get(streamId);
    // That somebody has it is no answer yet: it may still be refused, and done again.
    if (stream?.opening === Opening.awaited) this.#parts.acknowledgements?.acknowledge(stream);
    else this.#emptyFrame();
  }

  onReset(streamId: number, errorCode: number): void {
    const stream = this.#parts.table.get(streamId);
    const code = codeOfWire(errorCode);
    this.#parts.counters.framesReceived++;
    this.#emptyFrames = 0;
    if (stream === undefined) return this.#strayFrame(0);
    countReset(this.#parts.counters.resetsReceived, code);
    stream.transition(StreamInput.receiveReset);
    const unprocessed = REFUSALS.has(code);
    if (!stream.isLocal) this.#parts.memory.leave(stream.receiving, stream.receiving.unread);
    const failure: Failure = {
      code,
      wireCode: errorCode,
      scope: "stream",
      origin: "remote",
      unprocessed,
    };
    // It may have failed already, and wait for its turn to tell so.
    if (!stream.mark(failure)) return;
    const { wire } = this.#parts.options;
    if (code === "ACCEPT_QUEUE_FULL" && stream.isLocal && wire.answersFullAcceptQueue) {
      this.#parts.resets.send(streamId, wireCodeOf("STREAM_CANCELLED"));
    }
    stream.settle();
    // Work that was begun for nothing, over and over (CVE-2023-44487). A stream that is given up after a long wait is no
    // such work.
    const isYoung = this.#parts.counters.inputAt - stream.heardAt < FLOOD_SPAN;
    const isRapid = !stream.isLocal && stream.sending.bytes === 0 && isYoung;
    if (isRapid && this.#rapidResets.exceeded()) this.#parts.flooded("opens streams to reset them");
  }

  onGoAway(lastStreamId: number, errorCode: number, debug: Uint8Array<ArrayBuffer>): void {
    this.#parts.counters.framesReceived++;
    this.#emptyFrames = 0;
    this.#parts.shutdown.receiveGoAway(lastStreamId, errorCode, debug);
  }

  onPing(value: number, isAnswer: boolean): void {
    this.#parts.counters.framesReceived++;
    if (isAnswer) this.#parts.pings.answered(value);
    else this.#parts.outbound.putPing(value, true);
  }

  onInvalid(error: WireError): void {
    this.#parts.shutdown.receiveInvalid(error);
  }

  /** Something of the peer's has come on `stream`: so it has taken it, whether or not it says so. */
  #hear(stream: Stream): void {
    stream.heardAt = this.#parts.counters.inputAt;
    this.#parts.acknowledgements?.acknowledge(stream);
  }

  /** Answers bytes on a stream that is not there. */
  #refuseStray(streamId: number): void {
    // An id of ours that is still to be sent: a reset would be about that stream.
    const { table } = this.#parts;
    if (table.isLocal(streamId) && !table.isSpent(streamId)) return;
    this.#refuse(streamId, "STREAM_CLOSED");
  }

  /** Resets a stream that is not there, once for each id, and charges it to the peer. */
  #refuse(streamId: number, code: MuxadoErrorCode): void {
    // Data that was under way when we reset a stream is no fault of the peer's.
    const { table, resets } = this.#parts;
    if (table.wasReset(streamId)) return;
    resets.send(streamId, wireCodeOf(code));
    resets.chargePeer();
  }

  /** A frame that says nothing. */
  #emptyFrame(): void {
    if (++this.#emptyFrames > this.#parts.options.maxEmptyFrames) {
      this.#parts.flooded("sends frames that say nothing");
    }
  }

  /**
   * A frame on a stream that is not there, with a body of `length` bytes. Honest peers send one for each of our frames
   * that came too late for them (appendix, G13), three goodbyes for a stream (G11), and what they had under way on one
   * that we have reset.
   */
  #strayFrame(length: number): void {
    const { resets, outbound, table, options } = this.#parts;
    if (resets.takeLeft(length)) return;
    const earned = STRAYS_EARNED * (outbound.framesSent + table.acceptedCount);
    if (++this.#strayFrames > earned + options.maxStrayFrames) {
      this.#parts.flooded("sends frames on streams that are not there");
    }
  }

  /** The stream that SYN opens; null if it is refused. The length is checked before anything is made of it. */
  #receiveSyn(streamId: number, length: number): Stream | null {
    const table = this.#parts.table;
    if (table.isLocal(streamId)) {
      return this.#fatal(`SYN on stream ${streamId}, an id of our own parity`);
    }
    if (table.get(streamId) !== undefined) {
      return this.#fatal(`SYN on stream ${streamId}, which is open already`);
    }
    if (table.wasReset(streamId)) {
      // An id is used once. It has had its answer.
      this.#parts.resets.chargePeer();
    } else if (length > this.#parts.options.wire.initialWindow) {
      this.#refuse(streamId, "FLOW_CONTROL_ERROR");
    } else if (!this.#acceptsStreams) {
      this.#refuse(streamId, "STREAM_REFUSED");
    } else if (this.#parts.acceptQueue.full) {
      this.#refuse(streamId, "ACCEPT_QUEUE_FULL");
    } else {
      const stream = this.#parts.begin(streamId);
      // The watcher may have ended it, or the session.
      if (stream.failure !== null) return null;
      this.#parts.acceptQueue.push(stream);
      return stream;
    }
    return null;
  }

  get #acceptsStreams(): boolean {
    const { shutdown, table, options } = this.#parts;
    return shutdown.acceptsStreams && table.remoteCount < options.maxInboundStreams;
  }

  /** Whether a body of `length` bytes may be delivered to `stream`; deals with it if not. */
  #admits(stream: Stream, length: number): boolean {
    if (length === 0) return true;
    const closedHere = stream.state === StreamState.closing;
    const effect = stream.transition(StreamInput.receiveData);
    if (effect === StreamEffect.apply) {
      const { window } = stream.receiving;
      if (window.charge(length)) {
        const { tuning } = this.#parts;
        if (tuning.probed === window) tuning.arrived(length);
        return true;
      }
      this.#breach(stream, "FLOW_CONTROL_ERROR", "the peer sent more than it had credit for");
    } else if (closedHere) {
      // No fault of the peer's: it cannot have known.
      const detail = "it was closed here while the peer was still sending";
      this.#parts.resets.giveUp(stream, "STREAM_CLOSED", detail);
    } else if (effect === StreamEffect.refuse) {
      this.#breach(stream, "STREAM_CLOSED", "the peer sent data on a direction that had ended");
    }
    return false;
  }

  #receiveFin(stream: Stream): void {
    if (stream.transition(StreamInput.receiveFin) !== StreamEffect.apply) return;
    // First, for the application may end its own direction as soon as it is told.
    stream.checkEnded();
    stream.receiving.end();
  }

  /** The peer broke a rule on one stream. */
  #breach(stream: Stream, code: MuxadoErrorCode, detail: string): void {
    const { resets } = this.#parts;
    resets.end(stream, { code, scope: "stream", origin: "remote", detail });
    resets.chargePeer();
  }

  #fatal(detail: string): null {
    this.#parts.shutdown.breach("PROTOCOL_ERROR", detail);
    return null;
  }
}

/** Codes by which a peer says that its application has had nothing of a stream. */
const REFUSALS: ReadonlySet<string> = /* @__PURE__ */ new Set([
  "STREAM_REFUSED",
  "ACCEPT_QUEUE_FULL",
]);
