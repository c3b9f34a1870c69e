// One stream, as the application holds it: the public verbs over its two directions. Bytes are the business
// of the receive side and the send side, the life cycle of the state table, frames of the session.

import {
  codeOfWire,
  type Failure,
  MuxadoError,
  type MuxadoErrorInit,
  type ResetCode,
  type RetryVerdict,
  resetCodeNumber,
  withoutStack,
} from "./base/errors.ts";
import { packPriority, type Priority, urgencyOf, weightOf } from "./sending/priority.ts";
import { listen, unlisten } from "./base/abort.ts";
import { checkBytes, NOTHING } from "./base/bytes.ts";
import { Opening } from "./life/opening.ts";
import { checkNumber } from "./base/numbers.ts";
import { type KeepContext, reportThrown, type StreamObserver } from "./seams/observer.ts";
import { asChunk, ReceiveSide, StreamIterator } from "./receiving/receive-side.ts";
import { SendSide } from "./sending/send-side.ts";
import type { Session } from "./session.ts";
import {
  effectOf,
  nextState,
  StreamEffect,
  StreamInput,
  StreamState,
} from "./life/stream-state.ts";
import { rejected } from "./base/waiter.ts";
import type { StreamStats } from "./seams/stats.ts";
import { ReadableSource, WritableSink } from "./web-streams.ts";
import { DataFlag } from "./seams/wire.ts";

/** Options of an operation that may have to wait. */
export interface WaitOptions {
  /** Cancels the wait: the promise rejects with the signal's reason, and the stream goes on. */
  readonly signal?: AbortSignal | undefined;
}

/** What few streams have, so that the others do not pay for it. */
interface Extras {
  error: MuxadoError | undefined;
  observer: StreamObserver | undefined;
  /** Runs the observer's calls in the context in which it was given. */
  inContext: ReturnType<KeepContext> | undefined;
  readable: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  writable: WritableStream<Uint8Array> | undefined;
  source: ReadableSource | undefined;
  sink: WritableSink | undefined;
  /** When an offer was not taken in full. */
  starvedAt: number;
  /** A drain does not wait for it. */
  background: boolean;
  /** The signal that it was opened with. */
  tiedTo: AbortSignal | undefined;
}

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
  extras: Extras | null = null;

  /** @internal */
  constructor(session: Session, id: number, isLocal: boolean) {
    this.id = id;
    this.session = session;
    this.isLocal = isLocal;
    this.opening = isLocal ? Opening.syn : Opening.unaccepted;
    this.state = isLocal ? StreamState.idle : StreamState.open;
    const { wire, windowSize } = session.options;
    const { initialWindow } = wire;
    this.receiving = new ReceiveSide(this, initialWindow, windowSize);
    this.sending = new SendSide(this, initialWindow);
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
    const refusal = this.writeRefusal();
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
      extras.source = new ReadableSource(this);
      extras.readable = new ReadableStream(extras.source, { highWaterMark: 0 });
    }
    return extras.readable;
  }

  /** The outbound direction as a Web Stream; made when first touched. Its close is {@link closeWrite}. */
  get writable(): WritableStream<Uint8Array> {
    const extras = this.ownExtras();
    if (extras.writable === undefined) {
      extras.sink = new WritableSink(this);
      extras.writable = new WritableStream(extras.sink);
    }
    return extras.writable;
  }

  /** What it has counted, and what it waits for, at this moment. */
  stats(): StreamStats {
    const { receiving, sending, session } = this;
    const now = session.options.clock.now();
    return {
      bytesReceived: receiving.bytes,
      bytesSent: sending.bytes,
      bytesUnread: receiving.unread,
      bytesUnsent: sending.unsent,
      receiveWindow: receiving.window.target,
      credit: sending.window.available,
      writeBlockedBy: sending.blockedBy,
      writeBlockedFor: sending.blockedAt === undefined ? 0 : now - sending.blockedAt,
      readBlocked: receiving.reading || (this.extras?.source?.reading ?? false),
      silentFor: this.heard ? Math.max(0, now - this.heardAt) : undefined,
    };
  }

  /** Why the stream failed, if it has. A stream that ended in the ordinary way has no error. */
  get error(): MuxadoError | undefined {
    if (this.failure === null) return undefined;
    return (this.ownExtras().error ??= withoutStack(this.describe(this.failure)));
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
    const refusal = this.writeRefusal();
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

  /** @internal Its SYN has to wait: too many others are not acknowledged. */
  get isHeld(): boolean {
    return this.opening === Opening.held;
  }

  /** @internal A frame of the peer's has come on it. */
  get heard(): boolean {
    return this.heardAt >= 0;
  }

  /** @internal A drain does not wait for it. */
  get isBackground(): boolean {
    return this.extras?.background ?? false;
  }

  /** @internal Bytes that the peer may still send on it. */
  get creditLeft(): number {
    return this.receiving.window.remaining;
  }

  /** @internal Bytes of the memory budget that it holds. */
  get held(): number {
    return this.receiving.charge + this.sending.stalled;
  }

  /** @internal Ends it, since it holds the most of a memory budget that is exceeded. */
  pay(): void {
    const detail = "it held the most of a session that exceeds its memory budget";
    this.session.resets.charge(this, "ENHANCE_YOUR_CALM", detail);
  }

  /** @internal It has failed, or both directions have ended. */
  get isOver(): boolean {
    return this.failure !== null || this.state === StreamState.closed;
  }

  /** @internal `failure` as an error of this stream. */
  describe(failure: Failure): MuxadoErrorInit {
    const { code, wireCode, scope, origin, detail, cause } = failure;
    // Field by field: a copy of all of them costs more than the error (measured: 7.0 against 2.1 µs).
    return {
      code,
      wireCode,
      scope,
      origin,
      detail,
      cause,
      streamId: this.id,
      retry: this.retryVerdict(failure),
    };
  }

  /** @internal Moves on in the state table, and says what the input means. */
  transition(input: StreamInput): StreamEffect {
    const effect = effectOf(this.state, input);
    this.state = nextState(this.state, input);
    return effect;
  }

  /** @internal SYN or ACK for the first frame, else nothing. */
  openingFlag(): number {
    if (this.opening === Opening.syn) {
      this.transition(StreamInput.sendSyn);
      this.session.table.sentSyn(this.id);
      this.opening = this.session.acknowledgements === undefined ? Opening.done : Opening.awaited;
      this.receiving.begin();
      return DataFlag.SYN;
    }
    if (this.opening !== Opening.ack) return 0;
    this.opening = Opening.done;
    return DataFlag.ACK;
  }

  /** @internal Sends SYN or ACK alone, if no frame has carried it. */
  announce(): void {
    const flag = this.openingFlag();
    if (flag !== 0) this.session.outbound.putData(this.id, flag, NOTHING, 0, 0);
  }

  /** @internal FIN is in the outbound arena. */
  sentFin(): void {
    this.transition(StreamInput.sendFin);
    this.refuseInbound();
    this.checkEnded();
  }

  /** @internal Leaves the session's table once both directions have ended. */
  checkEnded(): void {
    if (this.state !== StreamState.closed) return;
    this.receiving.leave();
    this.leaveSession();
  }

  /** @internal Ends the stream here, for a reason of our own. */
  resetBecause(wireCode: number, cause: unknown): void {
    if (this.failure !== null) return;
    const effect = this.transition(StreamInput.sendReset);
    if (this.state !== StreamState.reset) return;
    const code = codeOfWire(wireCode);
    const detail = "it was reset here";
    this.mark({ code, wireCode, scope: "stream", origin: "local", detail, cause });
    if (effect === StreamEffect.apply) this.session.resets.sendOf(this, wireCode);
    this.settle();
  }

  /** @internal Ends the stream with `failure`, without a word to the peer. */
  fail(failure: Failure): void {
    if (this.mark(failure)) this.settle();
  }

  /**
   * @internal The first half of {@link fail}: from now on nothing comes or leaves, whatever a trace commands that sees
   * the reset. Says whether it had not failed before.
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

  /** @internal */
  notifyReadable(): void {
    this.notify("onReadable");
  }

  /** @internal */
  notify(event: keyof StreamObserver): void {
    try {
      const extras = this.extras;
      const observer = extras?.observer;
      if (observer === undefined) return;
      if (extras!.inContext === undefined) observer[event]();
      else extras!.inContext(observer[event], observer);
    } catch (error) {
      reportThrown(error);
    }
  }

  /** @internal An end may come of a command, and a command calls nobody back: observers and facades learn of it afterwards. */
  tellLater(): void {
    const isStarved = this.sending.wanted > 0;
    this.sending.wanted = 0;
    const extras = this.extras;
    if (extras === null) return;
    queueMicrotask(() => {
      if (this.failure !== null) extras.sink?.failed(this.error);
      this.notifyReadable();
      if (isStarved) this.notify("onWritable");
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

  /** @internal Why nothing can be written any more, if so. */
  writeRefusal(): MuxadoError | undefined {
    return this.failure !== null
      ? this.error
      : this.sending.ended
        ? this.sending.afterEnd()
        : undefined;
  }

  /** @internal Spec §8.3: safe is what is proved to be, and an answer on the stream proves the contrary. */
  retryVerdict(failure: Failure): RetryVerdict {
    if (!this.isLocal) return "unknown";
    if (this.unsent) return "safe";
    if (this.heard) return "unsafe";
    return failure.unprocessed ? "safe" : "unknown";
  }

  /** @internal Made when first needed. */
  ownExtras(): Extras {
    return (this.extras ??= {
      error: undefined,
      observer: undefined,
      inContext: undefined,
      readable: undefined,
      writable: undefined,
      source: undefined,
      sink: undefined,
      starvedAt: 0,
      background: false,
      tiedTo: undefined,
    });
  }
}
