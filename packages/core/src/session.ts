// One session, as the application holds it: opening, accepting, closing; and the place where its parts are made and
// given to each other. Bytes come in through inbound and leave through outbound; what frames mean is in dispatch, how it
// all ends in shutdown.

import { NOTHING } from "./base/bytes.ts";
import { type ResetCode, wireCodeOf } from "./base/errors.ts";
import { checkNumber } from "./base/numbers.ts";
import { Slices } from "./base/slices.ts";
import type { WaitOptions } from "./base/waiter.ts";
import { Acknowledgements } from "./life/acknowledgements.ts";
import { Counters } from "./life/counters.ts";
import { type Holder, MemoryBudget } from "./life/memory-budget.ts";
import { Opening } from "./life/opening.ts";
import { Pings } from "./life/pings.ts";
import { Resets } from "./life/resets.ts";
import type { CloseOptions, SessionEnd } from "./life/session-end.ts";
import { Shutdown } from "./life/shutdown.ts";
import { StreamTable } from "./life/stream-table.ts";
import {
  type ResolvedOptions,
  resolveOptions,
  type Role,
  type SessionOptions,
  type StreamWatcher,
} from "./options.ts";
import { AcceptIterator, AcceptQueue } from "./receiving/accept-queue.ts";
import { Credit } from "./receiving/credit.ts";
import { Dispatch } from "./receiving/dispatch.ts";
import { Inbound } from "./receiving/inbound.ts";
import { WindowTuning } from "./receiving/window-tuning.ts";
import { ContainedTransport } from "./seams/contained-transport.ts";
import { reportThrown } from "./seams/observer.ts";
import type { SessionStats } from "./seams/statistics.ts";
import { guarded, tracedHandler } from "./seams/trace.ts";
import type { Transport } from "./seams/transport.ts";
import { compose } from "./sending/compose.ts";
import { Outbound } from "./sending/outbound.ts";
import { DEFAULT_PRIORITY, packPriority, type Priority } from "./sending/priority.ts";
import { Scheduler } from "./sending/scheduler.ts";
import { StalledStreams } from "./sending/stalled-streams.ts";
import { sessionStats } from "./stats.ts";
import { Stream } from "./stream.ts";

/** Options of {@link Session.open}. */
export interface OpenOptions {
  /** Resets the stream with STREAM_CANCELLED when it aborts, at any time of the stream's life. */
  readonly signal?: AbortSignal | undefined;
  /** When the stream's output leaves, compared with that of other streams. Default: urgency 3, weight 16. */
  readonly priority?: Priority | undefined;
}

/** Why a peer is told to open no more streams: a name of the protocol's or a number. */
export type GoAwayCode = "NO_ERROR" | ResetCode;

interface OwnParts {
  readonly counters: Counters;
  readonly acceptQueue: AcceptQueue<Stream>;
  readonly tuning: WindowTuning;
  readonly pings: Pings;
  readonly shutdown: Shutdown<Stream>;
}

/**
 * Many streams over one transport, opened from either side.
 *
 * An adapter makes it (`connect`, `createServer`, `attach`); it owns the transport from then on.
 */
export class Session implements AsyncIterable<Stream> {
  /** Which side this is. */
  readonly role: Role;
  /** @internal */
  readonly options: ResolvedOptions;
  /** @internal */
  readonly table: StreamTable<Stream>;
  /** @internal */
  readonly outbound: Outbound;
  /** @internal */
  readonly scheduler: Scheduler;
  /** @internal Streams that have output and that the peer gives no credit. */
  readonly stalled: StalledStreams;
  /** @internal */
  readonly memory: MemoryBudget;
  /** @internal */
  readonly credit: Credit;
  /** @internal */
  readonly resets: Resets<Stream>;
  /** @internal Undefined on a wire whose peers do not acknowledge streams. */
  readonly acknowledgements: Acknowledgements<Stream> | undefined;
  /** @internal Parts that nobody reaches through the session. */
  readonly own: OwnParts;

  /**
   * Runs the protocol over `transport`, which it starts, and from now on owns.
   *
   * @throws {RangeError | TypeError} naming the option that is out of range.
   */
  constructor(transport: Transport, role: Role, options: SessionOptions = {}) {
    this.role = role;
    this.options = resolveOptions(role, options);
    const { wire, clock, transportBudget, scheduleFlush, acceptBacklog } = this.options;
    const counters = new Counters();
    const trace = this.options.trace && guarded(this.options.trace);
    const carrier = new ContainedTransport(
      this.options.record?.(transport, this.options) ?? transport,
      clock,
      this.options.transportTimeout,
    );
    const table: StreamTable<Stream> = new StreamTable(
      role === "client" ? wire.firstClientStreamId : wire.firstServerStreamId,
      wire.maxStreamId,
    );
    this.table = table;
    const acceptQueue: AcceptQueue<Stream> = new AcceptQueue({
      backlog: acceptBacklog,
      timeout: this.options.acceptTimeout,
      clock,
      schedule: scheduleFlush,
      mayAccept: () => this.memory.mayAccept,
      accepted: (stream) => accepted(this, stream),
      refuse: (stream, code) => this.resets.refuse(stream, code),
    });
    const window = Math.max(wire.initialWindow, this.options.windowSize);
    this.memory = new MemoryBudget(
      { limit: this.options.memoryBudget, window, backlog: acceptBacklog },
      () => table.all().map(holderOf),
      () => acceptQueue.resume(),
    );
    const outbound = new Outbound(
      carrier,
      wire,
      transportBudget,
      scheduleFlush,
      () => compose(this),
      trace,
      (streamId) => this.resets.spoiled(streamId),
    );
    this.outbound = outbound;
    this.stalled = new StalledStreams(clock, this.options.writeTimeout, this.memory);
    this.scheduler = new Scheduler(outbound, this.stalled);
    const tuning = new WindowTuning(clock, this.memory, this.options.maxWindowSize);
    this.credit = new Credit(outbound, tuning);
    const ground = {
      clock,
      counters,
      table,
      outbound,
      options: this.options,
      flooded: (detail: string) => shutdown.breach("ENHANCE_YOUR_CALM", `the peer ${detail}`),
    };
    this.resets = new Resets(ground);
    this.acknowledgements =
      wire.maxUnacknowledged === undefined
        ? undefined
        : new Acknowledgements(wire.maxUnacknowledged, (stream) => {
            announceLater(this, stream);
            if (stream.sending.waits) this.scheduler.schedule(stream.sending);
          });
    const shutdown: Shutdown<Stream> = new Shutdown({
      ...ground,
      transport: carrier,
      resets: this.resets,
      ends: new Slices(clock, (stream: Stream) => stream.settle()),
      pendingInput: () => inbound.pending,
      release: () => {
        inbound.stop();
        this.credit.clear();
        this.stalled.clear();
        this.resets.clear();
        return table.takeAll();
      },
      fail: (error) => {
        acceptQueue.end(error);
        pings.fail(error);
      },
    });
    const pings = new Pings({
      ...ground,
      refusal: () => (shutdown.ended ? shutdown.endError() : undefined),
      measured: (roundTrip) => tuning.measured(roundTrip),
    });
    const dispatch = new Dispatch({
      ...ground,
      acceptQueue,
      acknowledgements: this.acknowledgements,
      memory: this.memory,
      tuning,
      resets: this.resets,
      pings,
      shutdown,
      begin: (streamId) => begin(this, streamId),
    });
    const isOver = (): boolean => shutdown.ended;
    const inbound = new Inbound({
      ...ground,
      decoder: wire.createDecoder(
        trace === undefined ? dispatch : tracedHandler(dispatch, trace, isOver),
      ),
      isOver,
    });
    this.own = { counters, acceptQueue, tuning, pings, shutdown };
    carrier.start({
      receive: (chunk) => inbound.receive(chunk),
      written() {
        outbound.written();
        table.mostLately = table.count;
      },
      ended: (error) => shutdown.transportEnded(error),
    });
    wire.began?.(this, clock);
  }

  /** Settles with the full story once the session and its transport have ended; never rejects. */
  get closed(): Promise<SessionEnd> {
    return this.own.shutdown.closed;
  }

  /**
   * Opens a stream. The peer learns of it with the first write, or at the end of this turn.
   *
   * @throws {MuxadoError} SESSION_CLOSED (or why the session ended), REMOTE_GONE_AWAY, STREAM_LIMIT,
   * STREAMS_EXHAUSTED; all of them safe to retry on another session.
   * @throws {RangeError} if the priority is out of range.
   * @throws the signal's reason, if it has aborted.
   */
  open(options?: OpenOptions): Stream {
    const signal = options?.signal;
    signal?.throwIfAborted();
    const priority = options?.priority && packPriority(options.priority, DEFAULT_PRIORITY);
    const refusal =
      this.own.shutdown.openRefusal ?? this.table.openRefusal(this.options.maxOutboundStreams);
    if (refusal !== undefined) throw refusal;
    const stream = new Stream(this, this.table.takeLocalId(), true);
    if (priority !== undefined) stream.sending.priority = priority;
    this.acknowledgements?.open(stream);
    this.table.addLocal(stream);
    this.outbound.requestFlush();
    if (signal !== undefined) stream.tieTo(signal);
    tellWatcher(this, "opened", stream);
    return stream;
  }

  /**
   * The next stream that the peer has opened. Several accepts may wait; they are served in order.
   *
   * @throws {MuxadoError} once the session is over and every stream that came before has been given out.
   */
  accept(options?: WaitOptions): Promise<Stream> {
    return this.own.acceptQueue.accept(options?.signal);
  }

  /** Accepts streams until the session is over, however it ended. Leaving the loop leaves the session as it is. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Stream> {
    return new AcceptIterator(() => this.own.acceptQueue.next());
  }

  /**
   * Closes gracefully: opens and takes no more streams, waits for those that are open, says GOAWAY, sends all
   * that is queued, and ends the transport. Streams that outlast the deadline are reset, and output that does
   * is lost, which `closed` then reports as DRAIN_TIMEOUT. Resolves with `closed`; never rejects; harmless when
   * repeated.
   *
   * @throws {RangeError} at once, if the timeout is not a number of milliseconds.
   */
  close(options: CloseOptions = {}): Promise<void> {
    if (options.timeout !== undefined) checkNumber("timeout", options.timeout, 0, Infinity);
    this.own.shutdown.drain(options);
    return this.closed.then(() => undefined);
  }

  /**
   * Ends the session at once. Every stream and every pending operation fails with SESSION_CLOSED; the peer
   * gets a GOAWAY if the transport still takes it. Harmless when repeated.
   *
   * @param error the reason, kept as the `cause` of those errors; a {@link MuxadoError} about a session lends
   * them its code, too. The peer learns only that there is one.
   */
  destroy(error?: unknown): void {
    this.own.shutdown.destroy(error);
  }

  /**
   * Tells the peer to open no more streams, and refuses those that it opens all the same. Everything else
   * goes on. A Rust peer drops its streams at once.
   *
   * @param code why. Default: NO_ERROR.
   * @param debug for the peer's logs; text is sent as UTF-8.
   * @throws {RangeError} if the code is not a u32, or the debug data is longer than the wire allows (1 024 bytes).
   */
  goAway(code: GoAwayCode = "NO_ERROR", debug: string | Uint8Array = NOTHING): void {
    const bytes = typeof debug === "string" ? new TextEncoder().encode(debug) : debug;
    checkNumber("debug.length", bytes.length, 0, this.options.wire.maxDebugLength);
    const number = typeof code === "number" ? code : wireCodeOf(code);
    this.own.shutdown.goAway(checkNumber("code", number, 0, 0xffffffff), bytes);
  }

  /** Counters of this moment; cheap to read. */
  stats(): SessionStats {
    const { table, outbound, memory } = this;
    return sessionStats({ ...this.own, table, outbound, memory });
  }

  /**
   * Tells the session what a round trip takes, for those who measure it: windows that tune themselves grow by it. The
   * session measures for itself, too, but only while credit is what a stream waits for.
   *
   * @param milliseconds more than 0.
   * @throws {RangeError} if it is not.
   */
  reportRoundTrip(milliseconds: number): void {
    if (!(milliseconds > 0 && milliseconds < Infinity)) {
      throw new RangeError(`a round trip takes more than 0 ms, got ${milliseconds}`);
    }
    this.own.tuning.measured(milliseconds);
  }

  /**
   * Asks the peer for a sign of life, and resolves with the round trip in milliseconds. An abort cancels the wait.
   *
   * @throws {MuxadoError} why the session ended, or SESSION_CLOSED.
   * @throws {TypeError} at once, if the session's wire has no pings: muxado's has none, see `@muxado/heartbeat`.
   */
  ping(options?: WaitOptions): Promise<number> {
    if (this.options.wire.putPing === undefined) {
      throw new TypeError(`the ${this.options.wire.name} wire has no pings`);
    }
    return this.own.pings.send(options?.signal);
  }

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal Both directions of `stream` have ended, or it has failed. */
  streamEnded(stream: Stream): void {
    // With the session, all have left at once.
    if (this.table.remove(stream)) {
      this.acknowledgements?.end(stream);
      // However long the transport is stuck, nothing keeps a stream that has ended.
      this.scheduler.remove(stream.sending);
      this.stalled.delete(stream.sending);
      this.credit.forget(stream.receiving);
      this.resets.forget(stream);
    }
    tellWatcher(this, "closed", stream);
    this.own.shutdown.streamEnded();
  }

  /** @internal A drain does not wait for one of the streams any more. */
  addBackground(): void {
    this.table.addBackground();
    this.own.shutdown.streamEnded();
  }
}

/** Begins a stream of the peer's. */
function begin(session: Session, streamId: number): Stream {
  const stream = new Stream(session, streamId, false);
  session.table.addRemote(stream);
  // Where it is acknowledged, credit comes behind that.
  if (session.acknowledgements === undefined) stream.receiving.begin();
  tellWatcher(session, "opened", stream);
  return stream;
}

/** How `stream` stands to the memory budget. */
function holderOf(stream: Stream): Holder {
  return {
    held: stream.receiving.charge + stream.sending.stalled,
    pay() {
      const detail = "it held the most of a session that exceeds its memory budget";
      stream.session.resets.charge(stream, "ENHANCE_YOUR_CALM", detail);
    },
  };
}

/** The application has accepted `stream`. Where peers are told so, it is with the next frame on it. */
function accepted(session: Session, stream: Stream): void {
  stream.opening = Opening.done;
  stream.receiving.accepted();
  if (session.acknowledgements === undefined || stream.isOver || session.own.shutdown.ended) return;
  stream.opening = Opening.ack;
  announceLater(session, stream);
  stream.receiving.begin();
}

/** The SYN or ACK of `stream` leaves with the next flush, if not with its first bytes. */
function announceLater({ table, outbound }: Session, stream: Stream): void {
  table.announceLater(stream);
  outbound.requestFlush();
}

function tellWatcher({ options }: Session, event: keyof StreamWatcher, stream: Stream): void {
  try {
    options.watcher?.[event]?.(stream);
  } catch (error) {
    reportThrown(error);
  }
}
