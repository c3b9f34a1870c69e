// The options of a session: their meaning, defaults and limits, and the one place where they are checked.

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

/** Which side of the session this is: it decides whose stream ids are odd. The two sides must differ. */
export type Role = "client" | "server";

/** What a {@link RecordHook} is told of its session. */
export interface RecordedSession {
  /** Which side it is. */
  readonly role: Role;
  /** Its wire protocol. */
  readonly wire: Wire;
  /** Its source of time. */
  readonly clock: Clock;
}

/** Called when a session is made, with its transport. The session uses the one that is returned in its place. */
export type RecordHook = (transport: Transport, session: RecordedSession) => Transport;

/** Told of each stream of a session, of either side. What it throws is reported as an uncaught exception of its own. */
export interface StreamWatcher {
  /** Called when `stream` was opened here, or has arrived: before it can be accepted, and inside `open`. */
  opened?(stream: Stream): void;
  /** Called when both directions of `stream` have ended, or it has failed: then its `error` says why. */
  closed?(stream: Stream): void;
}

/** Options that every session takes, whatever carries it. */
export interface SessionOptions {
  /** The wire protocol. Default: `muxado`, the only one in this package. */
  readonly wire?: Wire | undefined;
  /**
   * Bytes that a peer may have unread or on their way on one stream. Default: 262 144, what every peer assumes,
   * and then as many as the reader consumes in some round trips, up to `maxWindowSize`. A given size is fixed: less
   * than the wire's initial credit takes hold once that credit is used up; more is granted by one increment for each
   * stream.
   */
  readonly windowSize?: number | undefined;
  /** The most bytes that a window of no given size grows to. Default: 16 777 216. */
  readonly maxWindowSize?: number | undefined;
  /**
   * Bytes of memory for what the peer has sent and nobody has read, and for writes that wait. Windows grow into a quarter
   * of it. Streams that wait for `accept` may fill their windows beside that; of the rest, as much is granted as there
   * is: while so many accepted streams have unread bytes, `accept` waits. Streams that were opened here have their first
   * window besides. When all that was not enough, the streams that hold most are reset with ENHANCE_YOUR_CALM.
   * Default: 134 217 728, or four times `windowSize` if that is more.
   */
  readonly memoryBudget?: number | undefined;
  /**
   * Bytes between the streams and the transport, from which on writes wait in their streams: a late urgent write waits
   * for no more than these and one frame. Default: 262 144.
   */
  readonly transportBudget?: number | undefined;
  /** Remote streams that may wait for `accept`; one more is refused with ACCEPT_QUEUE_FULL. Default: 128; on Yamux 256. */
  readonly acceptBacklog?: number | undefined;
  /**
   * Remote streams that may be open at once; one more is refused with STREAM_REFUSED. Each costs the session half a
   * kilobyte and the application what it does with it. Default: 4 096.
   */
  readonly maxInboundStreams?: number | undefined;
  /** Local streams that may be open at once; `open` beyond throws STREAM_LIMIT. Default: no cap. A Rust peer takes 512 of both sides together. */
  readonly maxOutboundStreams?: number | undefined;
  /**
   * Resets that the peer may provoke in 10 seconds, counted from the first of them, by refused opens or by breaking rules; one more
   * ends the session with ENHANCE_YOUR_CALM. Default: 10 000.
   */
  readonly maxProvokedResets?: number | undefined;
  /**
   * Resets that the peer has provoked and that may wait while the transport takes no writes; one more ends the
   * session with ENHANCE_YOUR_CALM. Default: 10 000.
   */
  readonly maxWaitingResets?: number | undefined;
  /**
   * Streams of its own that the peer may reset in 10 seconds, each within 10 seconds of its last frame and before
   * anything was sent on it; one more ends the session with ENHANCE_YOUR_CALM. Default: 10 000.
   */
  readonly maxRapidResets?: number | undefined;
  /** Frames in a row that say nothing; one more ends the session with ENHANCE_YOUR_CALM. Default: 100. */
  readonly maxEmptyFrames?: number | undefined;
  /**
   * Increments that the peer may send beyond one for each byte that was sent to it and each stream that it has opened;
   * one more ends the session with ENHANCE_YOUR_CALM. Default: 10 000.
   */
  readonly maxUnearnedIncrements?: number | undefined;
  /**
   * Frames that the peer may send on streams that are not there, beyond four for each frame that was sent to it and for
   * each stream that it has opened, and the credit of those that were reset here; one more ends the session with
   * ENHANCE_YOUR_CALM. Default: 10 000.
   */
  readonly maxStrayFrames?: number | undefined;
  /**
   * Milliseconds that a write may wait for the peer's credit without getting any, before its stream is reset with
   * WRITE_TIMEOUT. Default: 300 000.
   */
  readonly writeTimeout?: number | undefined;
  /**
   * Milliseconds that the transport may take for one write, and at most twice that, before the session ends with
   * TRANSPORT_FAILED. A slow line takes some hundred kilobytes in that time. Default: 300 000.
   */
  readonly transportTimeout?: number | undefined;
  /**
   * Milliseconds that a stream which was closed here waits for the peer's end of it, before it is reset. Default:
   * 300 000.
   */
  readonly streamCloseTimeout?: number | undefined;
  /**
   * Milliseconds that a stream of the peer's may wait for `accept`, and at most twice that, before it is refused
   * with STREAM_REFUSED. Default: 60 000; on Yamux 30 000.
   */
  readonly acceptTimeout?: number | undefined;
  /**
   * Milliseconds that `close` waits for open streams, for their output to leave, and for the peer to take it and end
   * the connection, before it resets and drops what is left. Default: 30 000; Infinity: no deadline.
   */
  readonly closeTimeout?: number | undefined;
  /** Milliseconds after a peer's GOAWAY, without any stream open, until the session ends by itself. Default: 30 000. */
  readonly goAwayTimeout?: number | undefined;
  /**
   * Milliseconds that the last output of a session has to leave, and the peer to take it and end the connection, after
   * any end but a drain; at most 1 000 after the deadline of a drain. Default: 10 000.
   */
  readonly lingerTimeout?: number | undefined;
  /** Sees each frame, in and out; for debugging. Default: none, at no cost. */
  readonly trace?: Trace | undefined;
  /**
   * Told of each stream that begins and ends, also inside commands; every command is safe inside. Default: nobody is.
   */
  readonly watcher?: StreamWatcher | undefined;
  /**
   * Called when an observer is given to a stream, and returns what runs its calls later: for platforms with a context that
   * follows what a program does, as Node's AsyncLocalStorage. Default: the adapter's, or none.
   */
  readonly keepContext?: KeepContext | undefined;
  /** Stands between the session and its transport, such as a recorder's `record`. Default: nothing does. */
  readonly record?: RecordHook | undefined;
  /** The source of time. Default: the platform's. */
  readonly clock?: Clock | undefined;
  /** Runs a flush at the end of the turn. Default: the adapter's, or `flushInNextTask`. */
  readonly scheduleFlush?: FlushScheduler | undefined;
}

/** Options without a default. */
type Hook = "trace" | "record" | "watcher" | "keepContext";

/** The options of a session with every default filled in. */
export type ResolvedOptions = {
  readonly [Name in keyof Omit<SessionOptions, Hook>]-?: NonNullable<SessionOptions[Name]>;
} & {
  readonly role: Role;
  readonly trace: Trace | undefined;
  readonly watcher: StreamWatcher | undefined;
  readonly record: RecordHook | undefined;
  readonly keepContext: KeepContext | undefined;
};

/** What a window of no given size grows to, at the most: enough for 1 Gbit/s over a round trip of 100 ms. */
const MAX_WINDOW_SIZE = 16 * 1024 * 1024;

/** Every numeric option: default, least, most. Infinity is always allowed where the most is Infinity. */
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

/** Fills in defaults. Throws a RangeError or TypeError that names the option. */
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
    // A given size is fixed, whatever it is.
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
 * Throws now what a session would throw when it is made: for adapters that dial or listen first.
 *
 * @throws {RangeError | TypeError} naming the option that is out of range.
 */
export function checkOptions(role: Role, options: SessionOptions): void {
  resolveOptions(role, options);
}
