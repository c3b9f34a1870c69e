// How a session has ended, in words: the story that `closed` tells, the reasons of an end, and the errors made of them.

import { codeOfWire, type Failure, MuxadoError, type MuxadoErrorInit } from "../base/errors.ts";

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

export const GRACEFUL = "graceful";

/** Why a session ends: without an error, or as a failure of all its streams. */
export type EndReason = Omit<Failure, "scope"> | typeof GRACEFUL;

/** What the peer's GOAWAYs have said. */
export interface RemoteEnd {
  readonly lastStreamId: number;
  readonly errorCode: number;
  readonly debug: Uint8Array<ArrayBuffer>;
  /** Bytes received with the last one. */
  readonly heard: number;
}

/** An error about a session. */
export function sessionError(init: Omit<MuxadoErrorInit, "scope">): MuxadoError {
  return new MuxadoError({ ...init, scope: "session" });
}

/**
 * A wrapper that knows better than "destroyed" why a session has to end says so in an error about the session. One that
 * only refuses what was asked for, and so is safe to retry, says nothing of the session's end.
 */
export function destroyedBecause(cause: unknown): EndReason & object {
  if (MuxadoError.is(cause) && cause.scope === "session" && cause.retry !== "safe") {
    const { code, wireCode, origin } = cause;
    return { code, wireCode, origin, cause };
  }
  return { code: "SESSION_CLOSED", origin: "local", detail: "it was destroyed here", cause };
}

/** The end of a transport, perhaps with an error, in the middle of a frame if bytes of one are `pending`. */
export function transportEndedBecause(cause: unknown, pending: number): EndReason & object {
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
  const detail = pending === 0 ? undefined : `in the middle of a frame, ${pending} bytes short`;
  return { code: "PEER_EOF", origin: "remote", detail };
}

/** What the peer has said with one GOAWAY more. */
export function remoteEndAfter(before: RemoteEnd | undefined, now: RemoteEnd): RemoteEnd {
  // The last GOAWAY of a session that ends says nothing: the reason stands in the one before.
  const isSilent = now.errorCode === 0 && now.debug.length === 0;
  if (before === undefined || !isSilent) return now;
  return { ...now, errorCode: before.errorCode, debug: before.debug };
}

/** What the peer's GOAWAY has reported; undefined if it reported no error. */
export function remoteErrorOf(remote: RemoteEnd | undefined): MuxadoError | undefined {
  if (remote === undefined || remote.errorCode === 0) return undefined;
  const { errorCode: wireCode, debug } = remote;
  const detail = debug.length === 0 ? "GOAWAY" : `GOAWAY says ${JSON.stringify(textOf(debug))}`;
  return sessionError({ code: codeOfWire(wireCode), wireCode, origin: "remote", detail });
}

/** Who ends a session gracefully: `close` here, the end of the transport by the peer, or having nothing left to do. */
type Graceful = "close" | "peer" | "idle";

const GRACEFUL_ENDS = {
  close: ["local", "it was closed here"],
  peer: ["remote", "the peer ended the session"],
  idle: ["local", "it ended here, with nothing left to do after the peer's GOAWAY"],
} as const;

/** The failure of the streams that an end has met, with what the peer has reported as its cause. */
export function streamFailureOf(
  reason: EndReason,
  by: Graceful,
  remoteError: MuxadoError | undefined,
): Failure {
  if (reason !== GRACEFUL) return { ...reason, scope: "session" };
  const [origin, detail] = GRACEFUL_ENDS[by];
  return { code: "SESSION_CLOSED", scope: "session", origin, detail, cause: remoteError };
}

/** Whether an end leaves no time for the last output: there was enough, or the peer seems to be gone. */
export function isLate(reason: EndReason): boolean {
  if (reason === GRACEFUL) return false;
  return reason.code === "DRAIN_TIMEOUT" || reason.code === "HEARTBEAT_TIMEOUT";
}

/** The debug data that tells a peer of `error`. */
export function debugOf(error: MuxadoError | undefined, maxLength: number): Uint8Array {
  return new TextEncoder().encode(error?.message ?? "").subarray(0, maxLength);
}

export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function textOf(debug: Uint8Array): string {
  return new TextDecoder().decode(debug.subarray(0, 200));
}
