// How a session ends: a drain with a deadline, GOAWAY, a breach, or the end of the transport; and the description of
// the end. Every end goes through #end, once. Spec §8.

import { listen, unlisten } from "../base/abort.ts";
import { NOTHING } from "../base/bytes.ts";
import type { Clock } from "../base/clock.ts";
import {
  codeOfWire,
  type Failure,
  MuxadoError,
  type MuxadoErrorCode,
  wireCodeOf,
} from "../base/errors.ts";
import type { Slices } from "../base/slices.ts";
import { Timers } from "../base/timers.ts";
import type { Transport } from "../seams/transport.ts";
import type { WireError } from "../seams/wire.ts";
import type { Counters } from "./counters.ts";
import {
  type CloseOptions,
  debugOf,
  destroyedBecause,
  type EndReason,
  GRACEFUL,
  isLate,
  messageOf,
  type RemoteEnd,
  remoteEndAfter,
  remoteErrorOf,
  type SessionEnd,
  sessionError,
  streamFailureOf,
  transportEndedBecause,
} from "./session-end.ts";

/**
 * Milliseconds for the last output when its time is already over: after the deadline of a drain, or when the peer seems
 * to be gone.
 */
const LAST_WORDS = 1_000;

/** GOAWAYs that a peer may send. Each one makes us check all streams, and no peer needs more than two or three. */
const MOST_GOAWAYS = 16;

/** A stream that can be made to fail. `mark` returns whether it had not failed before. */
interface Mortal {
  mark(failure: Failure): boolean;
}

/** The parts of a session that its end uses. */
export interface ShutdownParts<S extends Mortal> {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly counters: Counters;
  readonly table: {
    readonly count: number;
    readonly busyCount: number;
    readonly lastRemoteId: number;
    unseen(lastStreamId: number): S[];
  };
  readonly outbound: {
    readonly unwritten: number;
    readonly hasBodies: boolean;
    putGoAway(lastStreamId: number, errorCode: number, debug: Uint8Array, final: boolean): void;
    finish(error: MuxadoError | undefined, finished: () => void): void;
    close(failure: Failure | undefined): boolean;
  };
  readonly options: {
    readonly closeTimeout: number;
    readonly goAwayTimeout: number;
    readonly lingerTimeout: number;
    readonly wire: { readonly maxDebugLength: number };
  };
  /** Tells everybody who waits on streams that have failed. */
  readonly ends: Slices<S>;
  /** Tells the peer that streams have ended. */
  readonly resets: { cancel(streams: readonly S[]): void };
  /** Returns the bytes that an incomplete frame still needs; 0 if no frame has begun. */
  pendingInput(): number;
  /** Stops input, takes all streams out of the session, and returns them. */
  release(): S[];
  /** Ends waiting accepts and pings. */
  fail(error: () => MuxadoError): void;
}

/** The end of a session. */
export class Shutdown<S extends Mortal> {
  /** Resolves with the description of the end when the transport is done; never rejects. */
  readonly closed: Promise<SessionEnd>;
  readonly #parts: ShutdownParts<S>;
  #resolveClosed!: (end: SessionEnd) => void;
  /** `running` → `draining` → `ended` → `gone`. A phase may be skipped; no phase comes back. */
  #phase: "running" | "draining" | "ended" | "gone" = "running";
  #goAwaySent = false;
  /** When the session ended, on its clock. */
  #endedAt = 0;
  /** True after everybody who waited on streams at the end has been told of it. */
  #isTold = false;
  /** Cancels the timer of a session that has nothing left to do after the peer's GOAWAY. */
  #cancelIdle: () => void = () => {};
  /** The directions of the transport that have ended. When both have, the transport is done. */
  #inputEnded = false;
  #outputEnded = false;
  /** GOAWAYs that have arrived. */
  #goAways = 0;
  /** True if the application has asked for a graceful end before any other end came. */
  #isDrained = false;
  #remote: RemoteEnd | undefined;
  #localError: MuxadoError | undefined;
  /** Milliseconds for the last output of a session whose time is already over, or whose peer is gone. */
  readonly #lastWords: number;
  /** All timers are cancelled when the transport is given up. */
  readonly #timers: Timers;

  constructor(parts: ShutdownParts<S>) {
    this.#parts = parts;
    this.#lastWords = Math.min(LAST_WORDS, parts.options.lingerTimeout);
    this.#timers = new Timers(parts.clock);
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  /** Whether a SYN of the peer is still accepted. */
  get acceptsStreams(): boolean {
    return this.#phase === "running" && !this.#goAwaySent;
  }

  /** Whether the session is over. The transport may still have to end. */
  get ended(): boolean {
    return this.#phase === "ended" || this.#phase === "gone";
  }

  /** Why no stream can be opened now; undefined if one can. */
  get openRefusal(): MuxadoError | undefined {
    if (this.#phase !== "running") return this.endError();
    if (this.#remote === undefined) return undefined;
    return sessionError({ code: "REMOTE_GONE_AWAY", origin: "remote", retry: "safe" });
  }

  /** Returns the error for every request to a session that is over or closing. */
  endError(): MuxadoError {
    const code = this.#localError?.code ?? "SESSION_CLOSED";
    const origin = this.#localError?.origin ?? (this.#isDrained ? "local" : "remote");
    // Nothing of the request has been sent.
    return sessionError({ code, origin, cause: this.#localError, retry: "safe" });
  }

  /**
   * Ends the session when its streams have ended, or at the deadline in `options`. This deadline also holds for its
   * last output and for the peer's end.
   */
  drain(options: CloseOptions): void {
    if (this.#phase === "gone") return;
    if (this.#phase === "running") this.#phase = "draining";
    // An end that came earlier stays as it was.
    if (!this.ended) this.#isDrained = true;
    const { signal, timeout = this.#parts.options.closeTimeout } = options;
    this.streamEnded();
    if (timeout !== Infinity) this.#timers.after(timeout, () => this.#expire());
    if (signal === undefined) return;
    if (signal.aborted) return this.#expire();
    const target = { aborted: () => this.#expire() };
    listen(signal, target);
    this.#timers.add(() => unlisten(signal, target));
  }

  /** The time for a graceful end is over: first that of the streams, then that of the output and of the peer's end. */
  #expire(): void {
    if (!this.ended) {
      const detail = `open streams that have been reset: ${this.#parts.table.count}`;
      return this.#end({ code: "DRAIN_TIMEOUT", origin: "local", detail }, "NO_ERROR", true);
    }
    // The output gets some time, however late the last stream ended.
    const { clock } = this.#parts;
    this.#lingerFor(this.#endedAt + this.#lastWords - clock.now());
  }

  /** Gives the transport `time` more milliseconds: for our output to leave, and for the peer to take it and end. */
  #lingerFor(time: number): void {
    this.#timers.after(time, () => this.#lingerExpired());
  }

  /** A stream has ended, or is no longer waited for. It may have been the last one of a drain. */
  streamEnded(): void {
    if (this.#parts.table.busyCount > 0) return;
    if (this.#phase === "draining") this.#end(GRACEFUL, "NO_ERROR", true);
    else if (this.#phase === "running" && this.#remote !== undefined) this.#watchIdle();
  }

  /** Refuses new streams of the peer from now on, and tells the peer. */
  goAway(errorCode: number, debug: Uint8Array): void {
    if (this.ended) return;
    this.#goAwaySent = true;
    this.#putGoAway(errorCode, debug, false);
  }

  /** Ends the session at once, because the application wants it. */
  destroy(cause: unknown): void {
    const failure = destroyedBecause(cause);
    if (this.#phase === "ended" && this.#localError === undefined) {
      // A graceful end was still sending queued output.
      this.#localError = sessionError(failure);
      this.#finalize();
    }
    this.#end(failure, cause === undefined ? "NO_ERROR" : "INTERNAL_ERROR");
  }

  /** Ends the session because the peer broke a rule that concerns the whole session. */
  breach(code: MuxadoErrorCode, detail: string, cause?: unknown): void {
    this.#end({ code, origin: "remote", detail, cause }, code);
  }

  /** The peer accepts no more streams. Streams that it cannot have seen fail, and may be retried. */
  receiveGoAway(lastStreamId: number, errorCode: number, debug: Uint8Array<ArrayBuffer>): void {
    const before = this.#remote;
    if (++this.#goAways > MOST_GOAWAYS) {
      this.breach("ENHANCE_YOUR_CALM", "the peer repeats its GOAWAY");
      return;
    }
    if (before !== undefined && lastStreamId > before.lastStreamId) {
      this.breach("PROTOCOL_ERROR", `the last id of a GOAWAY rose to ${lastStreamId}`);
      return;
    }
    const heard = this.#parts.counters.bytesReceived;
    this.#remote = remoteEndAfter(before, { lastStreamId, errorCode, debug, heard });
    const failure: Failure = {
      code: "REMOTE_GONE_AWAY",
      scope: "stream",
      origin: "remote",
      unprocessed: true,
    };
    const { table, ends } = this.#parts;
    const failed = table.unseen(lastStreamId).filter((stream) => stream.mark(failure));
    // One chunk may bring many GOAWAYs.
    if (before !== undefined) return ends.addLater(failed);
    ends.add(failed, () => this.streamEnded());
  }

  /** The input is not of this protocol, or not valid in it. */
  receiveInvalid(error: WireError): void {
    // Rust's GOAWAY is 8 bytes longer than it declares, and nothing after a GOAWAY matters (appendix, R4).
    if (this.#remote !== undefined) this.transportEnded(undefined);
    else this.breach(codeOfWire(error.code), error.message, error);
  }

  /** Nothing more will arrive. */
  transportEnded(cause: unknown): void {
    if (this.#phase === "gone") return;
    if (this.#phase === "ended") return this.#lingerEnded(cause);
    const isFarewell = this.#remote !== undefined && this.#isFarewell(this.#remote, cause);
    const reason = isFarewell ? GRACEFUL : transportEndedBecause(cause, this.#parts.pendingInput());
    this.#end(reason, null);
  }

  /** The transport has ended its inbound direction, or has failed, after the end of the session. */
  #lingerEnded(cause: unknown): void {
    // If the peer has neither ended its direction nor sent GOAWAY, we do not know whether it has read everything. It
    // may have sent GOAWAY with the end of the last stream, when the session no longer listened. A peer that has ended
    // its direction misses only stream bytes that are not written yet.
    const isMissed = !this.#inputEnded || this.#parts.outbound.hasBodies;
    const isFarewell = this.#remote !== undefined || !isMissed;
    this.#inputEnded = true;
    // Our own end is still to come.
    if (cause === undefined && !this.#outputEnded) return;
    if (this.#localError === undefined && cause !== undefined && !isFarewell) {
      const detail = `${messageOf(cause)}, before the peer had ended the connection`;
      this.#localError = sessionError({
        code: "TRANSPORT_FAILED",
        origin: "remote",
        detail,
        cause,
      });
    }
    this.#finalize();
  }

  /** After a GOAWAY the peer may end the transport if no output of ours is lost, or if it has just said why. */
  #isFarewell(remote: RemoteEnd, cause: unknown): boolean {
    if (cause === undefined) return true;
    const { table, outbound, counters } = this.#parts;
    if (table.busyCount === 0 && outbound.unwritten === 0) return true;
    const isOurFinding = MuxadoError.is(cause) && cause.code !== "TRANSPORT_FAILED";
    return remote.errorCode !== 0 && remote.heard === counters.bytesReceived && !isOurFinding;
  }

  /**
   * After a GOAWAY some peers neither open streams nor hang up (spec appendix, R5). An open stream may be silent for
   * any time: other code must find out whether its peer is gone.
   */
  #watchIdle(): void {
    const { goAwayTimeout } = this.#parts.options;
    this.#cancelIdle();
    if (goAwayTimeout === Infinity) return;
    this.#cancelIdle = this.#timers.after(goAwayTimeout, () => {
      // The end of an open stream restarts this timer.
      if (this.#parts.table.busyCount === 0) this.#end(GRACEFUL, "NO_ERROR");
    });
  }

  /**
   * The one end. `goAway` is the code for the peer; null if the peer can no longer be told. If `resets` is true, the
   * peer is also told of each stream.
   */
  #end(reason: EndReason, goAway: MuxadoErrorCode | null, resets = false): void {
    if (this.ended) return;
    const { clock, ends, options, outbound, resets: toPeer } = this.#parts;
    this.#phase = "ended";
    this.#endedAt = clock.now();
    // The deadline of a drain also holds for its output and for the peer's end.
    const hasDeadline = reason === GRACEFUL && this.#isDrained;
    if (!hasDeadline) this.#timers.cancel();
    if (reason !== GRACEFUL) this.#localError = sessionError(reason);
    const by = this.#isDrained ? "close" : goAway === null ? "peer" : "idle";
    const failure = streamFailureOf(reason, by, remoteErrorOf(this.#remote));
    // This comes first, so that nobody can send anything any more, not even a trace that sees a reset. Streams that had
    // failed before are told by other code.
    const streams = this.#parts.release().filter((stream) => stream.mark(failure));
    if (resets) toPeer.cancel(streams);
    if (goAway !== null) {
      const told = goAway === "NO_ERROR" ? undefined : this.#localError;
      this.#putGoAway(wireCodeOf(goAway), debugOf(told, options.wire.maxDebugLength), true);
      this.#finish(told);
      if (!hasDeadline) this.#lingerFor(isLate(reason) ? this.#lastWords : options.lingerTimeout);
    }
    this.#parts.fail(() => this.endError());
    ends.add(streams, () => {
      this.#isTold = true;
      this.#tellEnd();
    });
    if (goAway !== null) return;
    this.#inputEnded = true;
    if (reason !== GRACEFUL || outbound.unwritten === 0) return this.#finalize();
    // The peer waits for our end. A connection that is given up in the middle of a write looks broken.
    this.#finish(undefined);
    this.#lingerFor(options.lingerTimeout);
  }

  /** Ends the transport's outbound direction after all waiting output. */
  #finish(error: MuxadoError | undefined): void {
    this.#parts.outbound.finish(error, () => {
      this.#outputEnded = true;
      if (this.#inputEnded) this.#finalize();
    });
  }

  /** The transport is too slow or stuck, or the peer does not end. Output that has not been taken is lost. */
  #lingerExpired(): void {
    const { unwritten } = this.#parts.outbound;
    // A peer that has sent GOAWAY and has ended its direction misses nothing.
    const isMissed = !(this.#inputEnded && this.#remote !== undefined);
    if (this.#localError === undefined && isMissed && (this.#isDrained || unwritten > 0)) {
      const detail =
        unwritten > 0
          ? `${unwritten} bytes could not be sent`
          : "all was sent, but the peer has not ended the connection, and may not have read it";
      this.#localError = sessionError({ code: "DRAIN_TIMEOUT", origin: "local", detail });
    }
    this.#finalize();
  }

  #putGoAway(errorCode: number, debug: Uint8Array, final: boolean): void {
    const { table, outbound } = this.#parts;
    outbound.putGoAway(table.lastRemoteId, errorCode, debug, final);
  }

  /** The transport is over, or its time is over. */
  #finalize(): void {
    if (this.#phase === "gone") return;
    this.#phase = "gone";
    this.#timers.cancel();
    const mayEnd = this.#parts.outbound.close(this.#writesLost());
    // The peer has ended its direction and waits for our end. A connection that is only given up looks broken.
    if (mayEnd && this.#localError === undefined) this.#parts.transport.end();
    this.#parts.transport.destroy();
    this.#tellEnd();
  }

  /** Resolves `closed` when nothing more is to come. */
  #tellEnd(): void {
    if (this.#phase !== "gone" || !this.#isTold) return;
    this.#resolveClosed({
      localError: this.#localError,
      remoteError: remoteErrorOf(this.#remote),
      remoteDebug: this.#remote?.debug ?? NOTHING,
    });
  }

  /**
   * Returns the failure of the last writes of streams that ended in the ordinary way, if the transport was over before
   * it confirmed them. A peer that ended gracefully has received them: a confirmation may just be late.
   */
  #writesLost(): Failure | undefined {
    if (this.#localError === undefined && remoteErrorOf(this.#remote) === undefined)
      return undefined;
    const { code, origin, cause } = this.endError();
    return { code, origin, cause, scope: "session" };
  }
}
