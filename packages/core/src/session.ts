// The class of sessions, with the methods for the application. This file also makes the parts of a session, and
// connects them. Bytes arrive through `Inbound` and leave through `Outbound`. `Dispatch` handles frames, and `Shutdown`
// handles the end.

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
import type { CloseOptions, PeerGoAway, SessionEnd, SessionState } from "./life/session-end.ts";
import { Shutdown } from "./life/shutdown.ts";
import { StreamTable } from "./life/stream-table.ts";
import { type ResolvedOptions, resolveOptions, type Role, type SessionOptions } from "./options.ts";
import { AcceptIterator, AcceptQueue } from "./receiving/accept-queue.ts";
import { Credit } from "./receiving/credit.ts";
import { Dispatch } from "./receiving/dispatch.ts";
import { Inbound } from "./receiving/inbound.ts";
import { Loan } from "./receiving/loan.ts";
import { WindowTuning } from "./receiving/window-tuning.ts";
import { ContainedTransport } from "./seams/contained-transport.ts";
import { tellWatcher } from "./seams/observer.ts";
import type { SessionStats } from "./seams/statistics.ts";
import { guarded, tracedHandler } from "./seams/trace.ts";
import type { Transport } from "./seams/transport.ts";
import { compose } from "./sending/compose.ts";
import { Outbound } from "./sending/outbound.ts";
import { DEFAULT_PRIORITY, packPriority, type Priority } from "./sending/priority.ts";
import { Scheduler } from "./sending/scheduler.ts";
import { StalledStreams } from "./sending/stalled-streams.ts";
import { TransportBudget } from "./sending/transport-budget.ts";
import { sessionStats } from "./stats.ts";
import { Stream } from "./stream.ts";

/** Options of {@link Session.open}. */
export interface OpenOptions {
  /** When this signal aborts, the stream is reset with STREAM_CANCELLED, unless it has already ended. */
  readonly signal?: AbortSignal | undefined;
  /** When the stream's output is sent, compared with other streams. Default: urgency 3, weight 16. */
  readonly priority?: Priority | undefined;
}

/** The reason in a GOAWAY: a name from the protocol, or a number. */
export type GoAwayCode = "NO_ERROR" | ResetCode;

interface OwnParts {
  readonly counters: Counters;
  readonly acceptQueue: AcceptQueue<Stream>;
  readonly tuning: WindowTuning;
  readonly pings: Pings;
  readonly shutdown: Shutdown<Stream>;
}

/**
 * Many streams over one transport. Both sides can open streams.
 *
 * Adapters make sessions (`connect`, `createServer`, `attach`). A session owns its transport.
 */
export class Session implements AsyncIterable<Stream> {
  /** Which side of the session this is. */
  readonly role: Role;
  /** @internal */
  readonly options: ResolvedOptions;
  /** @internal */
  readonly table: StreamTable<Stream>;
  /** @internal */
  readonly outbound: Outbound;
  /** @internal */
  readonly scheduler: Scheduler;
  /** @internal Streams that have output but no credit from the peer. */
  readonly stalled: StalledStreams;
  /** @internal */
  readonly memory: MemoryBudget;
  /** @internal */
  readonly credit: Credit;
  /** @internal */
  readonly resets: Resets<Stream>;
  /** @internal Undefined on a wire whose peers do not acknowledge streams. */
  readonly acknowledgements: Acknowledgements<Stream> | undefined;
  /** @internal Parts that no other file reaches through the session. */
  readonly own: OwnParts;

  /**
   * Runs the protocol over `transport`. The session starts the transport and owns it from now on.
   *
   * @throws {RangeError | TypeError} if an option is out of range; the message names the option.
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
      new TransportBudget(clock, transportBudget, options.transportBudget !== undefined),
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
      loan: new Loan(),
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

  /** What the session can still do. After {@link goAway} it is still open, because only the peer opens no more streams. */
  get state(): SessionState {
    const { state } = this.own.shutdown;
    return state === "open" && this.table.exhausted ? "draining" : state;
  }

  /**
   * Resolves with the peer's first GOAWAY: from then on, open streams on another session; those of this one continue.
   * Never rejects. It stays pending if the session ends without a GOAWAY, so look at {@link closed} as well.
   */
  get draining(): Promise<PeerGoAway> {
    return this.own.shutdown.peerGoAways.draining;
  }

  /** Resolves with a description of the end after the session and its transport have ended. Never rejects. */
  get closed(): Promise<SessionEnd> {
    return this.own.shutdown.closed;
  }

  /**
   * Opens a stream. The peer learns of it with the first write, or at the end of this turn.
   *
   * @throws {MuxadoError} SESSION_CLOSED (or the reason of the session's end), REMOTE_GONE_AWAY, STREAM_LIMIT,
   * STREAMS_EXHAUSTED. In each case a retry on another session is safe.
   * @throws {RangeError} if the priority is out of range.
   * @throws the signal's reason, if the signal has aborted.
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
    tellWatcher(this.options.watcher, "opened", stream);
    return stream;
  }

  /**
   * Resolves with the next stream that the peer has opened. Several calls may wait; they are served in order.
   *
   * @throws {MuxadoError} after the session has ended and every stream that came before has been accepted.
   */
  accept(options?: WaitOptions): Promise<Stream> {
    return this.own.acceptQueue.accept(options?.signal);
  }

  /** Accepts streams until the session has ended, for any reason. Leaving the loop does not end the session. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Stream> {
    return new AcceptIterator(() => this.own.acceptQueue.next());
  }

  /**
   * Closes gracefully. The session opens and accepts no more streams and waits for open streams to end. Then it sends
   * GOAWAY and all queued output, and ends the transport. The option `announce` tells the peer at the beginning, too. At the deadline, open streams are reset and unsent output is
   * lost; `closed` then reports DRAIN_TIMEOUT. Resolves with `closed`; never rejects. A repeated call is harmless.
   *
   * @throws {RangeError} at once, if the timeout is not a number of milliseconds.
   */
  close(options: CloseOptions = {}): Promise<void> {
    if (options.timeout !== undefined) checkNumber("timeout", options.timeout, 0, Infinity);
    this.own.shutdown.drain(options);
    return this.closed.then(() => undefined);
  }

  /**
   * Ends the session at once. Every stream and every pending operation fails with SESSION_CLOSED. The peer gets a
   * GOAWAY if the transport still takes it. A repeated call is harmless.
   *
   * @param error the reason. It becomes the `cause` of those errors. If it is a {@link MuxadoError} about a session,
   * those errors also get its code. The peer gets only the code of the session's error, and nothing else of `error`.
   */
  destroy(error?: unknown): void {
    this.own.shutdown.destroy(error);
  }

  /**
   * Tells the peer to open no more streams, and refuses streams that it opens nevertheless. Everything else continues.
   * A Rust peer drops its streams at once.
   *
   * @param code the reason. Default: NO_ERROR.
   * @param debug text or bytes for the peer's logs. Text is sent as UTF-8.
   * @throws {RangeError} if the code is not a u32, or the debug data is longer than the wire allows (1 024 bytes).
   */
  goAway(code: GoAwayCode = "NO_ERROR", debug: string | Uint8Array = NOTHING): void {
    const bytes = typeof debug === "string" ? new TextEncoder().encode(debug) : debug;
    checkNumber("debug.length", bytes.length, 0, this.options.wire.maxDebugLength);
    const number = typeof code === "number" ? code : wireCodeOf(code);
    this.own.shutdown.goAway(checkNumber("code", number, 0, 0xffffffff), bytes);
  }

  /** Returns the counters of this moment. A call is cheap. */
  stats(): SessionStats {
    const { table, outbound, memory } = this;
    return sessionStats({ ...this.own, table, outbound, memory });
  }

  /**
   * Tells the session how long a round trip takes. For code that measures round trips. Windows without a given size
   * need this to grow. The session also measures by itself, but only while a sender waits for credit.
   *
   * @param milliseconds a finite number above 0.
   * @throws {RangeError} if `milliseconds` is not such a number.
   */
  reportRoundTrip(milliseconds: number): void {
    const isTime = milliseconds > 0 && milliseconds < Infinity;
    if (!isTime) throw new RangeError(`a round trip must be above 0, got ${milliseconds}`);
    this.own.tuning.measured(milliseconds);
  }

  /**
   * Sends a ping. Resolves with the round trip in milliseconds. An abort cancels the wait.
   *
   * @throws {MuxadoError} the error that ended the session, or SESSION_CLOSED.
   * @throws {TypeError} at once, if the session's wire has no pings. muxado has none; see `@muxado/heartbeat`.
   */
  ping(options?: WaitOptions): Promise<number> {
    if (this.options.wire.putPing === undefined) {
      throw new TypeError(`the ${this.options.wire.name} wire has no pings`);
    }
    return this.own.pings.send(options?.signal);
  }

  /** Calls {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal Called when both directions of `stream` have ended, or when it has failed. */
  streamEnded(stream: Stream): void {
    // If the session has ended, all streams have already left the table together.
    if (this.table.remove(stream)) {
      this.acknowledgements?.end(stream);
      // A stream that has ended must not stay in memory while the transport is stuck.
      this.scheduler.remove(stream.sending);
      this.stalled.delete(stream.sending);
      this.credit.forget(stream.receiving);
      this.resets.forget(stream);
    }
    tellWatcher(this.options.watcher, "closed", stream);
    this.own.shutdown.streamEnded();
  }

  /** @internal Called when a drain no longer waits for one of the streams. */
  addBackground(): void {
    this.table.addBackground();
    this.own.shutdown.streamEnded();
  }
}

/** Begins a stream that the peer has opened. */
function begin(session: Session, streamId: number): Stream {
  const stream = new Stream(session, streamId, false);
  session.table.addRemote(stream);
  // On a wire with acknowledgements, credit is sent after the acknowledgement.
  if (session.acknowledgements === undefined) stream.receiving.begin();
  tellWatcher(session.options.watcher, "opened", stream);
  return stream;
}

/** Returns `stream` in the form that the memory budget needs. */
function holderOf(stream: Stream): Holder {
  return {
    held: stream.receiving.charge + stream.sending.stalled,
    pay() {
      const detail = "it held the most memory of a session that exceeded its memory budget";
      stream.session.resets.charge(stream, "ENHANCE_YOUR_CALM", detail);
    },
  };
}

/** Called when the application has accepted `stream`. With acknowledgements, its next frame carries the ACK. */
function accepted(session: Session, stream: Stream): void {
  stream.opening = Opening.done;
  stream.receiving.accepted();
  if (session.acknowledgements === undefined || stream.isOver || session.own.shutdown.ended) return;
  stream.opening = Opening.ack;
  announceLater(session, stream);
  stream.receiving.begin();
}

/** Makes the SYN or ACK of `stream` leave with its first bytes, or at the latest with the next flush. */
function announceLater({ table, outbound }: Session, stream: Stream): void {
  table.announceLater(stream);
  outbound.requestFlush();
}
