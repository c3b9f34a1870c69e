// The options of a session: their meaning, defaults and limits. This is the only place that checks them.

import {
  type Clock,
  type FlushScheduler,
  flushInNextTask,
  LONGEST_DELAY,
  systemClock,
} from "./base/clock.ts";
import { checkNumber } from "./base/numbers.ts";
import { muxado } from "./muxado-wire.ts";
import type { KeepContext } from "./seams/observer.ts";
import type { Trace } from "./seams/trace.ts";
import type { Transport } from "./seams/transport.ts";
import type { Wire } from "./seams/wire.ts";
import type { Stream } from "./stream.ts";

/**
 * The side of a session. The client uses odd stream ids, and the server uses even ones, so the two sides must have
 * different roles.
 */
export type Role = "client" | "server";

/** The facts about a session that a {@link RecordHook} gets. */
export interface RecordedSession {
  /** The role of the recorded side. */
  readonly role: Role;
  /** The wire protocol of the session. */
  readonly wire: Wire;
  /** The session's source of time. */
  readonly clock: Clock;
}

/** Called with the transport when a session is made. The session uses the returned transport instead. */
export type RecordHook = (transport: Transport, session: RecordedSession) => Transport;

/**
 * Called for each stream of a session, whichever side has opened it. Its errors are reported as uncaught exceptions.
 */
export interface StreamWatcher {
  /**
   * Called inside `open` when `stream` is opened here, or when a stream of the peer has arrived, before it can be
   * accepted.
   */
  opened?(stream: Stream): void;
  /**
   * Called when both directions of `stream` have ended, or when it has failed. After a failure, `stream.error` gives
   * the reason.
   */
  closed?(stream: Stream): void;
}

/** Options of every session, over every transport. */
export interface SessionOptions {
  /** The wire protocol. Default: `muxado`, the only one in this package. */
  readonly wire?: Wire | undefined;
  /**
   * The most bytes on one stream that are on their way to this side or unread here. Default: 262 144, which every peer
   * assumes. A window of the default size grows to the bytes that the reader consumes in some round trips, up to
   * `maxWindowSize`. A window of a given size does not grow, and `maxWindowSize` has no effect. A size below the wire's
   * initial credit takes effect after that credit is used. A larger size is granted with one increment for each stream.
   */
  readonly windowSize?: number | undefined;
  /** The most bytes of a window without a given size; without effect if `windowSize` is given. Default: 16 777 216. */
  readonly maxWindowSize?: number | undefined;
  /**
   * Bytes of memory for received bytes that nobody has read, and for writes that wait for the peer's credit. The writes
   * of a stream count up to 64 KiB. A quarter of the budget is for windows that grow. Another part is for the windows of
   * streams that wait for `accept`. The rest is for the windows of accepted streams: if so many of them have unread
   * bytes that no further window fits, `accept` waits. The first window of a stream opened here does not count. If the
   * budget is exceeded nevertheless, the streams that hold the most memory are reset with ENHANCE_YOUR_CALM. Default:
   * 134 217 728, or four times `windowSize` if that is more.
   */
  readonly memoryBudget?: number | undefined;
  /**
   * Bytes that may be encoded and not yet taken by the transport. At this limit, writes wait in their streams. An
   * urgent write has to wait for at most these bytes and one frame. Default: 262 144, and up to 1 048 576 while the
   * transport takes full writes within a millisecond.
   */
  readonly transportBudget?: number | undefined;
  /**
   * Remote streams that may wait for `accept`; one more is refused with ACCEPT_QUEUE_FULL. Default: 128; on Yamux 256.
   */
  readonly acceptBacklog?: number | undefined;
  /**
   * Remote streams that may be open at once; one more is refused with STREAM_REFUSED. Each stream costs the session
   * half a kilobyte, and the application the memory that it uses for the stream. Default: 4 096.
   */
  readonly maxInboundStreams?: number | undefined;
  /**
   * Local streams that may be open at once; for one more, `open` throws STREAM_LIMIT. Default: no limit. A Rust peer
   * accepts 512 streams of both sides together.
   */
  readonly maxOutboundStreams?: number | undefined;
  /**
   * Resets that the peer may provoke in 10 seconds, by streams that are refused or by broken rules. The 10 seconds
   * begin with the first reset. One more reset ends the session with ENHANCE_YOUR_CALM. Default: 10 000.
   */
  readonly maxProvokedResets?: number | undefined;
  /**
   * Resets provoked by the peer that may wait while the transport takes no writes; one more ends the session with
   * ENHANCE_YOUR_CALM. Default: 10 000.
   */
  readonly maxWaitingResets?: number | undefined;
  /**
   * The number of its own streams that the peer may reset in 10 seconds. A reset counts if it arrives within 10 seconds
   * after the stream's last frame, and before anything was sent on the stream. One more reset ends the session with
   * ENHANCE_YOUR_CALM. Default: 10 000.
   */
  readonly maxRapidResets?: number | undefined;
  /**
   * Consecutive frames of the peer without any content; one more ends the session with ENHANCE_YOUR_CALM. Default: 100.
   */
  readonly maxEmptyFrames?: number | undefined;
  /**
   * Increments that the peer may send in addition to one for each byte that was sent to it and one for each stream that
   * it has opened; one more ends the session with ENHANCE_YOUR_CALM. Default: 10 000.
   */
  readonly maxUnearnedIncrements?: number | undefined;
  /**
   * Frames that the peer may send on streams that do not exist, in addition to four for each frame that was sent to it
   * and four for each stream that it has opened. Frames that use the remaining credit of streams that were reset here
   * do not count. One more ends the session with ENHANCE_YOUR_CALM. Default: 10 000.
   */
  readonly maxStrayFrames?: number | undefined;
  /**
   * Milliseconds that a write may wait while no credit arrives from the peer. Then its stream is reset with
   * WRITE_TIMEOUT. Default: 300 000.
   */
  readonly writeTimeout?: number | undefined;
  /**
   * Milliseconds that the transport may take for one write. After this time, or at most twice this time, the session
   * ends with TRANSPORT_FAILED. In this time, even a slow connection takes some hundred kilobytes. Default: 300 000.
   */
  readonly transportTimeout?: number | undefined;
  /**
   * Milliseconds that the peer has to end a stream that was closed here. Then the stream is reset. Default: 300 000.
   */
  readonly streamCloseTimeout?: number | undefined;
  /**
   * Milliseconds that a stream of the peer may wait for `accept`. After this time, or at most twice this time, it is
   * refused with STREAM_REFUSED. Default: 60 000; on Yamux 30 000.
   */
  readonly acceptTimeout?: number | undefined;
  /**
   * Milliseconds that `close` waits until open streams have ended, their output has left, and the peer has taken it and
   * ended the connection. Then it resets open streams and drops unsent output. Default: 30 000; Infinity: no deadline.
   */
  readonly closeTimeout?: number | undefined;
  /**
   * Milliseconds without an open stream, after the peer's GOAWAY, until the session ends by itself. Default: 30 000.
   */
  readonly goAwayTimeout?: number | undefined;
  /**
   * Milliseconds after the end of a session in which its last output may leave, and the peer may take it and end the
   * connection. After `close`, its own deadline counts instead. After that deadline, and when the peer seems to be
   * gone, the time is at most 1 000. Default: 10 000.
   */
  readonly lingerTimeout?: number | undefined;
  /** Called with each frame in both directions, for debugging. Default: none. */
  readonly trace?: Trace | undefined;
  /**
   * Called for each stream that begins or ends. This may be inside a command of the application. A watcher may call
   * every command. Default: none.
   */
  readonly watcher?: StreamWatcher | undefined;
  /**
   * Called when a stream gets an observer. Returns a function that later calls the methods of the observer. For
   * platforms where a program can keep a context over asynchronous calls, such as AsyncLocalStorage of Node. Default:
   * that of the adapter, or none.
   */
  readonly keepContext?: KeepContext | undefined;
  /** Wraps the transport of the session, for example `record` of a recorder. Default: none. */
  readonly record?: RecordHook | undefined;
  /** The source of time. Default: the platform's. */
  readonly clock?: Clock | undefined;
  /** Runs a flush at the end of the turn. Default: that of the adapter, or `flushInNextTask`. */
  readonly scheduleFlush?: FlushScheduler | undefined;
}

/** Options without a default. */
type Hook = "trace" | "record" | "watcher" | "keepContext";

/** The options of a session, with all defaults. */
export type ResolvedOptions = {
  readonly [Name in keyof Omit<SessionOptions, Hook>]-?: NonNullable<SessionOptions[Name]>;
} & {
  readonly role: Role;
  readonly trace: Trace | undefined;
  readonly watcher: StreamWatcher | undefined;
  readonly record: RecordHook | undefined;
  readonly keepContext: KeepContext | undefined;
};

/** The most bytes of a window without a given size: enough for 1 Gbit/s over a round trip of 100 ms. */
const MAX_WINDOW_SIZE = 16 * 1024 * 1024;

/**
 * The default, the smallest and the largest value of each numeric option. Infinity is allowed if it is the largest
 * value.
 */
const NUMBERS = {
  windowSize: [undefined, 1, undefined],
  maxWindowSize: [MAX_WINDOW_SIZE, 1, undefined],
  memoryBudget: [128 * 1024 * 1024, 0, Infinity],
  transportBudget: [256 * 1024, 1, Infinity],
  maxInboundStreams: [4 * 1024, 0, Infinity],
  maxOutboundStreams: [Infinity, 0, Infinity],
  maxProvokedResets: [10_000, 0, Infinity],
  maxWaitingResets: [10_000, 0, Infinity],
  maxRapidResets: [10_000, 0, Infinity],
  maxEmptyFrames: [100, 0, Infinity],
  maxUnearnedIncrements: [10_000, 0, Infinity],
  maxStrayFrames: [10_000, 0, Infinity],
  writeTimeout: [300_000, 0, Infinity],
  transportTimeout: [300_000, 1, Infinity],
  streamCloseTimeout: [300_000, 0, Infinity],
  acceptBacklog: [128, 1, Infinity],
  acceptTimeout: [60_000, 0, Infinity],
  closeTimeout: [30_000, 0, Infinity],
  goAwayTimeout: [30_000, 0, Infinity],
  lingerTimeout: [10_000, 0, LONGEST_DELAY],
} as const satisfies Partial<
  Record<keyof SessionOptions, readonly [number | undefined, number, number | undefined]>
>;

/**
 * Returns the options with all defaults. Throws a RangeError or TypeError if an option is not valid; the message names
 * the option.
 */
export function resolveOptions(role: Role, options: SessionOptions): ResolvedOptions {
  if (role !== "client" && role !== "server") {
    throw new TypeError(`role must be "client" or "server", got ${String(role)}`);
  }
  const wire = options.wire ?? muxado;
  const defaults: SessionOptions = wire.defaults ?? {};
  const numbers = {} as Record<keyof typeof NUMBERS, number>;
  for (const [name, [fallback, least, most]] of Object.entries(NUMBERS)) {
    const key = name as keyof typeof NUMBERS;
    numbers[key] = checkNumber(
      name,
      options[key] ??
        defaults[key] ??
        Math.min(fallback ?? wire.initialWindow, most ?? wire.maxWindow),
      least,
      most ?? wire.maxWindow,
    );
  }
  return {
    role,
    wire,
    ...numbers,
    memoryBudget: options.memoryBudget ?? Math.max(numbers.memoryBudget, 4 * numbers.windowSize),
    // A given size is fixed, so the window must not grow beyond it.
    maxWindowSize: options.windowSize ?? numbers.maxWindowSize,
    trace: options.trace,
    watcher: options.watcher,
    record: options.record,
    keepContext: options.keepContext,
    clock: options.clock ?? systemClock,
    scheduleFlush: options.scheduleFlush ?? flushInNextTask,
  };
}

/**
 * Throws the errors that a session would throw when it is made. For adapters that connect or listen first.
 *
 * @throws {RangeError | TypeError} if an option is out of range; the message names the option.
 */
export function checkOptions(role: Role, options: SessionOptions): void {
  resolveOptions(role, options);
}
