// What each arriving frame means for the session: the wire's decoder calls these methods, they find the
// stream, check the peer against the rules, and pass on. A breach resets the stream or ends the session; it
// never throws. Spec §4–§8, §10, docs/threats.md.

import { FLOOD_SPAN, FloodLimit } from "./flood-limit.ts";
import { Opening } from "./opening.ts";
import type { Session } from "./session.ts";
import { Stream } from "./stream.ts";
import { StreamEffect, StreamInput, StreamState } from "./stream-state.ts";
import { DataFlag, type WireError, type WireHandler } from "./wire.ts";
import { countReset } from "./stats.ts";
import { codeOfWire, type Failure, type MuxadoErrorCode, wireCodeOf } from "./errors.ts";

/** Frames on streams that are not there, for each frame that the peer was sent and each stream of its own (spec §10, 21). */
const STRAYS_EARNED = 4;

/** The session's side of the wire's decoder. */
export class Dispatch implements WireHandler {
  readonly #session: Session;
  readonly #provokedResets: FloodLimit;
  readonly #rapidResets: FloodLimit;
  /** Frames in a row that said nothing. */
  #emptyFrames = 0;
  /** Increments that have arrived. */
  #increments = 0;
  /** Frames that have arrived on streams that are not there. */
  #strayFrames = 0;
  /** Bytes that the peer may still send on streams that were reset here, before it knows. */
  creditLeftOver = 0;
  /** The stream whose body is being delivered in pieces; null while a body is being dropped. */
  #receiving: Stream | null = null;
  #receivingFin = false;

  constructor(session: Session) {
    this.#session = session;
    const { clock, maxProvokedResets, maxRapidResets } = session.options;
    this.#provokedResets = new FloodLimit(clock, maxProvokedResets);
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
    this.#session.counters.framesReceived++;
    // Says nothing, and is no answer either.
    if (length === 0 && flags === 0) return this.#emptyFrame();
    this.#emptyFrames = 0;
    const stream =
      (flags & DataFlag.SYN) !== 0
        ? this.#receiveSyn(streamId, length)
        : this.#session.table.get(streamId);
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
    const { counters, options, outbound, table, wire } = this.#session;
    counters.framesReceived++;
    this.#emptyFrames = 0;
    // Go sends one for each read, of a byte if need be, and who wants larger windows one for each stream: never more
    // than there are bytes and streams.
    const earned = outbound.bytesSent + table.acceptedCount;
    if (++this.#increments > earned + options.maxUnearnedIncrements) {
      return this.#flood("grants credit for bytes that were never sent");
    }
    const stream = table.get(streamId);
    if (stream === undefined) return;
    this.#hear(stream);
    if (stream.transition(StreamInput.receiveIncrement) !== StreamEffect.apply) return;
    const { window } = stream.sending;
    // What lifts a window above its first size returns nothing: it has grown.
    const missing = Math.max(wire.initialWindow - window.available, 0);
    counters.bytesReturned += Math.min(increment, missing);
    if (!window.grant(increment, wire.maxWindow)) {
      this.#breach(
        stream,
        "FLOW_CONTROL_ERROR",
        "the peer granted more credit than can be counted",
      );
      return;
    }
    this.#session.scheduler.schedule(stream);
  }

  onAcknowledged(streamId: number): void {
    const { counters, table } = this.#session;
    counters.framesReceived++;
    const stream = table.get(streamId);
    // That somebody has it is no answer yet: it may still be refused, and done again.
    if (stream?.opening === Opening.awaited) this.#session.acknowledgements?.acknowledge(stream);
    else this.#emptyFrame();
  }

  onReset(streamId: number, errorCode: number): void {
    const session = this.#session;
    const stream = session.table.get(streamId);
    const { counters } = session;
    const code = codeOfWire(errorCode);
    counters.framesReceived++;
    this.#emptyFrames = 0;
    if (stream === undefined) return this.#strayFrame(0);
    countReset(counters.resetsReceived, code);
    stream.transition(StreamInput.receiveReset);
    const unprocessed = REFUSALS.has(code);
    if (!stream.isLocal) session.memory.leave(stream, stream.receiving.unread);
    const failure: Failure = {
      code,
      wireCode: errorCode,
      scope: "stream",
      origin: "remote",
      unprocessed,
    };
    // It may have failed already, and wait for its turn to tell so.
    if (!stream.mark(failure)) return;
    if (code === "ACCEPT_QUEUE_FULL" && stream.isLocal && session.wire.answersFullAcceptQueue) {
      session.sendReset(streamId, wireCodeOf("STREAM_CANCELLED"));
    }
    stream.settle();
    // Work that was begun for nothing, over and over (CVE-2023-44487). A stream that is given up after a long wait is no
    // such work.
    const isRapid =
      !stream.isLocal && stream.sending.bytes === 0 && session.now - stream.heardAt < FLOOD_SPAN;
    if (isRapid && this.#rapidResets.exceeded()) this.#flood("opens streams to reset them");
  }

  onGoAway(lastStreamId: number, errorCode: number, debug: Uint8Array<ArrayBuffer>): void {
    this.#session.counters.framesReceived++;
    this.#emptyFrames = 0;
    this.#session.shutdown.receiveGoAway(lastStreamId, errorCode, debug);
  }

  onPing(value: number, isAnswer: boolean): void {
    this.#session.counters.framesReceived++;
    if (isAnswer) this.#session.pings.answered(value);
    else this.#session.outbound.putPing(value, true);
  }

  onInvalid(error: WireError): void {
    this.#session.shutdown.receiveInvalid(error);
  }

  /** Ends `stream`, since the peer left us no choice, and charges the reset to the peer. */
  endStream(stream: Stream, failure: Failure): void {
    this.#session.endStream(stream, failure);
    this.charge();
  }

  /** Something of the peer's has come on `stream`: so it has taken it, whether or not it says so. */
  #hear(stream: Stream): void {
    stream.heardAt = this.#session.now;
    this.#session.acknowledgements?.acknowledge(stream);
  }

  /** Answers bytes on a stream that is not there. */
  #refuseStray(streamId: number): void {
    const { table } = this.#session;
    // An id of ours that is still to be sent: a reset would be about that stream.
    if (table.isLocal(streamId) && !table.isSpent(streamId)) return;
    this.#refuse(streamId, "STREAM_CLOSED");
  }

  /** Resets a stream that is not there, once for each id, and charges it to the peer. */
  #refuse(streamId: number, code: MuxadoErrorCode): void {
    const { table } = this.#session;
    // What was under way when we reset a stream is no fault of the peer's.
    if (table.wasReset(streamId)) return;
    this.#session.sendReset(streamId, wireCodeOf(code));
    this.charge();
  }

  /** Counts a reset that the peer has provoked. */
  charge(): void {
    const { outbound, options } = this.#session;
    outbound.provokedResets++;
    if (this.#provokedResets.exceeded() || outbound.provokedResets > options.maxWaitingResets) {
      this.#flood("provoked too many resets");
    }
  }

  /** A frame that says nothing. */
  #emptyFrame(): void {
    if (++this.#emptyFrames > this.#session.options.maxEmptyFrames) {
      this.#flood("sends frames that say nothing");
    }
  }

  /**
   * A frame on a stream that is not there, with a body of `length` bytes. Honest peers send one for each of our frames
   * that came too late for them (appendix, G13), three goodbyes for a stream (G11), and what they had under way on one
   * that we have reset.
   */
  #strayFrame(length: number): void {
    const { table, outbound, options } = this.#session;
    if (length > 0 && length <= this.creditLeftOver) {
      this.creditLeftOver -= length;
      return;
    }
    const earned = STRAYS_EARNED * (outbound.framesSent + table.acceptedCount);
    if (++this.#strayFrames > earned + options.maxStrayFrames) {
      this.#flood("sends frames on streams that are not there");
    }
  }

  /** The peer may do this, but not so often. */
  #flood(what: string): void {
    this.#session.shutdown.breach("ENHANCE_YOUR_CALM", `the peer ${what}`);
  }

  /** The stream that SYN opens; null if it is refused. The length is checked before anything is made of it. */
  #receiveSyn(streamId: number, length: number): Stream | null {
    const session = this.#session;
    const { table, options, acceptQueue } = session;
    if (table.isLocal(streamId)) {
      return this.#fatal(`SYN on stream ${streamId}, an id of our own parity`);
    }
    if (table.get(streamId) !== undefined) {
      return this.#fatal(`SYN on stream ${streamId}, which is open already`);
    }
    if (table.wasReset(streamId)) {
      // An id is used once. It has had its answer.
      this.charge();
    } else if (length > session.wire.initialWindow) {
      this.#refuse(streamId, "FLOW_CONTROL_ERROR");
    } else if (!session.shutdown.acceptsStreams || table.remoteCount >= options.maxInboundStreams) {
      this.#refuse(streamId, "STREAM_REFUSED");
    } else if (acceptQueue.full) {
      this.#refuse(streamId, "ACCEPT_QUEUE_FULL");
    } else {
      const stream = new Stream(session, streamId, false);
      table.addRemote(stream);
      // Where it is acknowledged, credit comes behind that.
      if (session.acknowledgements === undefined) stream.receiving.begin();
      session.tellWatcher("opened", stream);
      // The watcher may have ended it, or the session.
      if (stream.failure !== null) return null;
      acceptQueue.push(stream);
      return stream;
    }
    return null;
  }

  /** Whether a body of `length` bytes may be delivered to `stream`; deals with it if not. */
  #admits(stream: Stream, length: number): boolean {
    if (length === 0) return true;
    const closedHere = stream.state === StreamState.closing;
    const effect = stream.transition(StreamInput.receiveData);
    if (effect === StreamEffect.apply) {
      const { window } = stream.receiving;
      const { tuning } = this.#session;
      if (window.charge(length)) {
        if (tuning.probed === window) tuning.arrived(length);
        return true;
      }
      this.#breach(stream, "FLOW_CONTROL_ERROR", "the peer sent more than it had credit for");
    } else if (closedHere) {
      // No fault of the peer's: it cannot have known.
      const detail = "it was closed here while the peer was still sending";
      this.#session.giveUp(stream, "STREAM_CLOSED", detail);
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
    this.endStream(stream, { code, scope: "stream", origin: "remote", detail });
  }

  #fatal(detail: string): null {
    this.#session.shutdown.breach("PROTOCOL_ERROR", detail);
    return null;
  }
}

/** Codes by which a peer says that its application has had nothing of a stream. */
const REFUSALS: ReadonlySet<string> = /* @__PURE__ */ new Set([
  "STREAM_REFUSED",
  "ACCEPT_QUEUE_FULL",
]);
