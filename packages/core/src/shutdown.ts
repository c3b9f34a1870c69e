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
  /** GOAWAYs that have arrived. */
  #goAways = 0;
  /** The application has asked for a graceful end. */
  #drained = false;
  #remote: RemoteEnd | undefined;
  #localError: MuxadoError | undefined;
  /** Undoes a timer or a listener each; all are undone at the end. */
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
    const origin = this.#localError?.origin ?? (this.#drained ? "local" : "remote");
    // Nothing of what was asked for has been sent.
    return sessionError({ code, origin, cause: this.#localError, retry: "safe" });
  }

  /** Ends the session once its streams have ended, at the latest when told by `options`. */
  drain(options: CloseOptions): void {
    if (this.#phase === "gone") return;
    if (this.#phase === "running") this.#phase = "draining";
    this.#drained = true;
    const { signal, timeout = this.#session.options.closeTimeout } = options;
    this.streamEnded();
    if (timeout !== Infinity) this.#after(timeout, () => this.#expire());
    if (signal === undefined) return;
    if (signal.aborted) return this.#expire();
    const target = { aborted: () => this.#expire() };
    listen(signal, target);
    this.#waits.add(() => unlisten(signal, target));
  }

  /** The time for a graceful end is over: that of the streams first, then that of the output. */
  #expire(): void {
    if (!this.ended) return this.#drainExpired();
    // However late the last stream ended, its output has as much time as after any other end.
    const { clock, lingerTimeout } = this.#session.options;
    this.#after(Math.max(this.#endedAt + lingerTimeout - clock.now(), 0), () =>
      this.#flushExpired(),
    );
  }

  /** A stream has ended, or is no longer waited for: perhaps it was the last one of a drain. */
  streamEnded(): void {
    if (this.#phase === "draining" && this.#session.table.busyCount === 0) {
      this.#end(GRACEFUL, "NO_ERROR", true);
    }
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
    const failure: Failure = { code: "REMOTE_GONE_AWAY", scope: "stream", origin: "remote" };
    const unseen = this.#session.table.all().filter((stream) => {
      // The last id is the last one that Go has seen, not the highest: an answer on a stream weighs more
      // (spec appendix, G6). A stream that was never sent must not be sent now (G2).
      return stream.unsent || (stream.isLocal && !stream.heard && stream.id > lastStreamId);
    });
    for (const stream of unseen) stream.fail(failure);
    if (before === undefined) this.#watchSilence();
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
    if (this.#phase === "ended") return this.#finalize();
    this.#end(this.#whyTransportEnded(cause), null);
  }

  #whyTransportEnded(cause: unknown): EndReason {
    if (this.#remote !== undefined && this.#isFarewell(this.#remote, cause)) return GRACEFUL;
    if (MuxadoError.is(cause)) {
      // The adapter knows its platform's errors and has said which side it was.
      const { code, wireCode, origin } = cause;
      if (cause.cause === undefined) return { code, wireCode, origin, cause };
      return { code, wireCode, origin, detail: messageOf(cause.cause), cause: cause.cause };
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

  /** After a GOAWAY some peers neither speak nor hang up (spec appendix, R5). */
  #watchSilence(): void {
    const { goAwayTimeout } = this.#session.options;
    if (goAwayTimeout === Infinity) return;
    const heardBefore = this.#session.bytesReceived;
    this.#after(goAwayTimeout, () => {
      const { bytesReceived, table } = this.#session;
      if (bytesReceived !== heardBefore && table.busyCount > 0) this.#watchSilence();
      else this.#end(GRACEFUL, "NO_ERROR");
    });
  }

  /**
   * The one end. `goAway` is the code to tell the peer; null when it can no longer be told. `resets` tells it
   * of each stream besides.
   */
  #end(reason: EndReason, goAway: MuxadoErrorCode | null, resets = false): void {
    if (this.ended) return;
    this.#phase = "ended";
    this.#session.stalled.clear();
    this.#session.closing.clear();
    this.#endedAt = this.#session.options.clock.now();
    const isDrained = reason === GRACEFUL && this.#drained;
    // The deadline of a drain is that of its output, too.
    if (!isDrained) this.#cancelWaits();
    this.#session.stopReceiving();
    if (reason !== GRACEFUL) this.#localError = sessionError(reason);
    const failure = this.#streamFailure(reason);
    const streams = this.#session.table.all();
    for (const stream of streams) {
      if (resets && !stream.unsent)
        this.#session.sendReset(stream.id, wireCodeOf("STREAM_CANCELLED"));
    }
    for (const stream of streams) stream.fail(failure);
    this.#session.acceptQueue.end(() => this.endError());
    this.#session.pings.fail(() => this.endError());
    if (goAway === null) return this.#finalize();
    const told = goAway === "NO_ERROR" ? undefined : this.#localError;
    this.#putGoAway(wireCodeOf(goAway), debugOf(told, this.#session.wire.maxDebugLength), true);
    if (!isDrained) this.#after(this.#session.options.lingerTimeout, () => this.#finalize());
    this.#session.outbound.finish(told, () => {
      this.#cancelWaits();
      this.#after(this.#session.options.lingerTimeout, () => this.#finalize());
    });
  }

  /** The transport is too slow, or stuck: what it has not taken is lost. */
  #flushExpired(): void {
    const { waiting, underWay } = this.#session.outbound;
    const detail = `${waiting + underWay} bytes could not be sent`;
    this.#localError = sessionError({ code: "DRAIN_TIMEOUT", origin: "local", detail });
    this.#finalize();
  }

  #streamFailure(reason: EndReason): Failure {
    const scope = "session";
    if (reason !== GRACEFUL) return { ...reason, scope };
    const [origin, detail] = this.#drained
      ? (["local", "it was closed here"] as const)
      : (["remote", "the peer ended the session"] as const);
    return { code: "SESSION_CLOSED", scope, origin, detail, cause: this.#remoteError };
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
    this.#session.outbound.close((stream) => stream.error ?? this.#writeLost(stream));
    this.#transport.destroy();
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
    const retry = stream.heard ? "unsafe" : "unknown";
    return sessionError({ code, origin, cause, streamId: stream.id, retry });
  }

  #after(delay: number, callback: () => void): void {
    const { clock } = this.#session.options;
    const timer = clock.setTimer(
      () => {
        this.#waits.delete(cancel);
        callback();
      },
      Math.min(delay, LONGEST_DELAY),
    );
    const cancel = (): void => timer.cancel();
    this.#waits.add(cancel);
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

/** A wrapper that knows better than "destroyed" why a session has to end says so in an error about the session. */
function destroyedBecause(cause: unknown): EndReason & object {
  if (MuxadoError.is(cause) && cause.scope === "session") {
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
