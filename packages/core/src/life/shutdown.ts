// Ends a session: after a drain with a deadline, after GOAWAY, after a breach of the protocol, or with the transport.
// It also describes the end. Every end calls #end, which acts only once. Spec §8.

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
  PeerGoAways,
  type RemoteEnd,
  remoteErrorOf,
  type SessionEnd,
  type SessionState,
  sessionError,
  streamFailureOf,
  transportEndedBecause,
} from "./session-end.ts";

/** Milliseconds that the last output gets after the deadline of a drain, or when the peer seems to be gone. */
const LAST_WORDS = 1_000;

/** The part of a stream that an end uses. `mark` makes it fail, and returns false if it had failed before. */
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
  /** Settles everything that waits on streams that have failed. */
  readonly ends: Slices<S>;
  /** Tells the peer that streams have ended. */
  readonly resets: { cancel(streams: readonly S[]): void };
  /** Returns the bytes that an incomplete frame still needs; 0 if no frame has begun. */
  pendingInput(): number;
  /** Stops the input, takes all streams out of the session, and returns them. */
  release(): S[];
  /** Ends waiting accepts and pings. */
  fail(error: () => MuxadoError): void;
}

/** The end of a session. */
export class Shutdown<S extends Mortal> {
  /** Resolves with the description of the end after the transport has ended; never rejects. */
  readonly closed: Promise<SessionEnd>;
  readonly peerGoAways: PeerGoAways = new PeerGoAways();
  readonly #parts: ShutdownParts<S>;
  #resolveClosed!: (end: SessionEnd) => void;
  /** `running` → `draining` → `ended` → `gone`. A phase may be skipped, but not repeated. */
  #phase: "running" | "draining" | "ended" | "gone" = "running";
  #goAwaySent = false;
  /** When the session ended, on its clock. */
  #endedAt = 0;
  /** True after everything that waited on streams at the end was settled. */
  #isTold = false;
  /** Cancels the timer of a session that has nothing left to do after the peer's GOAWAY. */
  #cancelIdle: () => void = () => {};
  /** True for a direction of the transport that has ended. When both have ended, the transport is done. */
  #inputEnded = false;
  #outputEnded = false;
  /** True if the application asked for a graceful end before any other end. */
  #isDrained = false;
  #localError: MuxadoError | undefined;
  /** {@link LAST_WORDS}, or `lingerTimeout` if that is less. */
  readonly #lastWords: number;
  /** The timers of this end. All of them are cancelled when the transport is given up. */
  readonly #timers: Timers;

  constructor(parts: ShutdownParts<S>) {
    this.#parts = parts;
    this.#lastWords = Math.min(LAST_WORDS, parts.options.lingerTimeout);
    this.#timers = new Timers(parts.clock);
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  get #remote(): RemoteEnd | undefined {
    return this.peerGoAways.content;
  }

  /** Whether a SYN of the peer is still accepted. */
  get acceptsStreams(): boolean {
    return this.#phase === "running" && !this.#goAwaySent;
  }

  /** Whether the session is over. The transport may still have to end. */
  get ended(): boolean {
    return this.#phase === "ended" || this.#phase === "gone";
  }

  /** `draining` if no stream can be opened, because either side has said so, and open streams continue. */
  get state(): SessionState {
    if (this.ended) return "ended";
    return this.#phase === "draining" || this.#remote !== undefined ? "draining" : "open";
  }

  /** Why no stream can be opened now; undefined if a stream can be opened. */
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

  /** Ends the session when its streams have ended, or at the deadline, which also holds for the last output. */
  drain(options: CloseOptions): void {
    if (this.#phase === "gone") return;
    if (this.#phase === "running") this.#phase = "draining";
    // If the session has already ended, the description of its end does not change.
    if (!this.ended) this.#isDrained = true;
    const { signal, timeout = this.#parts.options.closeTimeout, announce } = options;
    this.streamEnded();
    // If no stream is open, the session has ended just now, and its last GOAWAY is on its way.
    if (announce && !this.#goAwaySent) this.goAway(0, NOTHING);
    if (timeout !== Infinity) this.#timers.after(timeout, () => this.#expire());
    if (signal === undefined) return;
    if (signal.aborted) return this.#expire();
    const target = { aborted: () => this.#expire() };
    listen(signal, target);
    this.#timers.add(() => unlisten(signal, target));
  }

  /** Ends a drain at its deadline, and resets open streams. After the end, limits the time for the output. */
  #expire(): void {
    if (!this.ended) {
      const detail = `open streams that were reset: ${this.#parts.table.count}`;
      return this.#end({ code: "DRAIN_TIMEOUT", origin: "local", detail }, "NO_ERROR", true);
    }
    // Even if the last stream ended late, the output gets some time.
    const { clock } = this.#parts;
    this.#lingerFor(this.#endedAt + this.#lastWords - clock.now());
  }

  /** Gives our output and the peer's end `time` more milliseconds. Then gives up the transport. */
  #lingerFor(time: number): void {
    this.#timers.after(time, () => this.#lingerExpired());
  }

  /** Ends a drain if no stream is left that it waits for. Called when a stream has ended, or is unreferenced. */
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

  /** Ends the session at once, because the application has asked for it. */
  destroy(cause: unknown): void {
    const failure = destroyedBecause(cause);
    if (this.#phase === "ended" && this.#localError === undefined) {
      // The session had ended gracefully, but was still sending queued output, which is now lost.
      this.#localError = sessionError(failure);
      this.#finalize();
    }
    this.#end(failure, cause === undefined ? "NO_ERROR" : "INTERNAL_ERROR");
  }

  /** Ends the session because the peer broke a rule that concerns the whole session. */
  breach(code: MuxadoErrorCode, detail: string, cause?: unknown): void {
    this.#end({ code, origin: "remote", detail, cause }, code);
  }

  /** Handles a GOAWAY: the peer accepts no more streams. Streams that it cannot have seen fail; a retry is safe. */
  receiveGoAway(lastStreamId: number, errorCode: number, debug: Uint8Array<ArrayBuffer>): void {
    const isFirst = this.#remote === undefined;
    const heard = this.#parts.counters.bytesReceived;
    const breach = this.peerGoAways.take({ lastStreamId, errorCode, debug, heard });
    if (breach !== undefined) return this.breach(...breach);
    const failure: Failure = {
      code: "REMOTE_GONE_AWAY",
      scope: "stream",
      origin: "remote",
      unprocessed: true,
    };
    const { table, ends } = this.#parts;
    const failed = table.unseen(lastStreamId).filter((stream) => stream.mark(failure));
    // One chunk may contain many GOAWAYs, so only the first one does work at once.
    if (!isFirst) return ends.addLater(failed);
    ends.add(failed, () => this.streamEnded());
  }

  /** Handles input that is not valid, perhaps because it belongs to another protocol. */
  receiveInvalid(error: WireError): void {
    // After a GOAWAY nothing matters: Rust's GOAWAY is 8 bytes longer than it declares (appendix, R4).
    if (this.#remote !== undefined) this.transportEnded(undefined);
    else this.breach(codeOfWire(error.code), error.message, error);
  }

  /** Handles the end of the transport's input. `cause` is the error, if there is one. */
  transportEnded(cause: unknown): void {
    if (this.#phase === "gone") return;
    if (this.#phase === "ended") return this.#lingerEnded(cause);
    const isFarewell = this.#remote !== undefined && this.#isFarewell(this.#remote, cause);
    const reason = isFarewell ? GRACEFUL : transportEndedBecause(cause, this.#parts.pendingInput());
    this.#end(reason, null);
  }

  /** Handles an end or failure of the transport that comes after the end of the session. */
  #lingerEnded(cause: unknown): void {
    // If the peer has neither ended its direction nor sent GOAWAY, we do not know whether it has read everything. We
    // may have missed its GOAWAY, because it may have come with the end of the last stream, after which the session
    // reads nothing more. If the peer has ended its direction, it can miss only stream bytes that are not written yet.
    const isMissed = !this.#inputEnded || this.#parts.outbound.hasBodies;
    const isFarewell = this.#remote !== undefined || !isMissed;
    this.#inputEnded = true;
    // Our own direction has not ended yet.
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

  /**
   * Returns whether the end of the transport after the peer's GOAWAY is graceful. After an error (`cause`) it is
   * graceful only if no output is lost, or if the GOAWAY had a reason and nothing arrived after it.
   */
  #isFarewell(remote: RemoteEnd, cause: unknown): boolean {
    if (cause === undefined) return true;
    const { table, outbound, counters } = this.#parts;
    if (table.busyCount === 0 && outbound.unwritten === 0) return true;
    const isOurFinding = MuxadoError.is(cause) && cause.code !== "TRANSPORT_FAILED";
    return remote.errorCode !== 0 && remote.heard === counters.bytesReceived && !isOurFinding;
  }

  /**
   * Ends the session after `goAwayTimeout` without open streams. After a GOAWAY, some peers neither open streams nor
   * close the connection (spec appendix, R5). An open stream may be silent for any time, so other code must find out
   * whether its peer is gone.
   */
  #watchIdle(): void {
    const { goAwayTimeout } = this.#parts.options;
    this.#cancelIdle();
    if (goAwayTimeout === Infinity) return;
    this.#cancelIdle = this.#timers.after(goAwayTimeout, () => {
      // If a stream is open, its end restarts this timer.
      if (this.#parts.table.busyCount === 0) this.#end(GRACEFUL, "NO_ERROR");
    });
  }

  /**
   * Ends the session, only once. `goAway` is the code for the peer; null if nothing can be sent to the peer any more.
   * If `resets` is true, the peer also gets a reset for each open stream.
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
    // This comes first, so that no code can send anything any more, not even a trace that sees a reset. Other code
    // settles streams that had failed before.
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
    // The peer waits for our end. If we gave up the connection in the middle of a write, the peer would see an error.
    this.#finish(undefined);
    this.#lingerFor(options.lingerTimeout);
  }

  /** Ends the transport's outbound direction when all waiting output is written. */
  #finish(error: MuxadoError | undefined): void {
    this.#parts.outbound.finish(error, () => {
      this.#outputEnded = true;
      if (this.#inputEnded) this.#finalize();
    });
  }

  /** Gives up a transport that is too slow, or whose peer does not end. Output that it has not taken is lost. */
  #lingerExpired(): void {
    const { unwritten } = this.#parts.outbound;
    // A peer that has sent GOAWAY and has ended its direction misses nothing.
    const isMissed = !(this.#inputEnded && this.#remote !== undefined);
    if (this.#localError === undefined && isMissed && (this.#isDrained || unwritten > 0)) {
      const detail =
        unwritten > 0
          ? `${unwritten} bytes could not be sent`
          : "everything was sent, but the peer has not ended the connection and may not have read it";
      this.#localError = sessionError({ code: "DRAIN_TIMEOUT", origin: "local", detail });
    }
    this.#finalize();
  }

  #putGoAway(errorCode: number, debug: Uint8Array, final: boolean): void {
    const { table, outbound } = this.#parts;
    outbound.putGoAway(table.lastRemoteId, errorCode, debug, final);
  }

  /** Gives up the transport, because it has ended or its time is over. */
  #finalize(): void {
    if (this.#phase === "gone") return;
    this.#phase = "gone";
    this.#timers.cancel();
    const mayEnd = this.#parts.outbound.close(this.#writesLost());
    // The peer has ended its direction and waits for our end. Without our end, it would see an error.
    if (mayEnd && this.#localError === undefined) this.#parts.transport.end();
    this.#parts.transport.destroy();
    this.#tellEnd();
  }

  /** Resolves `closed` when the transport is gone and everything that waited on streams was settled. */
  #tellEnd(): void {
    if (this.#phase !== "gone" || !this.#isTold) return;
    this.#resolveClosed({
      localError: this.#localError,
      remoteError: remoteErrorOf(this.#remote),
      remoteDebug: this.#remote?.debug ?? NOTHING,
    });
  }

  /**
   * Returns the failure of writes that the transport has not confirmed, on streams that ended in the ordinary way.
   * After a graceful end there is none: the peer has received these writes, and only the confirmation is late.
   */
  #writesLost(): Failure | undefined {
    if (this.#localError === undefined && remoteErrorOf(this.#remote) === undefined)
      return undefined;
    const { code, origin, cause } = this.endError();
    return { code, origin, cause, scope: "session" };
  }
}
