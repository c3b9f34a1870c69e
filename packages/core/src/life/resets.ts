// Resets that we send: their reasons, the bytes that the peer may still send before it learns of them, and the limit on
// resets that a peer may provoke. docs/threats.md, 5 and 6.

import type { Clock } from "../base/clock.ts";
import { Deadlines } from "../base/deadlines.ts";
import { codeOfWire, type Failure, type ResetCode, wireCodeOf } from "../base/errors.ts";
import { FloodLimit } from "../base/flood-limit.ts";
import { type Counters, countReset } from "./counters.ts";
import { StreamEffect, StreamInput, StreamState } from "./stream-state.ts";

/** The part of a stream that concerns its end by a reset. */
export interface Resettable {
  readonly id: number;
  /** True if the peer has never been told of the stream. */
  readonly unsent: boolean;
  readonly isOver: boolean;
  readonly failure: Failure | null;
  readonly state: StreamState;
  transition(input: StreamInput): StreamEffect;
  /** Its window counts the bytes that the peer may still send. */
  readonly receiving: { readonly window: { readonly remaining: number } };
  /** Makes the stream fail: from now on, nothing arrives or leaves. */
  mark(failure: Failure): boolean;
  /** Tells everybody who waits on the stream. */
  settle(): void;
}

/** The parts of their session that resets use. */
export interface ResetsParts<S> {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly outbound: {
    /** Writes given to the transport. */
    readonly writes: number;
    putReset(streamId: number, errorCode: number): void;
  };
  readonly table: {
    get(streamId: number): S | undefined;
    rememberReset(streamId: number): void;
  };
  readonly options: {
    readonly maxProvokedResets: number;
    readonly maxWaitingResets: number;
    readonly streamCloseTimeout: number;
  };
  /** Ends the session, because the peer has exceeded a limit. `detail` says which one. */
  flooded(detail: string): void;
}

/** The resets of one session. */
export class Resets<S extends Resettable> {
  readonly #parts: ResetsParts<S>;
  readonly #provoked: FloodLimit;
  /** Provoked resets that have not left with a write, and the number of writes when they were counted. */
  #waiting = 0;
  #writes = 0;
  /** Bytes that the peer may still send on streams that were reset here, before it learns of the reset. */
  #creditLeft = 0;
  /** Streams that were closed here and that the peer has not ended. */
  readonly #closing: Deadlines<S>;

  constructor(parts: ResetsParts<S>) {
    this.#parts = parts;
    const { clock, options } = parts;
    const { streamCloseTimeout } = options;
    this.#provoked = new FloodLimit(clock, options.maxProvokedResets);
    this.#closing = new Deadlines(clock, streamCloseTimeout, (stream) => {
      const detail = `the peer has not ended it within ${streamCloseTimeout} ms`;
      this.giveUp(stream, "STREAM_CANCELLED", detail);
    });
  }

  /** Ends `stream` with `failure`, and sends a reset. */
  end(stream: S, failure: Failure): void {
    if (stream.isOver) return;
    stream.mark(failure);
    // The reset is sent before the stream leaves the session. The end of the last stream may end the session, and
    // GOAWAY must be the last frame.
    if (!stream.unsent) this.sendOf(stream, wireCodeOf(failure.code));
    stream.settle();
  }

  /** Ends `stream` because this side's application has reset it. */
  byApplication(stream: S, wireCode: number, cause: unknown): void {
    if (stream.failure !== null) return;
    const effect = stream.transition(StreamInput.sendReset);
    if (stream.state !== StreamState.reset) return;
    const code = codeOfWire(wireCode);
    const detail = "it was reset here";
    stream.mark({ code, wireCode, scope: "stream", origin: "local", detail, cause });
    if (effect === StreamEffect.apply) this.sendOf(stream, wireCode);
    stream.settle();
  }

  /** Ends `stream` for a reason of the session. The application did not ask for it, and the peer broke no rule. */
  giveUp(stream: S, code: ResetCode & string, detail: string): void {
    this.end(stream, { code, scope: "stream", origin: "local", detail });
  }

  /** Ends `stream` as {@link giveUp} does, because of an action of the peer, and counts the reset against the peer. */
  charge(stream: S, code: ResetCode & string, detail: string): void {
    this.giveUp(stream, code, detail);
    this.chargePeer();
  }

  /** Refuses `stream`, which nobody has accepted. A stream that is over needs no answer. */
  refuse(stream: S, code: ResetCode & string): void {
    if (!stream.isOver) this.charge(stream, code, "nobody has accepted it");
  }

  /** Sends the reset of `stream`, and remembers how many bytes the peer may still send on it. */
  sendOf(stream: S, wireCode: number): void {
    this.#creditLeft += stream.receiving.window.remaining;
    this.send(stream.id, wireCode);
  }

  /** Sends a reset and remembers the id, so that bytes that the peer has already sent get no second reset. */
  send(streamId: number, wireCode: number): void {
    const { table, counters, outbound } = this.#parts;
    table.rememberReset(streamId);
    countReset(counters.resetsSent, codeOfWire(wireCode));
    outbound.putReset(streamId, wireCode);
  }

  /** Sends resets for `streams` at the end of a session, just before its GOAWAY. */
  cancel(streams: readonly S[]): void {
    const { counters, outbound } = this.#parts;
    const wireCode = wireCodeOf("STREAM_CANCELLED");
    // No id is remembered, because the session answers no more frames.
    for (const { id, unsent } of streams) {
      if (unsent) continue;
      countReset(counters.resetsSent, "STREAM_CANCELLED");
      outbound.putReset(id, wireCode);
    }
  }

  /**
   * Resets the stream of a write whose memory the application has taken back. The peer must not trust the bytes of this
   * stream.
   */
  spoiled(streamId: number): void {
    const stream = this.#parts.table.get(streamId);
    const detail = "the memory of a write was transferred or shrunk before it was sent";
    if (stream === undefined) this.send(streamId, wireCodeOf("INTERNAL_ERROR"));
    else this.giveUp(stream, "INTERNAL_ERROR", detail);
  }

  /** Counts a reset that the peer has provoked. */
  chargePeer(): void {
    const { outbound, options } = this.#parts;
    if (this.#writes !== outbound.writes) this.#waiting = 0;
    this.#writes = outbound.writes;
    this.#waiting++;
    if (this.#provoked.exceeded() || this.#waiting > options.maxWaitingResets) {
      this.#parts.flooded("provoked too many resets");
    }
  }

  /**
   * Takes `length` bytes off the credit that the peer had left on streams that were reset. Returns whether there was
   * enough.
   */
  takeLeft(length: number): boolean {
    if (length === 0 || length > this.#creditLeft) return false;
    this.#creditLeft -= length;
    return true;
  }

  /** Starts the time that the peer has to end `stream`, which was closed here (`streamCloseTimeout`). */
  awaitEnd(stream: S): void {
    this.#closing.add(stream);
  }

  /** The number of closed streams that the peer has yet to end. */
  get awaited(): number {
    return this.#closing.size;
  }

  /** Stops waiting for the peer's end of `stream`, which has left the session. */
  forget(stream: S): void {
    this.#closing.delete(stream);
  }

  /** Stops waiting for all streams, because the session is over. */
  clear(): void {
    this.#closing.clear();
  }
}
