// One session, as the application holds it: opening, accepting, closing; and the place where its parts meet.
// Bytes come in at `receive` and leave through `outbound`; what frames mean is in dispatch, how it all ends in
// shutdown.

import { AcceptQueue } from "./accept-queue.ts";
import { Acknowledgements } from "./acknowledgements.ts";
import { NOTHING, unshared } from "./bytes.ts";
import { ContainedTransport } from "./contained-transport.ts";
import { Dispatch } from "./dispatch.ts";
import { Deadlines } from "./deadlines.ts";
import { codeOfWire, type Failure, MuxadoError, type ResetCode, wireCodeOf } from "./errors.ts";
import { AcceptIterator } from "./iterators.ts";
import { Opening } from "./opening.ts";
import {
  checkNumber,
  type ResolvedOptions,
  resolveOptions,
  type Role,
  type SessionOptions,
  type StreamWatcher,
} from "./options.ts";
import { DEFAULT_PRIORITY, packPriority, type Priority } from "./priority.ts";
import { MemoryBudget } from "./memory-budget.ts";
import { reportThrown } from "./observer.ts";
import { Outbound } from "./outbound.ts";
import { Pings } from "./pings.ts";
import { Scheduler } from "./scheduler.ts";
import { Slices } from "./slices.ts";
import { type CloseOptions, type SessionEnd, Shutdown } from "./shutdown.ts";
import { Counters, countReset, type SessionStats } from "./stats.ts";
import { Stream, type WaitOptions } from "./stream.ts";
import { StalledStreams } from "./stalled-streams.ts";
import { StreamTable } from "./stream-table.ts";
import { guarded, tracedHandler } from "./trace.ts";
import { TransientMap } from "./transient-map.ts";
import type { Transport } from "./transport.ts";
import { WindowTuning } from "./window-tuning.ts";
import type { Wire, WireDecoder } from "./wire.ts";

/** Options of {@link Session.open}. */
export interface OpenOptions {
  /** Resets the stream with STREAM_CANCELLED when it aborts, at any time of the stream's life. */
  readonly signal?: AbortSignal | undefined;
  /** When the stream's output leaves, compared with that of other streams. Default: urgency 3, weight 16. */
  readonly priority?: Priority | undefined;
}

/**
 * The most output, in bytes, that may wait behind a write that is under way when input arrives, besides what the budget
 * lets bodies take, and how much more for each stream that was open meanwhile: a mebibyte, with the default budget. So
 * much is control frames: a peer that provokes them and does not read has gone too far (docs/threats.md, 6).
 */
const MOST_WAITING = 768 * 1024;
const WAITING_PER_STREAM = 32;

/** Why a peer is told to open no more streams: a name of the protocol's or a number. */
export type GoAwayCode = "NO_ERROR" | ResetCode;

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
  readonly wire: Wire;
  /** @internal */
  readonly table: StreamTable;
  /** @internal */
  readonly acceptQueue: AcceptQueue<Stream>;
  /** @internal */
  readonly outbound: Outbound;
  /** @internal */
  readonly scheduler: Scheduler;
  /** @internal */
  readonly shutdown: Shutdown;
  /** @internal */
  readonly counters: Counters = new Counters();
  /** @internal */
  readonly memory: MemoryBudget;
  /** @internal Bytes that a stream may hold unread without its window having grown. */
  readonly firstWindow: number;
  /** @internal */
  readonly tuning: WindowTuning;
  /** @internal Streams that have output and that the peer gives no credit. */
  readonly stalled: StalledStreams;
  /** @internal Streams that were closed here and that the peer does not end. */
  readonly closing: Deadlines<Stream>;
  /** @internal Undefined on a wire whose peers do not acknowledge streams. */
  readonly acknowledgements: Acknowledgements | undefined = undefined;
  /** @internal */
  readonly pings: Pings = new Pings(this);
  /** @internal */
  bytesReceived = 0;
  /** @internal When input came last, in whole milliseconds of the clock. */
  now = 0;
  /** @internal */
  readonly dispatch: Dispatch;
  /** @internal Tells those who wait on streams that have failed, in parts. */
  readonly ends: Slices<Stream>;
  /** @internal */
  readonly decoder: WireDecoder;
  /** @internal Streams that credit is owed to: their increments leave together. */
  readonly creditDue: TransientMap<Stream, true> = new TransientMap();

  /**
   * Runs the protocol over `transport`, which it starts, and from now on owns.
   *
   * @throws {RangeError | TypeError} naming the option that is out of range.
   */
  constructor(transport: Transport, role: Role, options: SessionOptions = {}) {
    this.role = role;
    this.options = resolveOptions(role, options);
    const { wire, clock, transportBudget, scheduleFlush } = this.options;
    const trace = this.options.trace && guarded(this.options.trace);
    const carrier = new ContainedTransport(
      this.options.record?.(transport, this.options) ?? transport,
      clock,
      this.options.transportTimeout,
    );
    this.wire = wire;
    this.table = new StreamTable(role, wire);
    const { maxUnacknowledged } = wire;
    if (maxUnacknowledged !== undefined) {
      this.acknowledgements = new Acknowledgements(maxUnacknowledged, (stream) => {
        this.announceLater(stream);
        if (stream.sending.waits) this.scheduler.schedule(stream);
      });
    }
    this.acceptQueue = new AcceptQueue({
      backlog: this.options.acceptBacklog,
      timeout: this.options.acceptTimeout,
      clock,
      schedule: scheduleFlush,
      mayAccept: () => this.memory.mayAccept,
      accepted: (stream) => this.accepted(stream),
      refuse: (stream, code) => this.refuse(stream, code),
    });
    this.firstWindow = Math.max(wire.initialWindow, this.options.windowSize);
    this.memory = new MemoryBudget({
      limit: this.options.memoryBudget,
      window: this.firstWindow,
      backlog: this.options.acceptBacklog,
    });
    this.tuning = new WindowTuning(clock, this.memory, this.options.maxWindowSize);
    const { writeTimeout, streamCloseTimeout } = this.options;
    this.stalled = new StalledStreams(clock, writeTimeout, this.memory, (stream) => {
      this.giveUp(stream, "WRITE_TIMEOUT", `no credit has come for ${writeTimeout} ms`);
    });
    this.closing = new Deadlines(clock, streamCloseTimeout, (stream) => {
      this.giveUp(
        stream,
        "STREAM_CANCELLED",
        `its peer has not ended it in ${streamCloseTimeout} ms`,
      );
    });
    this.outbound = new Outbound(
      carrier,
      wire,
      transportBudget,
      scheduleFlush,
      () => this.compose(),
      trace,
      (streamId) => this.spoiled(streamId),
    );
    this.scheduler = new Scheduler(this.outbound, this.stalled);
    this.ends = new Slices(clock, (stream) => stream.settle());
    this.shutdown = new Shutdown(this, carrier);
    this.dispatch = new Dispatch(this);
    const isOver = (): boolean => this.shutdown.ended;
    this.decoder = wire.createDecoder(
      trace === undefined ? this.dispatch : tracedHandler(this.dispatch, trace, isOver),
    );
    carrier.start(this);
    wire.began?.(this, clock);
  }

  /** Settles with the full story once the session and its transport have ended; never rejects. */
  get closed(): Promise<SessionEnd> {
    return this.shutdown.closed;
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
    const refusal = this.shutdown.openRefusal ?? this.openRefusal();
    if (refusal !== undefined) throw refusal;
    const stream = new Stream(this, this.table.takeLocalId(), true);
    if (priority !== undefined) stream.sending.priority = priority;
    this.acknowledgements?.open(stream);
    this.table.addLocal(stream);
    this.outbound.requestFlush();
    if (signal !== undefined) stream.tieTo(signal);
    this.tellWatcher("opened", stream);
    return stream;
  }

  /**
   * The next stream that the peer has opened. Several accepts may wait; they are served in order.
   *
   * @throws {MuxadoError} once the session is over and every stream that came before has been given out.
   */
  accept(options?: WaitOptions): Promise<Stream> {
    return this.acceptQueue.accept(options?.signal);
  }

  /** Accepts streams until the session is over, however it ended. Leaving the loop leaves the session as it is. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Stream> {
    return new AcceptIterator(() => this.acceptQueue.next());
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
    this.shutdown.drain(options);
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
    this.shutdown.destroy(error);
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
    checkNumber("debug.length", bytes.length, 0, this.wire.maxDebugLength);
    const number = typeof code === "number" ? code : wireCodeOf(code);
    this.shutdown.goAway(checkNumber("code", number, 0, 0xffffffff), bytes);
  }

  /** Counters of this moment; cheap to read. */
  stats(): SessionStats {
    const { table, acceptQueue, outbound, counters, memory } = this;
    return {
      openStreams: table.count,
      streamsOpened: table.openedCount,
      streamsReceived: table.acceptedCount,
      waitingForAccept: acceptQueue.length,
      bytesReceived: this.bytesReceived,
      bytesSent: outbound.bytesSent,
      bytesWritten: outbound.bytesSent - outbound.underWay,
      bytesToSend: outbound.unwritten,
      bytesReturned: counters.bytesReturned,
      framesReceived: counters.framesReceived,
      framesSent: outbound.framesSent,
      resetsReceived: { ...counters.resetsReceived },
      resetsSent: { ...counters.resetsSent },
      memoryUnread: memory.unread,
      memoryUnsent: memory.unsent,
      roundTrip: this.tuning.roundTrip,
    };
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
    this.tuning.measured(milliseconds);
  }

  /**
   * Asks the peer for a sign of life, and resolves with the round trip in milliseconds. An abort cancels the wait.
   *
   * @throws {MuxadoError} why the session ended, or SESSION_CLOSED.
   * @throws {TypeError} at once, if the session's wire has no pings: muxado's has none, see `@muxado/heartbeat`.
   */
  ping(options?: WaitOptions): Promise<number> {
    if (this.wire.putPing === undefined) {
      throw new TypeError(`the ${this.wire.name} wire has no pings`);
    }
    return this.pings.send(options?.signal);
  }

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal A chunk from the transport; the session's now. */
  receive(chunk: Uint8Array): void {
    if (this.shutdown.ended) return;
    this.now = Math.max(0, Math.trunc(this.options.clock.now()));
    this.bytesReceived += chunk.length;
    this.decoder.push(unshared(chunk));
    const { outbound, table, options } = this;
    const most = MOST_WAITING + options.transportBudget + WAITING_PER_STREAM * table.mostLately;
    // Answers of every kind count: the application's own are provoked as well as ours.
    if (outbound.underWay > 0 && outbound.waiting > most) {
      this.shutdown.breach("ENHANCE_YOUR_CALM", "the peer does not read what it provokes");
    }
  }

  /** @internal The transport is done with the write under way. */
  written(): void {
    this.outbound.written();
    this.table.mostLately = this.table.count;
  }

  /** @internal The transport is over. */
  ended(error?: unknown): void {
    this.shutdown.transportEnded(error);
  }

  /** @internal Bytes of a frame that is not complete. */
  get pendingInput(): number {
    return this.decoder.pending;
  }

  /** @internal Ignores whatever still arrives. */
  stopReceiving(): void {
    this.decoder.stop();
  }

  /** @internal Queues an increment for `stream`, to leave with the next write. */
  oweCredit(stream: Stream): void {
    this.creditDue.set(stream, true);
    this.outbound.requestFlush();
  }

  /** @internal The application has accepted `stream`. Where peers are told so, it is with the next frame on it. */
  accepted(stream: Stream): void {
    stream.opening = Opening.done;
    stream.receiving.accepted();
    if (this.acknowledgements === undefined || stream.isOver || this.shutdown.ended) return;
    stream.opening = Opening.ack;
    this.announceLater(stream);
    stream.receiving.begin();
  }

  /** @internal The SYN or ACK of `stream` leaves with the next flush, if not with its first bytes. */
  announceLater(stream: Stream): void {
    this.table.announceLater(stream);
    this.outbound.requestFlush();
  }

  /** @internal Tells the peer of the end of `stream`, which may still have bytes under way. */
  sendResetOf(stream: Stream, wireCode: number): void {
    this.dispatch.creditLeftOver += stream.receiving.window.remaining;
    this.sendReset(stream.id, wireCode);
  }

  /** @internal Sends a reset, and remembers it: what the peer has under way gets no second one. */
  sendReset(streamId: number, wireCode: number): void {
    this.table.rememberReset(streamId);
    countReset(this.counters.resetsSent, codeOfWire(wireCode));
    this.outbound.putReset(streamId, wireCode);
  }

  /** @internal */
  tellWatcher(event: keyof StreamWatcher, stream: Stream): void {
    try {
      this.options.watcher?.[event]?.(stream);
    } catch (error) {
      reportThrown(error);
    }
  }

  /** @internal `stream` has ended in both directions. */
  streamEnded(stream: Stream): void {
    // With the session, all have left at once.
    if (this.table.remove(stream)) {
      this.acknowledgements?.end(stream);
      // However long the transport is stuck, nothing keeps a stream that has ended.
      this.scheduler.remove(stream);
      this.creditDue.delete(stream);
      this.stalled.delete(stream);
      this.closing.delete(stream);
      this.tuning.forget(stream.receiving.window);
    }
    this.tellWatcher("closed", stream);
    this.shutdown.streamEnded();
  }

  /** @internal The session is over for all its streams: none of them is anywhere any more. Says which they were. */
  releaseStreams(): Stream[] {
    this.creditDue.clear();
    this.stalled.clear();
    this.closing.clear();
    return this.table.takeAll();
  }

  /** @internal Tells the peer of the end of `streams`, the last thing that the session says before its GOAWAY. */
  cancel(streams: readonly Stream[]): void {
    const wireCode = wireCodeOf("STREAM_CANCELLED");
    // None is remembered: nothing that arrives is answered any more.
    for (const { id, unsent } of streams) {
      if (unsent) continue;
      countReset(this.counters.resetsSent, "STREAM_CANCELLED");
      this.outbound.putReset(id, wireCode);
    }
  }

  /** @internal Over its memory budget, the session resets the streams that hold the most of it. */
  relieve(): void {
    const detail = "it held the most of a session that exceeds its memory budget";
    this.memory.relieve(this.table.all(), (stream) => {
      this.giveUp(stream, "ENHANCE_YOUR_CALM", detail);
      this.dispatch.charge();
    });
  }

  /** @internal Resets a stream, for a reason that its application did not give and that breaks no rule. */
  giveUp(stream: Stream, code: ResetCode & string, detail: string): void {
    this.endStream(stream, { code, scope: "stream", origin: "local", detail });
  }

  /** @internal The application has taken back the memory of what it had written on a stream: no peer must believe it. */
  spoiled(streamId: number): void {
    const stream = this.table.get(streamId);
    const detail = "the memory of a write was transferred or shrunk before it had left";
    if (stream === undefined) this.sendReset(streamId, wireCodeOf("INTERNAL_ERROR"));
    else this.giveUp(stream, "INTERNAL_ERROR", detail);
  }

  /** @internal Resets a stream because of `failure`. */
  endStream(stream: Stream, failure: Failure): void {
    if (stream.isOver) return;
    stream.mark(failure);
    // Before it leaves: the end of the last stream may be the end of the session, and GOAWAY comes last.
    if (!stream.unsent) this.sendResetOf(stream, wireCodeOf(failure.code));
    stream.settle();
  }

  /** @internal Why no stream can be opened, if the streams that are there are the reason. */
  openRefusal(): MuxadoError | undefined {
    const { table } = this;
    const code = table.exhausted
      ? "STREAMS_EXHAUSTED"
      : table.localCount >= this.options.maxOutboundStreams
        ? "STREAM_LIMIT"
        : undefined;
    if (code === undefined) return undefined;
    return new MuxadoError({ code, scope: "session", origin: "local", retry: "safe" });
  }

  /**
   * @internal The last moment before a write leaves: everything that could wait until now is added to it. Says whether
   * more waits than there was room for.
   */
  compose(): boolean {
    for (const stream of this.table.takeOpened()) {
      // A trace may have ended it.
      if (stream.failure !== null) continue;
      // Else its SYN travels with its first write, in one frame (spec appendix, G22).
      if (!stream.sending.blocked) stream.announce();
    }
    for (const [stream] of this.creditDue) {
      const { ended, discarding, window } = stream.receiving;
      // First out of it: a trace that sees the increment may read, and more is due, or end another stream.
      if (!this.creditDue.delete(stream) || ended) continue;
      const growth = discarding ? 0 : this.tuning.growthOf(window);
      this.outbound.putIncrement(stream.id, window.takeIncrement(growth));
    }
    this.scheduler.fill();
    // What has found no credit in its turn counts from now on.
    if (this.memory.exceeded) this.relieve();
    // A stream that has just begun may owe credit already, and callbacks may have read, written and opened.
    return this.scheduler.isWaiting || this.creditDue.size > 0 || this.table.hasOpened;
  }

  /** @internal Nobody has accepted `stream`. */
  refuse(stream: Stream, code: "ACCEPT_QUEUE_FULL" | "STREAM_REFUSED"): void {
    // A stream that is over needs no answer.
    if (stream.isOver) return;
    this.giveUp(stream, code, "nobody has accepted it");
    this.dispatch.charge();
  }
}
