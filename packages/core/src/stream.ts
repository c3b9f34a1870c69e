// The class of streams, with the methods for the application. The receive side and the send side have the bytes of the
// two directions. The state table has the life cycle, and the session sends and receives the frames.

import { listen, unlisten } from "./base/abort.ts";
import { checkBytes, checkView } from "./base/bytes.ts";
import { type Failure, type MuxadoError, type ResetCode, resetCodeNumber } from "./base/errors.ts";
import { checkNumber } from "./base/numbers.ts";
import { rejected, type WaitOptions } from "./base/waiter.ts";
import { Opening } from "./life/opening.ts";
import {
  effectOf,
  nextState,
  StreamEffect,
  StreamInput,
  StreamState,
} from "./life/stream-state.ts";
import { errorOf } from "./life/verdict.ts";
import { asChunk, ReceiveSide, StreamIterator } from "./receiving/receive-side.ts";
import type { StreamObserver } from "./seams/observer.ts";
import type { StreamStats } from "./seams/statistics.ts";
import { packPriority, type Priority, urgencyOf, weightOf } from "./sending/priority.ts";
import { SendSide } from "./sending/send-side.ts";
import type { Session } from "./session.ts";
import { streamStats } from "./stats.ts";
import { EndNotice, type StreamEnd } from "./stream-end.ts";
import { StreamExtras } from "./stream-extras.ts";
import { readableOf, writableOf } from "./web-streams.ts";

/**
 * A full-duplex byte stream inside a session, made by {@link Session.open} and {@link Session.accept}. Each direction
 * ends separately. The application pulls bytes, and each read returns credit to the peer. If nobody reads a stream, the
 * other streams are not delayed.
 */
export class Stream implements AsyncIterable<Uint8Array<ArrayBuffer>> {
  /** The stream id on the wire. The session never uses it again. */
  readonly id: number;
  /** The session that the stream belongs to. */
  readonly session: Session;
  /** @internal */
  state: StreamState;
  /** @internal */
  readonly receiving: ReceiveSide;
  /** @internal */
  readonly sending: SendSide;
  /** @internal Why the stream failed; null if it has not failed. The error is made only when somebody asks for it. */
  failure: Failure | null = null;
  /** @internal True if this side opened the stream. */
  readonly isLocal: boolean;
  /** @internal When a frame of the peer last arrived on it, in whole milliseconds of the clock; otherwise -1. */
  heardAt = -1;
  /** @internal The next step of its opening. */
  opening: Opening;
  /** @internal */
  extras: StreamExtras | null = null;

  /** @internal */
  constructor(session: Session, id: number, isLocal: boolean) {
    this.id = id;
    this.session = session;
    this.isLocal = isLocal;
    this.opening = isLocal ? Opening.syn : Opening.unaccepted;
    this.state = isLocal ? StreamState.idle : StreamState.open;
    const { wire, windowSize } = session.options;
    this.receiving = new ReceiveSide(this, wire.initialWindow, windowSize);
    this.sending = new SendSide(this, wire.initialWindow);
  }

  /**
   * Resolves with the next bytes as they arrived, or with `null` when the peer has half-closed and all was read.
   *
   * The caller owns the chunk. Its credit returns to the peer now. After a reset by the peer, bytes that had arrived
   * before are still returned first.
   *
   * @throws {MuxadoError} the stream's {@link error}; READ_PENDING if another read is waiting; STREAM_CLOSED after
   * {@link close}.
   */
  read(options?: WaitOptions): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.receiving.read(asChunk, options?.signal);
  }

  /**
   * Reads into memory of the caller: the fastest way to read much. Resolves with the number of bytes as soon as there
   * are any, or with `null` when the peer has half-closed and all was read. Do not use the view before that. Bytes that
   * are in it when the signal aborts are not lost: the promise then resolves with their number.
   *
   * @throws {TypeError} at once, if `view` is not a Uint8Array or has no room.
   * @throws {MuxadoError} as {@link read} does.
   */
  readInto(view: Uint8Array, options?: WaitOptions): Promise<number | null> {
    checkView(view);
    return this.receiving.readInto(view, options?.signal);
  }

  /**
   * Sends all of `chunk`, in the order of the writes, or fails.
   *
   * Resolves when the peer's window and the transport have taken the chunk. Wait for this, because it is the
   * back-pressure. It does not mean that the peer's application has read anything. Until then, the session may
   * reference the chunk, so do not change it. An abort takes back the bytes that have not been sent. The session may
   * still reference the other bytes, and also the chunks of a stream that has failed.
   *
   * @throws {TypeError} at once, if `chunk` is not a Uint8Array.
   * @throws {MuxadoError} WRITE_AFTER_END after {@link closeWrite}; otherwise the stream's {@link error}.
   */
  write(chunk: Uint8Array, options?: WaitOptions): Promise<void> {
    checkBytes(chunk);
    const refusal = this.sending.refusal;
    if (refusal !== undefined) return rejected(refusal);
    const signal = options?.signal;
    if (signal?.aborted) return rejected(signal.reason);
    return this.sending.write(chunk, signal);
  }

  /**
   * Half-closes: sends FIN after all writes. Reading continues. Resolves as a write does, when FIN has been taken. A
   * repeated call is harmless.
   *
   * @throws {MuxadoError} the stream's {@link error}.
   */
  closeWrite(options?: WaitOptions): Promise<void> {
    if (this.failure !== null) return rejected(this.error);
    return this.sending.end(options?.signal);
  }

  /**
   * Closes as a socket does: half-closes after all writes, and drops unread bytes. If bytes still arrive after our FIN,
   * a reset refuses them. Resolves as {@link closeWrite} does; on a stream that has failed, it resolves at once.
   */
  close(options?: WaitOptions): Promise<void> {
    if (this.failure !== null) return Promise.resolve();
    if (!this.receiving.discarding) {
      this.receiving.discard();
      this.tellLater();
    }
    const done = this.sending.end(options?.signal);
    this.refuseInbound();
    return done;
  }

  /**
   * Ends both directions at once and tells the peer why. Unread and unsent bytes are lost. Harmless on a stream that
   * has ended.
   *
   * @param code the reason: a name from the protocol, or a number of the application, never 0.
   * Default: STREAM_CANCELLED.
   * @throws {RangeError} if `code` is 0 or not a u32.
   */
  reset(code: ResetCode = "STREAM_CANCELLED"): void {
    this.resetBecause(resetCodeNumber(code), undefined);
  }

  /**
   * Resets a stream of the peer that is not wanted, and counts the reset against the peer. If the peer opens too many
   * such streams (`maxProvokedResets`), the session ends. For servers and layers that refuse streams before they do any
   * work for them. Harmless on a stream that has ended.
   *
   * @param code the reason. Default: STREAM_REFUSED, which tells the peer that a retry elsewhere is safe.
   * @throws {RangeError} if `code` is 0 or not a u32.
   */
  refuse(code: ResetCode = "STREAM_REFUSED"): void {
    const { isOver } = this;
    this.reset(code);
    if (!this.isLocal && !isOver) this.session.resets.chargePeer();
  }

  /**
   * Makes {@link Session.close} no longer wait for the stream: it resets the stream when no other stream is open. For
   * streams that live as long as their session. A session that ends after the peer's GOAWAY does not wait either. A
   * `close` of the peer waits for it, unless the peer has also called `unref`. A repeated call is harmless.
   */
  unref(): void {
    const extras = this.ownExtras();
    if (extras.background || this.isOver) return;
    extras.background = true;
    this.session.addBackground();
  }

  /**
   * When the stream's output is sent, compared with other streams of the session. A change applies from the next frame
   * on; omitted fields keep their value. It concerns only our own sending, and is not sent to the peer.
   */
  get priority(): Required<Priority> {
    const { priority } = this.sending;
    return { urgency: urgencyOf(priority), weight: weightOf(priority) };
  }

  /** Throws a RangeError if the urgency is not 0 to 7 or the weight not 1 to 256. */
  set priority(priority: Priority) {
    this.sending.prioritize(packPriority(priority, this.sending.priority));
  }

  /** The inbound direction as a Web Stream of bytes, made on first use. It does not read ahead. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return (this.ownExtras().readable ??= readableOf(this));
  }

  /** The outbound direction as a Web Stream, made on first use. Its `close` calls {@link closeWrite}. */
  get writable(): WritableStream<Uint8Array> {
    return (this.ownExtras().writable ??= writableOf(this));
  }

  /** Returns the counters of the stream, and the reason why its writes and reads wait, at this moment. */
  stats(): StreamStats {
    return streamStats(this, this.session.options.clock.now());
  }

  /** Why the stream failed; undefined if it has not failed. A stream that ended in the ordinary way has no error. */
  get error(): MuxadoError | undefined {
    if (this.failure === null) return undefined;
    return (this.ownExtras().error ??= errorOf(this, this.failure));
  }

  /**
   * Aborts as soon as the stream fails, by either side or with its session; the reason is {@link error}. For work that
   * is done for the stream: `await compute({ signal: stream.signal })`. An ordinary end does not abort it.
   */
  get signal(): AbortSignal {
    return this.ownNotice().signal;
  }

  /** Resolves when both directions have ended, or the stream has failed. Bytes may still be unread. Never rejects. */
  get closed(): Promise<StreamEnd> {
    return this.ownNotice().closed;
  }

  /**
   * Reads without waiting. Returns the next bytes, `null` at the end, or `undefined` if nothing has arrived yet. The
   * caller owns the chunk, and its credit returns to the peer now.
   *
   * @param limit the most bytes to take; the rest stays unread. Default: a chunk as it arrived.
   * @throws {RangeError} if `limit` is not a whole number of at least 1.
   * @throws {MuxadoError} as {@link read} does.
   */
  take(limit?: number): Uint8Array<ArrayBuffer> | null | undefined {
    if (limit !== undefined) checkNumber("limit", limit, 1, Infinity);
    return this.receiving.take(limit);
  }

  /**
   * Reads into memory of the caller without waiting. Returns the number of bytes, `null`, or `undefined` as `take` does.
   *
   * @throws {TypeError} if `view` is not a Uint8Array or has no room.
   * @throws {MuxadoError} as {@link read} does.
   */
  takeInto(view: Uint8Array): number | null | undefined {
    checkView(view);
    return this.receiving.takeInto(view);
  }

  /**
   * Sends as much of `chunk` as window and transport take now, without waiting. Returns the number of bytes sent. The
   * session owns these bytes. If bytes are left, the observer is called when there is room again.
   *
   * @throws {TypeError} if `chunk` is not a Uint8Array.
   * @throws {MuxadoError} as {@link write} does.
   */
  offer(chunk: Uint8Array): number {
    checkBytes(chunk);
    const refusal = this.sending.refusal;
    if (refusal !== undefined) throw refusal;
    return this.sending.offer(chunk);
  }

  /**
   * Calls `observer` when it makes sense to call {@link take} or {@link offer} again. A stream has at most one
   * observer; `undefined` removes it. The Web Stream `readable` becomes the observer on its first use.
   *
   * @throws {TypeError} if there is an observer already.
   */
  observe(observer: StreamObserver | undefined): void {
    const extras = this.ownExtras();
    const isRelay = extras.observer?.observes !== undefined;
    if (isRelay || (observer !== undefined && extras.observer !== undefined)) {
      throw new TypeError(`stream ${this.id} has an observer already, or is in a relay`);
    }
    extras.observer = observer;
    extras.inContext = observer && this.session.options.keepContext?.();
    observer?.observes?.(this);
    if (observer === undefined) this.sending.withdraw();
  }

  /** Reads to the end. Leaving the loop early does not end the stream: close or reset it yourself. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    return new StreamIterator(this.receiving);
  }

  /** Calls {@link close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close().catch(() => undefined);
  }

  /** @internal True if the peer has never been told of the stream. It stays true if the stream fails before that. */
  get unsent(): boolean {
    return this.opening === Opening.syn || this.opening === Opening.held;
  }

  /** @internal True if a drain does not wait for the stream. */
  get isBackground(): boolean {
    return this.extras?.background ?? false;
  }

  /** @internal True if the stream has failed, or if both directions have ended. */
  get isOver(): boolean {
    return this.failure !== null || this.state === StreamState.closed;
  }

  /** @internal Moves to the next state of the state table. Returns what must be done about the input. */
  transition(input: StreamInput): StreamEffect {
    const effect = effectOf(this.state, input);
    this.state = nextState(this.state, input);
    return effect;
  }

  /** @internal Leaves the session's table if both directions have ended. */
  checkEnded(): void {
    if (this.state !== StreamState.closed) return;
    this.receiving.leave();
    this.leaveSession();
  }

  /** @internal Ends the stream because this side's application wants it. */
  resetBecause(wireCode: number, cause: unknown): void {
    this.session.resets.byApplication(this, wireCode, cause);
  }

  /**
   * @internal The first step of a failure: from now on nothing arrives or leaves, even if a trace that gets the reset
   * calls commands. Returns false if the stream had failed before.
   */
  mark(failure: Failure): boolean {
    if (this.failure !== null) return false;
    this.failure = failure;
    this.receiving.leave();
    this.session.scheduler.remove(this.sending);
    this.state = StreamState.reset;
    return true;
  }

  /**
   * @internal The second step of a failure: settles everything that waits on the stream. It then leaves its session.
   */
  settle(): void {
    const { origin, scope } = this.failure!;
    const isOwn = origin === "local" && scope === "stream";
    // If the peer has ended the stream, the application may still read bytes that arrived before.
    this.receiving.fail(isOwn);
    this.sending.fail(isOwn);
    this.leaveSession();
    this.tellLater();
  }

  /** @internal Called when the signal of `open` has aborted. */
  aborted(signal: AbortSignal): void {
    this.resetBecause(resetCodeNumber("STREAM_CANCELLED"), signal.reason);
  }

  /** @internal Resets the stream when `signal` aborts. */
  tieTo(signal: AbortSignal): void {
    listen(signal, this);
    this.ownExtras().tiedTo = signal;
  }

  /** @internal Tells the observer and the Web Streams of an end, in a microtask: a command must not call callbacks. */
  tellLater(): void {
    const isStarved = this.sending.wanted > 0;
    this.sending.wanted = 0;
    const extras = this.extras;
    if (extras === null) return;
    queueMicrotask(() => extras.tell(this.error, isStarved));
  }

  /** @internal Called when both directions have ended, or when the stream has failed. */
  leaveSession(): void {
    const signal = this.extras?.tiedTo;
    if (signal !== undefined) unlisten(signal, this);
    this.session.streamEnded(this);
    if (this.failure === null) this.extras?.notice?.tell(undefined);
  }

  /** @internal Refuses bytes after close() and our FIN. A peer without credit can send none, so it is reset now. */
  refuseInbound(): void {
    if (!this.receiving.discarding || this.state !== StreamState.halfClosedLocal) return;
    this.transition(StreamInput.refuseInbound);
    this.session.resets.awaitEnd(this);
    if (this.receiving.window.remaining === 0) this.reset("STREAM_CLOSED");
  }

  /** @internal Returns the notice of the end; makes it on first use. */
  ownNotice(): EndNotice {
    const extras = this.ownExtras();
    return (extras.notice ??= new EndNotice(this));
  }

  /** @internal Returns the extras; makes them on first use. */
  ownExtras(): StreamExtras {
    return (this.extras ??= new StreamExtras());
  }
}
