// How a session ends: draining with a deadline, going away, breaches, the end of the transport; and the story
// of the end. Every way leads through #end, once. Spec §8.

import { listen, unlisten } from "./abort.ts";
import { NOTHING } from "./bytes.ts";
import { LONGEST_DELAY } from "./clock.ts";
import {
  codeOfWire,
  type Failure,
  MuxadoError,
  type MuxadoErrorCode,
  type MuxadoErrorInit,
  wireCodeOf,
} from "./errors.ts";
import type { Session } from "./session.ts";
import type { Stream } from "./stream.ts";
import type { Transport } from "./transport.ts";
import type { WireError } from "./wire.ts";

/** The full story of how a session ended. */
export interface SessionEnd {
  /** Why this side ended it or found it ended; undefined after a graceful end, by whichever side. */
  readonly localError: MuxadoError | undefined;
  /** What the peer's GOAWAY said; undefined if there was none or it reported no error. */
  readonly remoteError: MuxadoError | undefined;
  /** The debug data of the peer's GOAWAY; empty if there was none. */
  readonly remoteDebug: Uint8Array<ArrayBuffer>;
}

/** Options of {@link Session.close}. */
export interface CloseOptions {
  /** Milliseconds to wait for open streams and their output, as `closeTimeout`, which is the default. */
  readonly timeout?: number | undefined;
  /** Resets what is still open when it aborts, as the timeout does. */
  readonly signal?: AbortSignal | undefined;
}

const GRACEFUL = "graceful";

/**
 * Milliseconds for what is said last where time is over already: by the deadline of a drain, or because the peer seems
 * to be gone.
 */
const LAST_WORDS = 1_000;

/** GOAWAYs that a peer may send: each looks at all streams, and two or three say all there is to say. */
const MOST_GOAWAYS = 16;

/** The end of a session. */
export class Shutdown {
  /** Settles with the story once the transport is done with; never rejects. */
  readonly closed: Promise<SessionEnd>;
  readonly #session: Session;
  readonly #transport: Transport;
  #resolveClosed!: (end: SessionEnd) => void;
  /** `running` → `draining` → `ended` → `gone`: each may be skipped, none comes back. */
  #phase: "running" | "draining" | "ended" | "gone" = "running";
  #goAwaySent = false;
  /** When the session ended, on its clock. */
  #endedAt = 0;
  /** Those who waited on streams when the session ended have been told so. */
  #isTold = false;
  /** Undoes the timer of a session that has nothing left to do after the peer's GOAWAY. */
  #cancelIdle: () => void = () => {};
  /** The directions of the transport that have ended: with both, it is done. */
  #inputEnded = false;
  #outputEnded = false;
  /** GOAWAYs that have arrived. */
  #goAways = 0;
  /** The application has asked for a graceful end, and it came before any other. */
  #isDrained = false;
  #remote: RemoteEnd | undefined;
  #localError: MuxadoError | undefined;
  /** Undoes a timer or a listener each; all are undone when the transport is given up. */
  readonly #waits: Set<() => void> = new Set();

  constructor(session: Session, transport: Transport) {
    this.#session = session;
    this.#transport = transport;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  /** Whether a SYN of the peer's is still welcome. */
  get acceptsStreams(): boolean {
    return this.#phase === "running" && !this.#goAwaySent;
  }

  /** Whether the session is over, and only the transport may still have to end. */
  get ended(): boolean {
    return this.#phase === "ended" || this.#phase === "gone";
  }

  /** Why no stream can be opened now; undefined if one can. */
  get openRefusal(): MuxadoError | undefined {
    if (this.#phase !== "running") return this.endError();
    if (this.#remote === undefined) return undefined;
    return sessionError({ code: "REMOTE_GONE_AWAY", origin: "remote", retry: "safe" });
  }

  /** The error of whatever is asked of a session that is over or closing. */
  endError(): MuxadoError {
    const code = this.#localError?.code ?? "SESSION_CLOSED";
    const origin = this.#localError?.origin ?? (this.#isDrained ? "local" : "remote");
    // Nothing of what was asked for has been sent.
    return sessionError({ code, origin, cause: this.#localError, retry: "safe" });
  }

  /**
   * Ends the session once its streams have ended, at the latest when told by `options`, which is the deadline of its
   * last output and of the peer's end, too.
   */
  drain(options: CloseOptions): void {
    if (this.#phase === "gone") return;
    if (this.#phase === "running") this.#phase = "draining";
    // An end that has come before it stays what it was.
    if (!this.ended) this.#isDrained = true;
    const { signal, timeout = this.#session.options.closeTimeout } = options;
    this.streamEnded();
    if (timeout !== Infinity) this.#after(timeout, () => this.#expire());
    if (signal === undefined) return;
    if (signal.aborted) return this.#expire();
    const target = { aborted: () => this.#expire() };
    listen(signal, target);
    this.#waits.add(() => unlisten(signal, target));
  }

  /** The time for a graceful end is over: that of the streams first, then that of the output and of the peer's end. */
  #expire(): void {
    if (!this.ended) return this.#drainExpired();
    // However late the last stream ended, its output has some time.
    const { clock } = this.#session.options;
    this.#lingerFor(this.#endedAt + this.#lastWordsTime - clock.now());
  }

  /** How long the last words of a session may take whose time is over already, or whose peer is gone. */
  get #lastWordsTime(): number {
    return Math.min(LAST_WORDS, this.#session.options.lingerTimeout);
  }

  /** Gives the transport so many milliseconds more: for our output to leave, and for the peer to take it and end. */
  #lingerFor(time: number): void {
    this.#after(Math.max(time, 0), () => this.#lingerExpired());
  }

  /** A stream has ended, or is no longer waited for: perhaps it was the last one of a drain. */
  streamEnded(): void {
    if (this.#session.table.busyCount > 0) return;
    if (this.#phase === "draining") this.#end(GRACEFUL, "NO_ERROR", true);
    else if (this.#phase === "running" && this.#remote !== undefined) this.#watchIdle();
  }

  /** Refuses new streams of the peer's from now on, and tells it. */
  goAway(errorCode: number, debug: Uint8Array): void {
    if (this.ended) return;
    this.#goAwaySent = true;
    this.#putGoAway(errorCode, debug, false);
  }

  /** Ends the session at once, because the application says so. */
  destroy(cause: unknown): void {
    const failure = destroyedBecause(cause);
    if (this.#phase === "ended" && this.#localError === undefined) {
      // A graceful end was still sending what was queued.
      this.#localError = sessionError(failure);
      this.#finalize();
    }
    this.#end(failure, cause === undefined ? "NO_ERROR" : "INTERNAL_ERROR");
  }

  /** Ends the session because the peer broke a rule that concerns all of it. */
  breach(code: MuxadoErrorCode, detail: string, cause?: unknown): void {
    this.#end({ code, origin: "remote", detail, cause }, code);
  }

  /** The peer takes no more streams: those that it cannot have seen have failed, and may be retried. */
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
    // The last GOAWAY of a session that ends says nothing: the reason stands in the one before.
    const silent = before !== undefined && errorCode === 0 && debug.length === 0;
    const heard = this.#session.bytesReceived;
    this.#remote = silent
      ? { ...before, lastStreamId, heard }
      : { lastStreamId, errorCode, debug, heard };
    const failure: Failure = {
      code: "REMOTE_GONE_AWAY",
      scope: "stream",
      origin: "remote",
      unprocessed: true,
    };
    const { table } = this.#session;
    // The last id is the last one that Go has seen, not the highest (spec appendix, G6). A stream with an id above it is
    // unseen for certain if all SYNs before its own had lower ids. An answer on a stream weighs more. The peer answers
    // each of the other streams. A stream that was never sent must not be sent now (G2).
    const lastSeen = Math.max(lastStreamId, table.overtakenId);
    const unseen = table.all().filter((stream) => {
      return stream.unsent || (stream.isLocal && !stream.heard && stream.id > lastSeen);
    });
    const failed = unseen.filter((stream) => stream.mark(failure));
    const { ends } = this.#session;
    // One chunk may bring many of them.
    if (before !== undefined) return ends.addLater(failed);
    ends.add(failed, () => this.streamEnded());
  }

  /** The input is not of this protocol, or not valid in it. */
  receiveInvalid(error: WireError): void {
    // Rust's GOAWAY is 8 bytes longer than it says, and nothing that follows one matters (appendix, R4).
    if (this.#remote !== undefined) this.transportEnded(undefined);
    else this.breach(codeOfWire(error.code), error.message, error);
  }

  /** Nothing more will arrive. */
  transportEnded(cause: unknown): void {
    if (this.#phase === "gone") return;
    if (this.#phase === "ended") return this.#lingerEnded(cause);
    this.#end(this.#whyTransportEnded(cause), null);
  }

  /** The transport has ended its inbound direction, or failed, behind the end of the session. */
  #lingerEnded(cause: unknown): void {
    // Whether the peer has read all is not known, if it has neither ended its direction nor said that it goes. It may
    // have said so with the end of the last stream, when nobody listened any more: one that has ended its direction
    // misses no more than what of streams is still to be written.
    const isMissed = !this.#inputEnded || this.#session.outbound.hasBodies;
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

  #whyTransportEnded(cause: unknown): EndReason {
    if (this.#remote !== undefined && this.#isFarewell(this.#remote, cause)) return GRACEFUL;
    if (MuxadoError.is(cause)) {
      // The adapter knows its platform's errors and has said which side it was.
      const { code, wireCode, origin } = cause;
      // Over a connection that never stood, nothing was sent.
      const unprocessed = code === "CONNECT_FAILED";
      const known = { code, wireCode, origin, unprocessed };
      if (cause.cause === undefined) return { ...known, cause };
      return { ...known, detail: messageOf(cause.cause), cause: cause.cause };
    }
    if (cause !== undefined) {
      return { code: "TRANSPORT_FAILED", origin: "local", detail: messageOf(cause), cause };
    }
    const pending = this.#session.pendingInput;
    return pending === 0
      ? { code: "PEER_EOF", origin: "remote" }
      : {
          code: "PEER_EOF",
          origin: "remote",
          detail: `in the middle of a frame, ${pending} bytes short`,
        };
  }

  /** After a GOAWAY the peer may go as it likes, as long as nothing of ours is lost by it, or it has just said why. */
  #isFarewell(remote: RemoteEnd, cause: unknown): boolean {
    if (cause === undefined) return true;
    const { table, outbound, bytesReceived } = this.#session;
    if (table.busyCount === 0 && outbound.unwritten === 0) return true;
    const isOurFinding = MuxadoError.is(cause) && cause.code !== "TRANSPORT_FAILED";
    return remote.errorCode !== 0 && remote.heard === bytesReceived && !isOurFinding;
  }

  #drainExpired(): void {
    if (this.ended) return;
    const detail = `open streams that have been reset: ${this.#session.table.count}`;
    this.#end({ code: "DRAIN_TIMEOUT", origin: "local", detail }, "NO_ERROR", true);
  }

  /**
   * After a GOAWAY some peers neither open streams nor hang up (spec appendix, R5). A stream that is open may be silent
   * for as long as it likes: whether its peer is gone is for others to find out.
   */
  #watchIdle(): void {
    const { goAwayTimeout } = this.#session.options;
    this.#cancelIdle();
    if (goAwayTimeout === Infinity) return;
    this.#cancelIdle = this.#after(goAwayTimeout, () => {
      // The end of a stream that is open begins it anew.
      if (this.#session.table.busyCount === 0) this.#end(GRACEFUL, "NO_ERROR");
    });
  }

  /**
   * The one end. `goAway` is the code to tell the peer; null when it can no longer be told. `resets` tells it
   * of each stream besides.
   */
  #end(reason: EndReason, goAway: MuxadoErrorCode | null, resets = false): void {
    if (this.ended) return;
    const session = this.#session;
    this.#phase = "ended";
    this.#endedAt = session.options.clock.now();
    // The deadline of a drain is that of its output and of the peer's end, too.
    const hasDeadline = reason === GRACEFUL && this.#isDrained;
    if (!hasDeadline) this.#cancelWaits();
    session.stopReceiving();
    if (reason !== GRACEFUL) this.#localError = sessionError(reason);
    const failure = this.#streamFailure(reason, goAway === null);
    // First of all, so that a trace that sees a reset, or anybody else, can send nothing any more. A stream that had
    // failed before is about to be told by others.
    const streams = session.releaseStreams().filter((stream) => stream.mark(failure));
    if (resets) session.cancel(streams);
    if (goAway !== null) {
      const told = goAway === "NO_ERROR" ? undefined : this.#localError;
      this.#putGoAway(wireCodeOf(goAway), debugOf(told, session.wire.maxDebugLength), true);
      this.#finish(told);
      if (!hasDeadline) this.#lingerFor(this.#lingerTimeOf(reason));
    }
    session.acceptQueue.end(() => this.endError());
    session.pings.fail(() => this.endError());
    session.ends.add(streams, () => {
      this.#isTold = true;
      this.#tellEnd();
    });
    if (goAway !== null) return;
    this.#inputEnded = true;
    if (reason !== GRACEFUL || session.outbound.unwritten === 0) return this.#finalize();
    // The peer waits for our end: a connection that is given up in the middle of a write looks broken.
    this.#finish(undefined);
    this.#lingerFor(this.#session.options.lingerTimeout);
  }

  /** Ends the transport's outbound direction behind all that waits. */
  #finish(error: MuxadoError | undefined): void {
    this.#session.outbound.finish(error, () => {
      this.#outputEnded = true;
      if (this.#inputEnded) this.#finalize();
    });
  }

  /** How long the transport may take to end, once the session has. */
  #lingerTimeOf(reason: EndReason): number {
    const code = reason === GRACEFUL ? undefined : reason.code;
    const isLate = code === "DRAIN_TIMEOUT" || code === "HEARTBEAT_TIMEOUT";
    return isLate ? this.#lastWordsTime : this.#session.options.lingerTimeout;
  }

  /** The transport is too slow, or stuck, or the peer does not end: what has not been taken is lost. */
  #lingerExpired(): void {
    const { unwritten } = this.#session.outbound;
    // A peer that has said that it goes, and gone, misses nothing.
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

  /** @param byPeer the peer has ended the transport. */
  #streamFailure(reason: EndReason, byPeer: boolean): Failure {
    const scope = "session";
    if (reason !== GRACEFUL) return { ...reason, scope };
    const cause = this.#remoteError;
    const code = "SESSION_CLOSED";
    if (this.#isDrained)
      return { code, scope, origin: "local", detail: "it was closed here", cause };
    if (byPeer) {
      return { code, scope, origin: "remote", detail: "the peer ended the session", cause };
    }
    const detail = "it ended here, with nothing left to do after the peer's GOAWAY";
    return { code, scope, origin: "local", detail, cause };
  }

  /** What the peer's GOAWAY has reported. */
  get #remoteError(): MuxadoError | undefined {
    if (this.#remote === undefined || this.#remote.errorCode === 0) return undefined;
    const { errorCode: wireCode, debug } = this.#remote;
    const detail = debug.length === 0 ? "GOAWAY" : `GOAWAY says ${JSON.stringify(textOf(debug))}`;
    return sessionError({ code: codeOfWire(wireCode), wireCode, origin: "remote", detail });
  }

  #putGoAway(errorCode: number, debug: Uint8Array, final: boolean): void {
    const { table, outbound } = this.#session;
    outbound.putGoAway(table.lastRemoteId, errorCode, debug, final);
  }

  /** The transport is over, or has had its time. */
  #finalize(): void {
    if (this.#phase === "gone") return;
    this.#phase = "gone";
    this.#cancelWaits();
    const mayEnd = this.#session.outbound.close(
      (stream) => stream.error ?? this.#writeLost(stream),
    );
    // The peer has ended its direction, and waits for the end of ours: a connection that is only given up looks broken.
    if (mayEnd && this.#localError === undefined) this.#transport.end();
    this.#transport.destroy();
    this.#tellEnd();
  }

  /** Tells the story, once there is nothing more to come. */
  #tellEnd(): void {
    if (this.#phase !== "gone" || !this.#isTold) return;
    this.#resolveClosed({
      localError: this.#localError,
      remoteError: this.#remoteError,
      remoteDebug: this.#remote?.debug ?? NOTHING,
    });
  }

  /**
   * What became of the last writes of a stream that has ended in the ordinary way, if the transport was over
   * before it had confirmed them. A peer that has ended gracefully had them: a confirmation may just be late.
   */
  #writeLost(stream: Stream): MuxadoError | undefined {
    if (this.#localError === undefined && this.#remoteError === undefined) return undefined;
    const { code, origin, cause } = this.endError();
    return new MuxadoError(stream.describe({ code, origin, cause, scope: "session" }));
  }

  /** Calls `callback` when `delay` is over; says how to undo that. */
  #after(delay: number, callback: () => void): () => void {
    const { clock } = this.#session.options;
    const timer = clock.setTimer(
      () => {
        this.#waits.delete(cancel);
        callback();
      },
      Math.min(delay, LONGEST_DELAY),
    );
    const cancel = (): void => {
      timer.cancel();
      this.#waits.delete(cancel);
    };
    this.#waits.add(cancel);
    return cancel;
  }

  #cancelWaits(): void {
    for (const cancel of this.#waits) cancel();
    this.#waits.clear();
  }
}

/** What the peer's GOAWAYs have said. */
interface RemoteEnd {
  readonly lastStreamId: number;
  readonly errorCode: number;
  readonly debug: Uint8Array<ArrayBuffer>;
  /** Bytes received with the last one. */
  readonly heard: number;
}

type EndReason = Omit<Failure, "scope"> | typeof GRACEFUL;

/**
 * A wrapper that knows better than "destroyed" why a session has to end says so in an error about the session. One that
 * only refuses what was asked for, and so is safe to retry, says nothing of the session's end.
 */
function destroyedBecause(cause: unknown): EndReason & object {
  if (MuxadoError.is(cause) && cause.scope === "session" && cause.retry !== "safe") {
    const { code, wireCode, origin } = cause;
    return { code, wireCode, origin, cause };
  }
  return { code: "SESSION_CLOSED", origin: "local", detail: "it was destroyed here", cause };
}

function sessionError(init: Omit<MuxadoErrorInit, "scope">): MuxadoError {
  return new MuxadoError({ ...init, scope: "session" });
}

function debugOf(error: MuxadoError | undefined, maxLength: number): Uint8Array {
  return new TextEncoder().encode(error?.message ?? "").subarray(0, maxLength);
}

function textOf(debug: Uint8Array): string {
  return new TextDecoder().decode(debug.subarray(0, 200));
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
