// Resets that we send: their reasons, the bytes that the peer may still have under way, and how many resets a peer may
// provoke. docs/threats.md, 5 and 6.

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
  /** Makes the stream fail: nothing arrives or leaves any more. */
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
  /** The peer has exceeded a limit; `detail` says how. */
  flooded(detail: string): void;
}

/** The resets of one session. */
export class Resets<S extends Resettable> {
  readonly #parts: ResetsParts<S>;
  readonly #provoked: FloodLimit;
  /** Provoked resets that no write has carried yet, and the number of writes when they were counted. */
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
      const detail = `its peer has not ended it in ${streamCloseTimeout} ms`;
      this.giveUp(stream, "STREAM_CANCELLED", detail);
    });
  }

  /** Ends `stream` with `failure` and tells the peer. */
  end(stream: S, failure: Failure): void {
    if (stream.isOver) return;
    stream.mark(failure);
    // Sent before the stream leaves the session. The end of the last stream may end the session, and GOAWAY comes last.
    if (!stream.unsent) this.sendOf(stream, wireCodeOf(failure.code));
    stream.settle();
  }

  /** Ends `stream` because its application wants it. */
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

  /** Ends `stream` for a reason that its application did not give and that breaks no rule. */
  giveUp(stream: S, code: ResetCode & string, detail: string): void {
    this.end(stream, { code, scope: "stream", origin: "local", detail });
  }

  /** Does the same because of an action of the peer, and counts it against the peer. */
  charge(stream: S, code: ResetCode & string, detail: string): void {
    this.giveUp(stream, code, detail);
    this.chargePeer();
  }

  /** Refuses `stream`, which nobody has accepted. A stream that is over needs no answer. */
  refuse(stream: S, code: ResetCode & string): void {
    if (!stream.isOver) this.charge(stream, code, "nobody has accepted it");
  }

  /** Sends the reset of `stream`. The peer may still have bytes of it under way. */
  sendOf(stream: S, wireCode: number): void {
    this.#creditLeft += stream.receiving.window.remaining;
    this.send(stream.id, wireCode);
  }

  /** Sends a reset and remembers it. Bytes that the peer has under way get no second reset. */
  send(streamId: number, wireCode: number): void {
    const { table, counters, outbound } = this.#parts;
    table.rememberReset(streamId);
    countReset(counters.resetsSent, codeOfWire(wireCode));
    outbound.putReset(streamId, wireCode);
  }

  /** Cancels `streams`. These are the last frames of a session before its GOAWAY. */
  cancel(streams: readonly S[]): void {
    const { counters, outbound } = this.#parts;
    const wireCode = wireCodeOf("STREAM_CANCELLED");
    // No id is remembered, because nothing that arrives is answered any more.
    for (const { id, unsent } of streams) {
      if (unsent) continue;
      countReset(counters.resetsSent, "STREAM_CANCELLED");
      outbound.putReset(id, wireCode);
    }
  }

  /** The application has taken back the memory of a write. No peer must trust the bytes of this stream. */
  spoiled(streamId: number): void {
    const stream = this.#parts.table.get(streamId);
    const detail = "the memory of a write was transferred or shrunk before it had left";
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

  /** Takes `length` bytes from the credit that reset streams had left. Returns whether there was enough of it. */
  takeLeft(length: number): boolean {
    if (length === 0 || length > this.#creditLeft) return false;
    this.#creditLeft -= length;
    return true;
  }

  /** `stream` was closed here. The peer has `streamCloseTimeout` to end it. */
  awaitEnd(stream: S): void {
    this.#closing.add(stream);
  }

  /** The number of streams that wait for the peer's end. */
  get awaited(): number {
    return this.#closing.size;
  }

  /** `stream` has left the session. */
  forget(stream: S): void {
    this.#closing.delete(stream);
  }

  /** The session is over. */
  clear(): void {
    this.#closing.clear();
  }
}
