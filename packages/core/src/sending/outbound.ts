// The output of a session. Frames are encoded into a buffer, the arena; large bodies are not copied into it, but passed
// by reference. All output of one turn leaves in one write of the transport, or in two if it is long. At most one write
// is under way.

import { copyInto, NOTHING, part, unshared } from "../base/bytes.ts";
import type { FlushScheduler } from "../base/clock.ts";
import type { Failure, MuxadoError } from "../base/errors.ts";
import { DONE } from "../base/waiter.ts";
import { dataFrame, type Trace } from "../seams/trace.ts";
import type { Transport } from "../seams/transport.ts";
import { DataFlag, type Wire } from "../seams/wire.ts";
import { Batch, replaceSpoiled, type TakenWrite } from "./batch.ts";
import type { TransportBudget } from "./transport-budget.ts";

/** Bodies up to this many bytes are copied into the arena. Longer bodies are passed by reference. */
export const COPIED_BELOW: number = 4 * 1024;

/**
 * Length of one arena in bytes. A socket reads at most 64 KiB at once. A relay copies them, and its frames need a few
 * bytes more than those that have arrived, because a chunk begins and ends inside a frame.
 */
const ARENA_LENGTH = 68 * 1024;

/**
 * When this many bytes of output wait, they leave before the turn is over. So the peer can work while this side
 * continues (docs/decisions/0013).
 */
const HEAD_START = 2 * 1024;

/** A copied body with more bytes to come is at least this long, in bytes. An arena with less room is full. */
const SMALLEST_COPY = 1024;

/**
 * Arenas that are kept in addition to those that the budget fills: one for the frame that exceeds it, one because its
 * bytes begin anywhere, and the one that is being filled. All others are garbage.
 */
const MORE_ARENAS = 3;

/** Bytes for a body whose memory the session must not keep. */
export interface BodySource {
  /** Moves its next `length` bytes into `target`, from `at` on. It puts no frame. */
  moveTo(target: Uint8Array, at: number, length: number): void;
}

/** The outbound side of a session. */
export class Outbound {
  /** Bytes given to the transport so far. */
  bytesSent = 0;
  /** Frames encoded so far. */
  framesSent = 0;
  /** Writes given to the transport so far. */
  writes = 0;
  readonly #transport: Transport;
  /** While at least this many bytes wait here or are under way, bodies wait in their streams. */
  readonly budget: TransportBudget;
  readonly #wire: Wire;
  readonly #scheduleFlush: FlushScheduler;
  readonly #compose: () => boolean;
  /** Called at the end of each put method, so that output of its own commands comes after the frame that it gets. */
  readonly #trace: Trace | undefined;
  readonly #spoiled: (streamId: number) => void;

  #arena: Uint8Array<ArrayBuffer> = NOTHING;
  /** The part of the arena that is encoded but not yet part of the batch: `[#start, #end)`. */
  #start = 0;
  #end = 0;
  /** The content of the next write, without the open part of the arena. */
  #batch = new Batch();
  #underWay = new Batch();
  /** All arenas: first those with bytes that are not written, in order, then the one being filled, then spare ones. */
  readonly #arenas: Uint8Array<ArrayBuffer>[] = [];
  /** The number of arenas that are not spare. */
  #used = 0;
  /** The number of arenas that the write under way makes spare. */
  #leaving = 0;

  /** True if a frame was put, or output began to wait, since the last flush. */
  #flushWanted = false;
  /** True if a flush will run at the end of this turn. */
  #flushAsked = false;
  /**
   * The head start of this turn: a write before the turn is over. A turn has at most one, because several of them could
   * forever delay the output that only a flush composes. The turn may also end before a head start that is due.
   */
  #headStart: "none" | "due" | "given" = "none";
  /**
   * Bytes of the head start. They count until the turn is over, even if they are written earlier, because the room for
   * bodies must not depend on the speed of the transport.
   */
  #ahead = 0;
  /** Ends the transport's direction when everything has been written; undefined until {@link finish} is called. */
  #finish: (() => void) | undefined;
  #closed = false;

  /**
   * `compose` is called just before a write leaves, and may add output. It returns whether output still waits, because
   * there was no room for it. `spoiled` is called with a stream if the memory of its body was transferred while it
   * waited.
   */
  constructor(
    transport: Transport,
    wire: Wire,
    budget: TransportBudget,
    scheduleFlush: FlushScheduler,
    compose: () => boolean,
    trace?: Trace,
    spoiled: (streamId: number) => void = () => {},
  ) {
    this.#trace = trace;
    this.#spoiled = spoiled;
    this.#transport = transport;
    this.#wire = wire;
    this.budget = budget;
    this.#scheduleFlush = scheduleFlush;
    this.#compose = compose;
  }

  /** Bytes that are encoded and not yet given to the transport. */
  get waiting(): number {
    return this.#batch.length + this.#end - this.#start;
  }

  /** Bytes given to the transport in a write that is not done. */
  get underWay(): number {
    return this.#underWay.length;
  }

  /** Bytes that are encoded and not yet written. */
  get unwritten(): number {
    return this.waiting + this.underWay;
  }

  /** Whether the bytes that are encoded and not yet written include bytes of streams. */
  get hasBodies(): boolean {
    return this.#batch.hasBodies || this.#underWay.hasBodies;
  }

  /** Whether bodies may be added. Otherwise they wait in their streams. Control frames may always be added. */
  get hasRoom(): boolean {
    return this.#room > 0;
  }

  get #room(): number {
    return this.budget.bytes - this.waiting - Math.max(this.underWay, this.#ahead);
  }

  putData(streamId: number, flags: number, chunk: Uint8Array, start: number, end: number): void {
    const length = end - start;
    const header = this.#wire.dataHeaderLength;
    if (length > 0) this.#batch.hasBodies = true;
    if (length > COPIED_BELOW) {
      this.#begin(header);
      this.#end = this.#wire.putData(this.#arena, this.#end, streamId, flags, length);
      this.#seal();
      this.#batch.lent.push({ index: this.#batch.chunks.length, length, streamId });
      this.#batch.add(unshared(chunk.subarray(start, end)));
    } else {
      this.#begin(header + length);
      const body = this.#wire.putData(this.#arena, this.#end, streamId, flags, length);
      copyInto(this.#arena, body, chunk, start, end);
      this.#end = body + length;
    }
    this.#complete(this.#end);
    if (this.#trace !== undefined) this.#traceData(this.#trace, streamId, flags, length);
  }

  /**
   * Returns how many of `length` bytes one body may copy: what the arena still holds, or the next one. They stay within
   * the budget, so that the arenas that are kept suffice.
   */
  copyable(length: number): number {
    const header = this.#wire.dataHeaderLength;
    const wanted = Math.min(length, Math.max(this.#room, SMALLEST_COPY));
    const left = this.#arena.length - this.#end - header;
    return Math.min(wanted, left < Math.min(wanted, SMALLEST_COPY) ? ARENA_LENGTH - header : left);
  }

  /** Puts a body of `length` bytes, at most {@link copyable}, which `source` moves into the arena. */
  putCopy(streamId: number, flags: number, source: BodySource, length: number): void {
    this.#batch.hasBodies = true;
    this.#begin(this.#wire.dataHeaderLength + length);
    const body = this.#wire.putData(this.#arena, this.#end, streamId, flags, length);
    this.#end = body + length;
    source.moveTo(this.#arena, body, length);
    this.#complete(this.#end);
    if (this.#trace !== undefined) this.#traceData(this.#trace, streamId, flags, length);
  }

  putPing(value: number, isAnswer: boolean): void {
    this.#begin(this.#wire.controlLength);
    this.#complete(this.#wire.putPing!(this.#arena, this.#end, value, isAnswer));
    this.#trace?.({ direction: "out", kind: "ping", value, isAnswer });
  }

  putIncrement(streamId: number, increment: number): void {
    this.#begin(this.#wire.controlLength);
    this.#complete(this.#wire.putIncrement(this.#arena, this.#end, streamId, increment));
    this.#trace?.({ direction: "out", kind: "increment", streamId, increment });
  }

  putReset(streamId: number, errorCode: number): void {
    this.#begin(this.#wire.controlLength);
    this.#complete(this.#wire.putReset(this.#arena, this.#end, streamId, errorCode));
    this.#trace?.({ direction: "out", kind: "reset", streamId, errorCode });
  }

  putGoAway(lastStreamId: number, errorCode: number, debug: Uint8Array, final: boolean): void {
    this.#begin(this.#wire.goAwayLength + debug.length);
    this.#complete(
      this.#wire.putGoAway(this.#arena, this.#end, lastStreamId, errorCode, debug, final),
    );
    this.#trace?.({
      direction: "out",
      kind: "goAway",
      lastStreamId,
      errorCode,
      debug: unshared(debug),
    });
  }

  /** Confirms `write` to its stream when the transport no longer references the bytes that were put so far. */
  afterWritten(write: TakenWrite): void {
    this.#batch.writes.push(write);
  }

  /** Asks for one flush at the end of this turn, or after the write under way. */
  requestFlush(): void {
    if (this.#flushWanted || this.#closed) return;
    this.#flushWanted = true;
    if (this.underWay === 0) this.#askForFlush();
  }

  /** Composes and starts the next write at the end of a turn. Does nothing while a write is under way. */
  readonly flush = (): void => {
    this.#flushAsked = false;
    // While a write is under way, nothing is composed, and the turn counts as not over until that write is done.
    if (this.underWay > 0 || this.#closed) return;
    this.#headStart = "none";
    this.#ahead = 0;
    // `#flushWanted` is still true while composing, so new output does not ask for another flush.
    const moreWaits = this.#compose();
    // A callback may have ended the session.
    if (this.#closed) return;
    this.#flushWanted = moreWaits || this.#finish !== undefined;
    if (this.waiting > 0) {
      this.#send();
    } else if (moreWaits) {
      // No frame was put, but output waits, because a callback has called a command in the meantime.
      this.#askForFlush();
    } else {
      this.#finish?.();
    }
  };

  /** Starts a write of all frames put so far. Does nothing if the turn is over, or has already had its head start. */
  readonly #giveHeadStart = (): void => {
    if (this.#headStart !== "due" || this.#closed) return;
    this.#headStart = "given";
    this.#ahead = this.waiting;
    this.#send();
  };

  /** Called when the transport has confirmed the write under way. */
  written(): void {
    const batch = this.#underWay;
    const arenas = this.#arenas;
    if (batch.length === 0) return;
    this.budget.confirmed();
    for (; this.#leaving > 0; this.#leaving--) {
      // It is the next one to be filled, because it is likely still in the processor's caches.
      arenas.splice(--this.#used, 0, arenas.shift()!);
      if (arenas.length > this.budget.bytes / ARENA_LENGTH + MORE_ARENAS) arenas.pop();
    }
    if (this.waiting === 0) this.#start = this.#end = 0;
    for (const { owner } of batch.writes) owner.confirm();
    batch.clear();
    if (this.#flushWanted) this.#askForFlush();
  }

  /** Ends the transport's outbound direction when all frames put so far are written, and then calls `finished`. */
  finish(error: MuxadoError | undefined, finished: () => void = () => {}): void {
    this.#finish = () => {
      this.#closed = true;
      this.#transport.end(error);
      finished();
    };
    this.requestFlush();
  }

  /**
   * Ends all output, because the transport takes nothing more. Writes that it has not confirmed fail if their stream
   * has failed or if there is a `failure`. Returns whether the caller must still end the transport and can do so.
   */
  close(failure: Failure | undefined): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    const mayEnd = this.underWay === 0;
    const writes = [...this.#underWay.writes.splice(0), ...this.#batch.writes];
    this.#batch = new Batch();
    this.#arena = NOTHING;
    this.#arenas.length = 0;
    this.#start = this.#end = this.#used = this.#leaving = 0;
    for (const { owner, waiter } of writes) {
      const reason = owner.lost(failure);
      if (reason === undefined) waiter.resolve();
      else waiter.reject(reason);
    }
    return mayEnd;
  }

  #askForFlush(): void {
    if (this.#flushAsked) return;
    this.#flushAsked = true;
    this.#scheduleFlush(this.flush);
  }

  /** Starts a write of all frames put so far. */
  #send(): void {
    this.#seal();
    const batch = this.#batch;
    const spoiled = replaceSpoiled(batch);
    this.#batch = this.#underWay;
    this.#underWay = batch;
    this.#leaving = this.#used - 1;
    this.bytesSent += this.underWay;
    this.writes++;
    this.budget.began(batch.length);
    this.#transport.write(batch.chunks);
    for (const streamId of spoiled) this.#spoiled(streamId);
  }

  #traceData(trace: Trace, streamId: number, flags: number, length: number): void {
    const isAcknowledging = (flags & DataFlag.ACK) !== 0;
    if (isAcknowledging) trace({ direction: "out", kind: "acknowledgement", streamId });
    if (!isAcknowledging || length > 0) trace(dataFrame("out", streamId, flags, length));
  }

  /** Begins a frame of `length` bytes in the arena. */
  #begin(length: number): void {
    this.framesSent++;
    if (this.#arena.length - this.#end >= length) return;
    this.#seal();
    this.#arena =
      length <= ARENA_LENGTH
        ? (this.#arenas[this.#used] ?? new Uint8Array(ARENA_LENGTH))
        : new Uint8Array(length);
    this.#arenas[this.#used++] = this.#arena;
    this.#start = this.#end = 0;
  }

  /** Ends a frame at `end` of the arena. Asks for a flush. If enough output waits, also asks for a head start. */
  #complete(end: number): void {
    this.#end = end;
    this.requestFlush();
    // While a flush composes, no other flush is requested, and no head start is needed: new output leaves at once.
    if (!this.#flushAsked || this.#headStart !== "none" || this.waiting < HEAD_START) return;
    this.#headStart = "due";
    // The head start is given in a microtask, because a command may have put the frame, and a command must not call the
    // transport. In Node, `queueMicrotask` makes several objects for each.
    void DONE.then(this.#giveHeadStart);
  }

  /** Adds to the batch the part of the arena that is not yet in it. */
  #seal(): void {
    if (this.#end === this.#start) return;
    this.#batch.add(part(this.#arena, this.#start, this.#end));
    this.#start = this.#end;
  }
}
