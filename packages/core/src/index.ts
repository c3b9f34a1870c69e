// @muxado/core: sessions and streams over any transport, on any runtime.

export { type AcceptPolicy, AcceptQueue } from "./accept-queue.ts";
export { attach, type AttachOptions, type ByteStreamPair } from "./attach.ts";
export {
  type Clock,
  type FlushScheduler,
  flushInNextTask,
  LONGEST_DELAY,
  systemClock,
  type Timer,
} from "./clock.ts";
export { Deadlines } from "./deadlines.ts";
export {
  MuxadoError,
  type MuxadoErrorCode,
  type MuxadoErrorInit,
  type ResetCode,
  type RetryVerdict,
} from "./errors.ts";
export { AcceptIterator } from "./iterators.ts";
export { muxado } from "./muxado-wire.ts";
export { type KeepContext, reportThrown, type StreamObserver } from "./observer.ts";
export {
  checkNumber,
  checkOptions,
  type RecordedSession,
  type RecordHook,
  type Role,
  type SessionOptions,
  type StreamWatcher,
} from "./options.ts";
export type { Priority } from "./priority.ts";
export { type GoAwayCode, type OpenOptions, Session } from "./session.ts";
export type { CloseOptions, SessionEnd } from "./shutdown.ts";
export type { SessionStats, StreamStats } from "./stats.ts";
export { Stream, type WaitOptions } from "./stream.ts";
export type { Trace, TracedFrame } from "./trace.ts";
export type { Transport, TransportInput } from "./transport.ts";
export { DataFlag, type Wire, type WireDecoder, type WireError, type WireHandler } from "./wire.ts";
