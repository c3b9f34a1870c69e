// Handles each frame that arrives. The wire's decoder calls these methods. They find the stream, check whether the peer
// keeps the rules, and pass the frame on. If the peer breaks a rule, they reset the stream or end the session. They
// never throw. Spec §4–§8, §10, docs/threats.md.

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
import type { Loan } from "./loan.ts";
import type { WindowTuning } from "./window-tuning.ts";

/**
 * The number of frames that a peer may send on streams that do not exist, for each frame sent to it and for each stream
 * that it has opened (spec §10, 21).
 */
const STRAYS_EARNED = 4;

/** The parts of its session that dispatch uses. */
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
  readonly loan: Loan;
  readonly outbound: {
    readonly bytesSent: number;
    readonly framesSent: number;
    putPing(value: number, isAnswer: boolean): void;
  };
  /** Ends the session, because the peer has exceeded a limit. `detail` says which one. */
  flooded(detail: string): void;
  /** Begins a stream of the peer. */
  begin(streamId: number): Stream;
}

/** The handler of the frames that the wire's decoder finds. */
export class Dispatch implements WireHandler {
  readonly #parts: DispatchParts;
  readonly #rapidResets: FloodLimit;
  /** Consecutive frames without any content. */
  #emptyFrames = 0;
  /** Increments that have arrived. */
  #increments = 0;
  /** Frames that have arrived on streams that do not exist. */
  #strayFrames = 0;
  /** The stream of the current body, which arrives in pieces; null while a body is dropped. */
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
    // Such a frame has no content. It does not acknowledge a stream either.
    if (length === 0 && flags === 0) return this.#emptyFrame();
    this.#emptyFrames = 0;
    const stream =
      (flags & DataFlag.SYN) !== 0
        ? this.#receiveSyn(streamId, length)
        : this.#parts.table.get(streamId);
    if (stream === undefined) {
      this.#receiving = null;
      this.#strayFrame(length);
      // An empty FIN on such a stream breaks no rule. Go repeats its FIN. Rust sends FIN for a stream that it opened
      // and dropped (spec appendix, G11, R12).
      if (length > 0) this.#refuseStray(streamId);
      return;
    }
    if (stream !== null) this.#hear(stream);
    if (stream === null || !this.#admits(stream, length)) {
      this.#receiving = null;
      return;
    }
    stream.receiving.receive(chunk, start, end, this.#parts.loan);
    if (end - start === length) {
      if ((flags & DataFlag.FIN) !== 0) this.#receiveFin(stream);
    } else {
      this.#receiving = stream;
      this.#receivingFin = (flags & DataFlag.FIN) !== 0;
    }
  }

  onDataRest(chunk: Uint8Array<ArrayBuffer>, start: number, end: number, remaining: number): void {
    const stream = this.#receiving;
    // The stream may have been reset since the frame began. The rest of the body is then dropped.
    if (stream === null || stream.failure !== null) return;
    stream.receiving.receive(chunk, start, end, this.#parts.loan);
    if (remaining === 0) {
      this.#receiving = null;
      if (this.#receivingFin) this.#receiveFin(stream);
    }
  }

  onIncrement(streamId: number, increment: number): void {
    const { counters, options, outbound, table } = this.#parts;
    counters.framesReceived++;
    this.#emptyFrames = 0;
    // Go sends one increment for each read, even for a read of one byte. A peer that wants larger windows sends one
    // increment for each stream. So the number of increments is at most the sum of bytes and streams.
    const earned = outbound.bytesSent + table.acceptedCount;
    if (++this.#increments > earned + options.maxUnearnedIncrements) {
      return this.#parts.flooded("grants credit for bytes that were never sent");
    }
    const stream = table.get(streamId);
    if (stream === undefined) return;
    this.#hear(stream);
    if (stream.transition(StreamInput.receiveIncrement) !== StreamEffect.apply) return;
    const { wire } = options;
    // Credit that makes a window larger than its first size does not mean that bytes were read. It does not count here.
    const missing = Math.max(wire.initialWindow - stream.sending.window.available, 0);
    counters.bytesReturned += Math.min(increment, missing);
    if (!stream.sending.grant(increment, wire.maxWindow)) {
      this.#breach(
        stream,
        "FLOW_CONTROL_ERROR",
        "the peer granted more credit than a window may have",
      );
    }
  }

  onAcknowledged(streamId: number): void {
    this.#parts.counters.framesReceived++;
    const stream = this.#parts.table.get(streamId);
    // An acknowledgement does not count as a frame on the stream: the peer may still refuse the stream, and then its
    // work may be done again.
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
    // The stream may have failed already, and only wait until it is settled.
    if (!stream.mark(failure)) return;
    const { wire } = this.#parts.options;
    if (code === "ACCEPT_QUEUE_FULL" && stream.isLocal && wire.answersFullAcceptQueue) {
      this.#parts.resets.send(streamId, wireCodeOf("STREAM_CANCELLED"));
    }
    stream.settle();
    // A peer that opens streams and resets them makes us begin work for nothing (CVE-2023-44487). A stream that the
    // peer gives up after a long wait does not count.
    const isYoung = this.#parts.counters.inputAt - stream.heardAt < FLOOD_SPAN;
    const isRapid = !stream.isLocal && stream.sending.bytes === 0 && isYoung;
    if (isRapid && this.#rapidResets.exceeded())
      this.#parts.flooded("opens and resets too many streams");
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

  /**
   * Notes that a frame of the peer has arrived on `stream`. This shows that the peer has taken the stream, even without
   * an acknowledgement.
   */
  #hear(stream: Stream): void {
    stream.heardAt = this.#parts.counters.inputAt;
    this.#parts.acknowledgements?.acknowledge(stream);
  }

  /** Answers bytes on a stream that does not exist. */
  #refuseStray(streamId: number): void {
    // If the id is one of ours and not used yet, a reset would end the later stream with this id.
    const { table } = this.#parts;
    if (table.isLocal(streamId) && !table.isSpent(streamId)) return;
    this.#refuse(streamId, "STREAM_CLOSED");
  }

  /** Resets a stream that does not exist, once for each id, and counts that against the peer. */
  #refuse(streamId: number, code: MuxadoErrorCode): void {
    // The peer may have sent these bytes before it learned of our reset. That breaks no rule.
    const { table, resets } = this.#parts;
    if (table.wasReset(streamId)) return;
    resets.send(streamId, wireCodeOf(code));
    resets.chargePeer();
  }

  /** Counts a frame without content. */
  #emptyFrame(): void {
    if (++this.#emptyFrames > this.#parts.options.maxEmptyFrames) {
      this.#parts.flooded("sends too many frames without content");
    }
  }

  /**
   * Counts a frame on a stream that does not exist, with a body of `length` bytes. Honest peers send such frames, too:
   * one for each of our frames that arrived too late for them (appendix, G13), up to three FINs for a stream (G11), and
   * bytes that they had already sent on a stream when we reset it.
   */
  #strayFrame(length: number): void {
    const { resets, outbound, table, options } = this.#parts;
    if (resets.takeLeft(length)) return;
    const earned = STRAYS_EARNED * (outbound.framesSent + table.acceptedCount);
    if (++this.#strayFrames > earned + options.maxStrayFrames) {
      this.#parts.flooded("sends too many frames on streams that do not exist");
    }
  }

  /** Returns the stream that SYN opens; null if it is refused. The length is checked before the stream is made. */
  #receiveSyn(streamId: number, length: number): Stream | null {
    const table = this.#parts.table;
    if (table.isLocal(streamId)) {
      return this.#fatal(`the peer opened stream ${streamId}, an id of this side`);
    }
    if (table.get(streamId) !== undefined) {
      return this.#fatal(`the peer opened stream ${streamId}, which is already open`);
    }
    if (table.wasReset(streamId)) {
      // The id was used before, and its stream has had a reset as its answer.
      this.#parts.resets.chargePeer();
    } else if (length > this.#parts.options.wire.initialWindow) {
      this.#refuse(streamId, "FLOW_CONTROL_ERROR");
    } else if (!this.#acceptsStreams) {
      this.#refuse(streamId, "STREAM_REFUSED");
    } else if (this.#parts.acceptQueue.full) {
      this.#refuse(streamId, "ACCEPT_QUEUE_FULL");
    } else {
      const stream = this.#parts.begin(streamId);
      // The application's watcher may have ended the stream or the session.
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

  /** Returns whether a body of `length` bytes may be delivered to `stream`. If not, resets the stream where needed. */
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
      this.#breach(stream, "FLOW_CONTROL_ERROR", "the peer sent more bytes than it had credit for");
    } else if (closedHere) {
      // This is not charged to the peer, because it could not know that the stream was closed.
      const detail = "it was closed here while the peer was still sending";
      this.#parts.resets.giveUp(stream, "STREAM_CLOSED", detail);
    } else if (effect === StreamEffect.refuse) {
      this.#breach(stream, "STREAM_CLOSED", "the peer sent data on a direction that had ended");
    }
    return false;
  }

  #receiveFin(stream: Stream): void {
    if (stream.transition(StreamInput.receiveFin) !== StreamEffect.apply) return;
    // This comes first, because the application may end its own direction as soon as it learns of the end.
    stream.checkEnded();
    stream.receiving.end();
  }

  /** Resets `stream`, because the peer has broken a rule on it, and counts that against the peer. */
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

/** Codes that say that the peer's application has received nothing of a stream. */
const REFUSALS: ReadonlySet<string> = /* @__PURE__ */ new Set([
  "STREAM_REFUSED",
  "ACCEPT_QUEUE_FULL",
]);
