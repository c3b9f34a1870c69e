// The end of a session: the description that `closed` resolves with, the reasons of an end, and the errors that are
// made of them.

import {
  codeOfWire,
  type Failure,
  MuxadoError,
  type MuxadoErrorCode,
  type MuxadoErrorInit,
} from "../base/errors.ts";

/** What a session can still do: `open` opens streams; `draining` finishes those that are open; `ended` is over. */
export type SessionState = "open" | "draining" | "ended";

/** Describes how a session ended. */
export interface SessionEnd {
  /**
   * Why this side ended the session, or why it found that the session had ended; undefined after a graceful end by
   * either side.
   */
  readonly localError: MuxadoError | undefined;
  /** The error in the peer's GOAWAY; undefined if there was no GOAWAY or it reported no error. */
  readonly remoteError: MuxadoError | undefined;
  /** The debug data of the peer's GOAWAY; empty if there was none. */
  readonly remoteDebug: Uint8Array<ArrayBuffer>;
}

/** The content of a peer's GOAWAY. */
export interface PeerGoAway {
  /** The reason: `NO_ERROR`, or the name of an error. */
  readonly code: MuxadoErrorCode | "NO_ERROR";
  /** The number of the reason on the wire. */
  readonly wireCode: number;
  /** Text or bytes for logs; empty if there is none. */
  readonly debug: Uint8Array<ArrayBuffer>;
}

/** Options of {@link Session.close}. */
export interface CloseOptions {
  /** Milliseconds to wait for open streams and their output. Default: the session's `closeTimeout`. */
  readonly timeout?: number | undefined;
  /** When this signal aborts, streams that are still open are reset, as after the timeout. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether to tell the peer at once, by a GOAWAY, so that it opens new streams elsewhere while its open streams finish.
   * Otherwise the peer learns of the end by refused streams and by the GOAWAY at the end. Default: false, because Rust's
   * `muxado` and `yamux`, and `@libp2p/yamux`, drop their open streams when a GOAWAY arrives.
   */
  readonly announce?: boolean | undefined;
}

export const GRACEFUL = "graceful";

/** Why a session ends: gracefully, or with a failure of all its streams. */
export type EndReason = Omit<Failure, "scope"> | typeof GRACEFUL;

/** The content of the peer's GOAWAYs. */
export interface RemoteEnd {
  readonly lastStreamId: number;
  readonly errorCode: number;
  readonly debug: Uint8Array<ArrayBuffer>;
  /** The number of bytes received when the last GOAWAY arrived. */
  readonly heard: number;
}

/** Returns an error about a session. */
export function sessionError(init: Omit<MuxadoErrorInit, "scope">): MuxadoError {
  return new MuxadoError({ ...init, scope: "session" });
}

/**
 * Returns the reason when a session is destroyed with `cause`. A wrapper may know a better reason than "destroyed". It
 * then passes an error about the session, and the reason gets the code of this error. An error that is safe to retry
 * only refused a request, so it is not the reason of the session's end.
 */
export function destroyedBecause(cause: unknown): EndReason & object {
  if (MuxadoError.is(cause) && cause.scope === "session" && cause.retry !== "safe") {
    const { code, wireCode, origin } = cause;
    return { code, wireCode, origin, cause };
  }
  return { code: "SESSION_CLOSED", origin: "local", detail: "it was destroyed here", cause };
}

/**
 * Returns the reason when the transport has ended, perhaps with an error. `pending` is the number of bytes that the
 * last frame still lacks.
 */
export function transportEndedBecause(cause: unknown, pending: number): EndReason & object {
  if (MuxadoError.is(cause)) {
    // The adapter knows the errors of its platform and has decided which side caused this one.
    const { code, wireCode, origin } = cause;
    // In this case the connection was never established, so nothing was sent.
    const unprocessed = code === "CONNECT_FAILED";
    const known = { code, wireCode, origin, unprocessed };
    if (cause.cause === undefined) return { ...known, cause };
    return { ...known, detail: messageOf(cause.cause), cause: cause.cause };
  }
  if (cause !== undefined) {
    return { code: "TRANSPORT_FAILED", origin: "local", detail: messageOf(cause), cause };
  }
  const detail =
    pending === 0 ? undefined : `the connection ended inside a frame, ${pending} bytes are missing`;
  return { code: "PEER_EOF", origin: "remote", detail };
}

/** GOAWAYs that a peer may send. Each one makes us check all streams, and no peer needs more than two or three. */
const MOST_GOAWAYS = 16;

/** The GOAWAYs of one peer. */
export class PeerGoAways {
  /** Resolves with the first GOAWAY; never rejects. */
  readonly draining: Promise<PeerGoAway>;
  /** The content of all GOAWAYs so far; undefined before the first. */
  content: RemoteEnd | undefined;
  #resolve!: (goAway: PeerGoAway) => void;
  #count = 0;

  constructor() {
    this.draining = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Takes one more GOAWAY. Returns how it breaks the rules, if it does. */
  take(now: RemoteEnd): [code: MuxadoErrorCode, detail: string] | undefined {
    const { content: before } = this;
    if (++this.#count > MOST_GOAWAYS) {
      return ["ENHANCE_YOUR_CALM", "the peer sent too many GOAWAYs"];
    }
    const { lastStreamId, errorCode: wireCode, debug } = now;
    if (before !== undefined && lastStreamId > before.lastStreamId) {
      return ["PROTOCOL_ERROR", `a GOAWAY has raised the last stream id to ${lastStreamId}`];
    }
    this.content = remoteEndAfter(before, now);
    this.#resolve({ code: wireCode === 0 ? "NO_ERROR" : codeOfWire(wireCode), wireCode, debug });
    return undefined;
  }
}

/** Returns the content of the peer's GOAWAYs so far, after one more GOAWAY. */
function remoteEndAfter(before: RemoteEnd | undefined, now: RemoteEnd): RemoteEnd {
  // The last GOAWAY of a session may have no content. Then an earlier GOAWAY has the reason.
  const isSilent = now.errorCode === 0 && now.debug.length === 0;
  if (before === undefined || !isSilent) return now;
  return { ...now, errorCode: before.errorCode, debug: before.debug };
}

/** Returns the error that the peer's GOAWAY has reported; undefined if it reported no error. */
export function remoteErrorOf(remote: RemoteEnd | undefined): MuxadoError | undefined {
  if (remote === undefined || remote.errorCode === 0) return undefined;
  const { errorCode: wireCode, debug } = remote;
  const detail = debug.length === 0 ? "GOAWAY" : `GOAWAY says ${JSON.stringify(textOf(debug))}`;
  return sessionError({ code: codeOfWire(wireCode), wireCode, origin: "remote", detail });
}

/**
 * Causes of a graceful end: `close` on this side, an end of the transport by the peer, or no work left after the peer's
 * GOAWAY.
 */
type Graceful = "close" | "peer" | "idle";

const GRACEFUL_ENDS = {
  close: ["local", "it was closed here"],
  peer: ["remote", "the peer ended the session"],
  idle: ["local", "it ended here, because nothing was left to do after the peer's GOAWAY"],
} as const;

/**
 * Returns the failure of the streams that were open when the session ended. After a graceful end, its cause is the
 * error that the peer has reported.
 */
export function streamFailureOf(
  reason: EndReason,
  by: Graceful,
  remoteError: MuxadoError | undefined,
): Failure {
  if (reason !== GRACEFUL) return { ...reason, scope: "session" };
  const [origin, detail] = GRACEFUL_ENDS[by];
  return { code: "SESSION_CLOSED", scope: "session", origin, detail, cause: remoteError };
}

/** Returns whether the last output gets only little time, because the deadline is over or the peer seems to be gone. */
export function isLate(reason: EndReason): boolean {
  if (reason === GRACEFUL) return false;
  return reason.code === "DRAIN_TIMEOUT" || reason.code === "HEARTBEAT_TIMEOUT";
}

/** Returns the debug data that describes `error` to the peer. */
export function debugOf(error: MuxadoError | undefined, maxLength: number): Uint8Array {
  return new TextEncoder().encode(error?.message ?? "").subarray(0, maxLength);
}

export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function textOf(debug: Uint8Array): string {
  return new TextDecoder().decode(debug.subarray(0, 200));
}
