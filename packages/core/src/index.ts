// @muxado/core: sessions and streams over any transport, on any runtime.

export { attach, type AttachOptions, type ByteStreamPair, transportOf } from "./attach.ts";
export {
  type Clock,
  type FlushScheduler,
  flushInNextTask,
  systemClock,
  type Timer,
} from "./base/clock.ts";
export {
  MuxadoError,
  type MuxadoErrorCode,
  type MuxadoErrorInit,
  type ResetCode,
  type RetryVerdict,
} from "./base/errors.ts";
export { muxado } from "./muxado-wire.ts";
export type { KeepContext, StreamObserver } from "./seams/observer.ts";
export {
  type RecordedSession,
  type RecordHook,
  type Role,
  type SessionOptions,
  type StreamWatcher,
} from "./options.ts";
export type { Priority } from "./sending/priority.ts";
export { relay, type RelayResult } from "./relay.ts";
export { type GoAwayCode, type OpenOptions, Session } from "./session.ts";
export type { CloseOptions, PeerGoAway, SessionEnd, SessionState } from "./life/session-end.ts";
export { needsNewSession } from "./life/verdict.ts";
export type { SessionStats, StreamStats } from "./seams/statistics.ts";
export { Stream } from "./stream.ts";
export type { StreamEnd } from "./stream-end.ts";
export type { WaitOptions } from "./base/waiter.ts";
export type { Trace, TracedFrame } from "./seams/trace.ts";
export type { Transport, TransportInput } from "./seams/transport.ts";
export {
  DataFlag,
  type Wire,
  type WireDecoder,
  type WireDefaults,
  type WireError,
  type WireHandler,
  type WireSession,
} from "./seams/wire.ts";
