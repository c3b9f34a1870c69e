// One session, as the application holds it: opening, accepting, closing; and the place where its parts meet.
// Bytes come in at `receive` and leave through `outbound`; what frames mean is in dispatch, how it all ends in
// shutdown.

import { AcceptQueue } from "./accept-queue.ts";
import { NOTHING } from "./bytes.ts";
import { Dispatch } from "./dispatch.ts";
import { MuxadoError, type ResetCode, wireCodeOf } from "./errors.ts";
import { AcceptIterator } from "./iterators.ts";
import {
  checkNumber,
  type ResolvedOptions,
  resolveOptions,
  type Role,
  type SessionOptions,
} from "./options.ts";
import { Outbound } from "./outbound.ts";
import { Scheduler } from "./scheduler.ts";
import { type CloseOptions, type SessionEnd, Shutdown } from "./shutdown.ts";
import type { SessionStats } from "./stats.ts";
import { Stream, type WaitOptions } from "./stream.ts";
import { StreamTable } from "./stream-table.ts";
import { guarded, tracedHandler } from "./trace.ts";
import type { Transport } from "./transport.ts";
import type { Wire, WireDecoder } from "./wire.ts";

/** Options of {@link Session.open}. */
export interface OpenOptions {
  /** Resets the stream with STREAM_CANCELLED when it aborts, at any time of the stream's life. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The most output, in bytes, that may wait behind a write that is under way when input arrives, and how much more
 * for each open stream. Bodies are held back long before, so this much is control frames: a peer that provokes
 * them and does not read has gone too far (docs/threats.md, 6).
 */
const MOST_WAITING = 1024 * 1024;
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
  bytesReceived = 0;
  /** @internal */
  readonly dispatch: Dispatch;
  /** @internal */
  readonly decoder: WireDecoder;
  /** @internal The backlog will be judged at the end of this turn. */
  judging = false;
  /** @internal Streams that credit is owed to: their increments leave together. */
  readonly creditDue: Set<Stream> = new Set();

  /**
   * Runs the protocol over `transport`, which it starts, and from now on owns.
   *
   * @throws {RangeError | TypeError} naming the option that is out of range.
   */
  constructor(transport: Transport, role: Role, options: SessionOptions = {}) {
    this.role = role;
    this.options = resolveOptions(role, options);
    const { wire, acceptBacklog, scheduleFlush } = this.options;
    const trace = this.options.trace && guarded(this.options.trace);
    this.wire = wire;
    this.table = new StreamTable(role, wire);
    this.acceptQueue = new AcceptQueue(acceptBacklog);
    this.outbound = new Outbound(transport, wire, scheduleFlush, () => this.compose(), trace);
    this.scheduler = new Scheduler(this.outbound);
    this.shutdown = new Shutdown(this, transport);
    this.dispatch = new Dispatch(this);
    const isOver = (): boolean => this.shutdown.ended;
    this.decoder = wire.createDecoder(
      trace === undefined ? this.dispatch : tracedHandler(this.dispatch, trace, isOver),
    );
    transport.start(this);
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
   * @throws the signal's reason, if it has aborted.
   */
  open(options?: OpenOptions): Stream {
    const signal = options?.signal;
    signal?.throwIfAborted();
    const refusal = this.shutdown.openRefusal ?? this.openRefusal();
    if (refusal !== undefined) throw refusal;
    const stream = new Stream(this, this.table.takeLocalId(), true);
    this.table.addOpening(stream);
    this.outbound.requestFlush();
    if (signal !== undefined) stream.tieTo(signal);
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
    return new AcceptIterator(this);
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
    const { table, acceptQueue, outbound } = this;
    return {
      openStreams: table.count,
      streamsOpened: table.openedCount,
      streamsReceived: table.acceptedCount,
      waitingForAccept: acceptQueue.length,
      bytesReceived: this.bytesReceived,
      bytesSent: outbound.bytesSent,
      bytesToSend: outbound.waiting + outbound.underWay,
    };
  }

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal A chunk from the transport; the session's now. */
  receive(chunk: Uint8Array): void {
    if (this.shutdown.ended) return;
    this.bytesReceived += chunk.length;
    this.decoder.push(chunk);
    const { outbound, table } = this;
    // Answers of every kind count: the application's own are provoked as well as ours.
    if (
      outbound.underWay > 0 &&
      outbound.waiting > MOST_WAITING + WAITING_PER_STREAM * table.count
    ) {
      this.shutdown.breach("ENHANCE_YOUR_CALM", "the peer does not read what it provokes");
    }
  }

  /** @internal The transport is done with the write under way. */
  written(): void {
    const { outbound, scheduler } = this;
    const { starved } = outbound;
    outbound.written();
    // Each has its share, and those that find no room are the first next time: what is offered again stands
    // behind them. Without this, the first stream to be told would take it all, every time.
    let waiting = starved.size;
    for (const stream of starved) {
      if (waiting === 0 || !outbound.divideRoom(waiting, scheduler.isWaiting)) break;
      waiting--;
      starved.delete(stream);
      stream.notifyWritable();
    }
    outbound.uniteRoom();
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

  /** @internal Refuses what waits beyond the backlog when the accept loops have had this turn to take it. */
  judgeBacklog(): void {
    if (this.judging) return;
    this.judging = true;
    // Not with the next flush: that may have been asked for before the streams came.
    this.options.scheduleFlush(() => {
      this.judging = false;
      for (const stream of this.acceptQueue.trim()) this.refuse(stream);
    });
  }

  /** @internal Queues an increment for `stream`, to leave with the next write. */
  oweCredit(stream: Stream): void {
    this.creditDue.add(stream);
    this.outbound.requestFlush();
  }

  /** @internal Sends a reset, and remembers it: what the peer has under way gets no second one. */
  sendReset(streamId: number, wireCode: number): void {
    this.table.rememberReset(streamId);
    this.outbound.putReset(streamId, wireCode);
  }

  /** @internal `stream` has ended in both directions. */
  streamEnded(stream: Stream): void {
    this.table.remove(stream);
    // However long the transport is stuck, nothing keeps a stream that has ended.
    this.scheduler.remove(stream);
    this.outbound.starved.delete(stream);
    this.creditDue.delete(stream);
    this.shutdown.streamEnded();
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
    for (const stream of this.table.opening) {
      // Its SYN travels with its first write, in one frame (spec appendix, G22).
      if (stream.sending.blocked) this.table.blockOpening(stream);
      else stream.announce();
    }
    for (const stream of this.creditDue) {
      const { ended, window } = stream.receiving;
      if (ended) continue;
      this.outbound.putIncrement(stream.id, window.takeIncrement(this.options.windowLimit));
    }
    this.creditDue.clear();
    const moreWaits = this.scheduler.fill();
    // A stream that has just begun may owe credit already.
    return moreWaits || this.creditDue.size > 0;
  }

  /** @internal Nobody has accepted `stream` in its turn, and the backlog is full. */
  refuse(stream: Stream): void {
    // A stream that the peer has reset itself needs no answer.
    if (stream.failure !== null) return;
    this.dispatch.endStream(stream, {
      code: "ACCEPT_QUEUE_FULL",
      scope: "stream",
      origin: "local",
    });
  }
}
