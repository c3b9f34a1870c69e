// One stream, as the application holds it: the public verbs over its two directions. Bytes are the business
// of the receive side and the send side, the life cycle of the state table, frames of the session.

import { listen, unlisten } from "./base/abort.ts";
import { checkBytes } from "./base/bytes.ts";
import {
  type Failure,
  MuxadoError,
  type MuxadoErrorCode,
  type ResetCode,
  resetCodeNumber,
  streamError,
} from "./base/errors.ts";
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
import { verdictOn } from "./life/verdict.ts";
import { asChunk, ReceiveSide, StreamIterator } from "./receiving/receive-side.ts";
import type { StreamObserver } from "./seams/observer.ts";
import type { StreamStats } from "./seams/statistics.ts";
import { packPriority, type Priority, urgencyOf, weightOf } from "./sending/priority.ts";
import { SendSide } from "./sending/send-side.ts";
import type { Session } from "./session.ts";
import { streamStats } from "./stats.ts";
import { StreamExtras } from "./stream-extras.ts";
import { ReadableSource, WritableSink } from "./web-streams.ts";

/**
 * A full-duplex byte stream inside a session.
 *
 * Made by {@link Session.open} and {@link Session.accept}. Each direction ends on its own. Reading is pulled
 * and returns credit to the peer; a stream that nobody reads holds up nothing but itself.
 */
export class Stream implements AsyncIterable<Uint8Array<ArrayBuffer>> {
  /** The id on the wire; never used again in this session. */
  readonly id: number;
  /** The session that the stream belongs to. */
  readonly session: Session;
  /** @internal */
  state: StreamState;
  /** @internal */
  readonly receiving: ReceiveSide;
  /** @internal */
  readonly sending: SendSide;
  /** @internal Why it failed; null while it has not. The error is made of it when somebody asks. */
  failure: Failure | null = null;
  /** @internal Opened here. */
  readonly isLocal: boolean;
  /** @internal When the last frame of the peer's came on it, in whole milliseconds of the clock; -1: none has. */
  heardAt = -1;
  /** @internal What of its opening is to come. */
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
   * The next bytes, as they arrived, or `null` once the peer has half-closed and everything was read.
   *
   * The chunk is the caller's. Its credit goes back to the peer now. After a reset by the peer, what had
   * arrived is still given out first.
   *
   * @throws {MuxadoError} the stream's {@link error}; READ_PENDING if another read is waiting;
   * STREAM_CLOSED after {@link close}.
   */
  read(options?: WaitOptions): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.receiving.read(asChunk, options?.signal);
  }

  /**
   * Sends `chunk`, in order, all of it or an error.
   *
   * Resolves when the peer's window and the transport have taken it, which is the back-pressure to obey, and
   * says nothing about the peer's application. The session may reference the chunk until then: do not change
   * it before. An abort takes back what has not been sent yet; of the rest, and of the writes of a stream that
   * has failed, the session may still hold a reference.
   *
   * @throws {TypeError} at once, if `chunk` is not a Uint8Array.
   * @throws {MuxadoError} WRITE_AFTER_END after {@link closeWrite}; else the stream's {@link error}.
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
   * Half-closes: sends FIN behind everything written. Reading goes on. Resolves when FIN has been taken as a
   * write is; harmless when repeated.
   *
   * @throws {MuxadoError} the stream's {@link error}.
   */
  closeWrite(options?: WaitOptions): Promise<void> {
    if (this.failure !== null) return rejected(this.error);
    return this.sending.end(options?.signal);
  }

  /**
   * Closes, as a socket's close: half-closes behind everything written, drops what is unread, and refuses
   * what still arrives after our FIN with a reset. Resolves as {@link closeWrite} does, also on a stream that
   * has failed.
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
   * Ends both directions at once and tells the peer why; unread and unsent bytes are lost. Harmless on a
   * stream that has ended.
   *
   * @param code the reason: a name of the protocol's, or a number of the application's own, never 0.
   * Default: STREAM_CANCELLED.
   * @throws {RangeError} if `code` is 0 or not a u32.
   */
  reset(code: ResetCode = "STREAM_CANCELLED"): void {
    const wireCode = resetCodeNumber(code);
    this.resetBecause(wireCode, undefined);
  }

  /**
   * Resets a stream of the peer's that is not wanted, and holds that against the peer: one that goes on opening such
   * streams (`maxProvokedResets`) has its session ended. For servers and layers that turn streams away before anything
   * is done for them. Harmless on a stream that has ended.
   *
   * @param code the reason. Default: STREAM_REFUSED, which tells the peer that trying again elsewhere is safe.
   * @throws {RangeError} if `code` is 0 or not a u32.
   */
  refuse(code: ResetCode = "STREAM_REFUSED"): void {
    const wireCode = resetCodeNumber(code);
    const { isOver } = this;
    this.resetBecause(wireCode, undefined);
    if (!this.isLocal && !isOver) this.session.resets.chargePeer();
  }

  /**
   * Lets a graceful {@link Session.close} reset the stream once nothing else is open, instead of waiting for it:
   * for streams that live as long as their session. Nor does a session wait for it that ends after the peer's GOAWAY.
   * A close by the peer does wait, unless the peer says the same of its end. Harmless when repeated.
   */
  unref(): void {
    const extras = this.ownExtras();
    if (extras.background || this.isOver) return;
    extras.background = true;
    this.session.addBackground();
  }

  /**
   * When its output leaves, compared with that of the session's other streams. Setting it holds from the next
   * frame on, and leaves out of it what is left out. It concerns our own sending only: the peer is told nothing.
   */
  get priority(): Required<Priority> {
    const { priority } = this.sending;
    return { urgency: urgencyOf(priority), weight: weightOf(priority) };
  }

  /** Throws a RangeError if the urgency is not 0 to 7 or the weight not 1 to 256. */
  set priority(priority: Priority) {
    this.sending.prioritize(packPriority(priority, this.sending.priority));
  }

  /** The inbound direction as a Web Stream of bytes; made when first touched. It reads no further ahead than asked. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const extras = this.ownExtras();
    if (extras.readable === undefined) {
      const source = new ReadableSource(this);
      extras.source = source;
      extras.readable = new ReadableStream(source, { highWaterMark: 0 });
    }
    return extras.readable;
  }

  /** The outbound direction as a Web Stream; made when first touched. Its close is {@link closeWrite}. */
  get writable(): WritableStream<Uint8Array> {
    const extras = this.ownExtras();
    if (extras.writable === undefined) {
      const sink = new WritableSink(this);
      extras.sink = sink;
      extras.writable = new WritableStream(sink);
    }
    return extras.writable;
  }

  /** What it has counted, and what it waits for, at this moment. */
  stats(): StreamStats {
    return streamStats(this, this.session.options.clock.now());
  }

  /** Why the stream failed, if it has. A stream that ended in the ordinary way has no error. */
  get error(): MuxadoError | undefined {
    if (this.failure === null) return undefined;
    return (this.ownExtras().error ??= this.errorOf(this.failure));
  }

  /**
   * Without waiting: the next bytes; `null` at the end; `undefined` if nothing has come yet. The chunk is the
   * caller's, and its credit goes back now.
   *
   * @param limit the most bytes to take; the rest of what has arrived stays. Default: a chunk as it arrived.
   * @throws {RangeError} if `limit` is not a whole number of at least 1.
   * @throws {MuxadoError} as {@link read}.
   */
  take(limit?: number): Uint8Array<ArrayBuffer> | null | undefined {
    if (limit !== undefined) checkNumber("limit", limit, 1, Infinity);
    return this.receiving.take(limit);
  }

  /**
   * Without waiting: sends as much of `chunk` as window and transport take now, and says how many bytes.
   * After less than all, the observer is told when there is room again. The bytes taken belong to the session.
   *
   * @throws {TypeError} if `chunk` is not a Uint8Array.
   * @throws {MuxadoError} as {@link write}.
   */
  offer(chunk: Uint8Array): number {
    checkBytes(chunk);
    const refusal = this.sending.refusal;
    if (refusal !== undefined) throw refusal;
    return this.sending.offer(chunk);
  }

  /**
   * Tells `observer` when {@link take} or {@link offer} has become worth calling. One at a time; `undefined`
   * removes it. The Web Stream `readable` takes this place when it is touched.
   *
   * @throws {TypeError} if there is an observer already.
   */
  observe(observer: StreamObserver | undefined): void {
    const extras = this.ownExtras();
    if (observer !== undefined && extras.observer !== undefined) {
      throw new TypeError(`stream ${this.id} has an observer already`);
    }
    extras.observer = observer;
    extras.inContext = observer && this.session.options.keepContext?.();
    if (observer !== undefined) return;
    // Nobody stands behind its offer any more, and it has no deadline.
    this.sending.wanted = 0;
    this.session.scheduler.schedule(this.sending);
  }

  /** Reads to the end. Leaving the loop early leaves the stream as it is: close or reset it yourself. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    return new StreamIterator(this.receiving);
  }

  /** {@link close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close().catch(() => undefined);
  }

  /** @internal The peer has never been told of it. Stays true once it has failed in that state. */
  get unsent(): boolean {
    return this.opening === Opening.syn || this.opening === Opening.held;
  }

  /** @internal A frame of the peer's has come on it. */
  get heard(): boolean {
    return this.heardAt >= 0;
  }

  /** @internal A drain does not wait for it. */
  get isBackground(): boolean {
    return this.extras?.background ?? false;
  }

  /** @internal It has failed, or both directions have ended. */
  get isOver(): boolean {
    return this.failure !== null || this.state === StreamState.closed;
  }

  /** @internal `failure` as an error of this stream. */
  errorOf(failure: Failure): MuxadoError {
    return streamError(failure, this.id, verdictOn(this, failure));
  }

  /** @internal The error of a call that is against the rules of this stream. */
  misuse(code: MuxadoErrorCode, detail?: string): MuxadoError {
    const { id: streamId } = this;
    return new MuxadoError({ code, scope: "stream", origin: "local", detail, streamId });
  }

  /** @internal Moves on in the state table, and says what the input means. */
  transition(input: StreamInput): StreamEffect {
    const effect = effectOf(this.state, input);
    this.state = nextState(this.state, input);
    return effect;
  }

  /** @internal Leaves the session's table once both directions have ended. */
  checkEnded(): void {
    if (this.state !== StreamState.closed) return;
    this.receiving.leave();
    this.leaveSession();
  }

  /** @internal Ends the stream here, for a reason of our own. */
  resetBecause(wireCode: number, cause: unknown): void {
    this.session.resets.byApplication(this, wireCode, cause);
  }

  /**
   * @internal The first half of an end: from now on nothing comes or leaves, whatever a trace commands that sees the
   * reset. Returns whether it had not failed before.
   */
  mark(failure: Failure): boolean {
    if (this.failure !== null) return false;
    this.failure = failure;
    this.receiving.leave();
    this.session.scheduler.remove(this.sending);
    this.state = StreamState.reset;
    return true;
  }

  /** @internal The second half: settles everything that waits on the stream, and lets the session forget it. */
  settle(): void {
    const { origin, scope } = this.failure!;
    const isOwn = origin === "local" && scope === "stream";
    // What the peer sent before it ended the stream is still the application's; after an end of its own
    // making, the application has said that it wants no more.
    this.receiving.fail(isOwn);
    this.sending.fail(isOwn);
    this.leaveSession();
    this.tellLater();
  }

  /** @internal The signal that it was opened with has aborted. */
  aborted(signal: AbortSignal): void {
    this.resetBecause(resetCodeNumber("STREAM_CANCELLED"), signal.reason);
  }

  /** @internal Resets the stream when `signal` aborts. */
  tieTo(signal: AbortSignal): void {
    listen(signal, this);
    this.ownExtras().tiedTo = signal;
  }

  /** @internal An end may come of a command, and a command calls nobody back: observers and facades learn of it afterwards. */
  tellLater(): void {
    const isStarved = this.sending.wanted > 0;
    this.sending.wanted = 0;
    const extras = this.extras;
    if (extras === null) return;
    queueMicrotask(() => {
      if (this.failure !== null) extras.sink?.failed(this.error);
      extras.notify("onReadable");
      if (isStarved) extras.notify("onWritable");
    });
  }

  /** @internal Both directions have ended, or the stream has failed. */
  leaveSession(): void {
    const signal = this.extras?.tiedTo;
    if (signal !== undefined) unlisten(signal, this);
    this.session.streamEnded(this);
  }

  /** @internal After close() and our FIN, what still arrives is refused; a peer that cannot send any more is told so. */
  refuseInbound(): void {
    if (!this.receiving.discarding || this.state !== StreamState.halfClosedLocal) return;
    this.transition(StreamInput.refuseInbound);
    this.session.resets.awaitEnd(this);
    if (this.receiving.window.remaining === 0) this.reset("STREAM_CLOSED");
  }

  /** @internal Made when first needed. */
  ownExtras(): StreamExtras {
    return (this.extras ??= new StreamExtras());
  }
}
