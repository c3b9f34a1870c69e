// Two streams joined, so that each sends on what arrives on the other. No promise, and no memory, is made for a chunk.
// The relay owns neither stream: both sides of each keep their bytes and their credit.

import { copyInto } from "./base/bytes.ts";
import { misuse, type MuxadoError, resetCodeNumber, wireCodeOf } from "./base/errors.ts";
import { rejected, Waiter, type WaiterOwner, type WaitOptions } from "./base/waiter.ts";
import type { Filled, Loan } from "./receiving/loan.ts";
import type { Read } from "./receiving/reads.ts";
import type { StreamObserver } from "./seams/observer.ts";
import type { BodySource } from "./sending/outbound.ts";
import type { Stream } from "./stream.ts";

/** The bytes that a relay has moved. */
export interface RelayResult {
  /** Bytes that came from the first stream. */
  readonly fromOne: number;
  /** Bytes that came from the other stream. */
  readonly fromOther: number;
}

/**
 * Joins two streams: sends what arrives on each to the peer of the other, until both directions have ended. The streams
 * may be of one session or of two. Unread bytes that have arrived before come first.
 *
 * A relay holds no bytes back and keeps none. Bytes that do not fit wait unread in their stream, and their peer gets no
 * credit for them before they have been sent. A half-close is passed on after all bytes. When a stream fails, the other
 * one is reset:
 *
 * - after a reset, with the same code;
 * - with STREAM_REFUSED, if the peer of the failed stream has certainly not processed it, so that a retry is safe;
 * - otherwise with INTERNAL_ERROR, for example if the session was lost. It is not STREAM_CANCELLED, because some
 *   programs do not take that for a failure.
 *
 * Resolves when both half-closes have been sent, with the number of bytes each way. Until then, use only `priority`,
 * `stats` and `reset` of the streams.
 *
 * @param options when the signal aborts, both streams are reset with STREAM_CANCELLED. A signal that has aborted
 * before changes nothing.
 * @throws {TypeError} at once, if it is one stream twice, if one is not a stream, or if one has an observer.
 * @throws {MuxadoError} READ_PENDING or STREAM_CLOSED, if a stream is read or was closed here; nothing is changed.
 * Later the {@link Stream.error | error} of the stream that failed first; WRITE_AFTER_END if bytes came for a stream
 * that was half-closed here.
 * @throws the signal's reason, if the signal aborts.
 */
export function relay(one: Stream, other: Stream, options?: WaitOptions): Promise<RelayResult> {
  if ((one as unknown) === other) throw new TypeError("a stream cannot be relayed to itself");
  const signal = options?.signal;
  if (signal?.aborted) return rejected(signal.reason);
  const ends: Ends = [new RelayEnd(), new RelayEnd()];
  ends[0].observe(one);
  try {
    ends[1].observe(other);
  } catch (error) {
    ends[0].leave();
    throw error;
  }
  const refusal = ends[0].refusal ?? ends[1].refusal;
  if (refusal === undefined) return new Relay(ends, signal).promise;
  for (const end of ends) end.leave();
  return rejected(refusal);
}

type Ends = readonly [RelayEnd, RelayEnd];

/** A relay that has not ended. */
class Relay extends Waiter<RelayResult> {
  isOver = false;
  readonly #ends: Ends;

  constructor(ends: Ends, signal: AbortSignal | undefined) {
    super(NOBODY, signal);
    this.#ends = ends;
    const [one, other] = ends;
    one.join(this, other);
    other.join(this, one);
    for (const end of ends) if (!this.isOver) end.begin();
  }

  /** One direction has ended. */
  ended(): void {
    const [one, other] = this.#ends;
    if (this.isOver || !one.hasEnded || !other.hasEnded) return;
    this.#leave();
    this.resolve({ fromOne: one.bytes, fromOther: other.bytes });
  }

  /** The stream of one end has failed, or has been used against the rules. */
  failed({ resetCode }: RelayEnd, error: MuxadoError): void {
    if (this.isOver) return;
    this.#leave();
    for (const end of this.#ends) end.reset(resetCode, error);
    this.reject(error);
  }

  override aborted({ reason }: AbortSignal): void {
    this.#leave();
    for (const end of this.#ends) end.reset(CANCELLED, reason);
    this.reject(reason);
  }

  #leave(): void {
    this.isOver = true;
    for (const end of this.#ends) end.leave();
  }
}

/** One stream of a relay. It takes what arrives on the stream, and offers it to the stream of the other end. */
class RelayEnd implements StreamObserver, Read, Filled, BodySource {
  /** It takes bytes as long as the relay lasts. */
  readonly isDone = false;
  /** Bytes that came from its stream and were sent on. */
  bytes = 0;
  /** Whether all bytes of its stream and the half-close were sent on. */
  hasEnded = false;
  #stream: Stream | undefined;
  #relay!: Relay;
  #other!: RelayEnd;
  /** The chunk that is being received, and the place of its first byte that was not taken. */
  #chunk: Uint8Array | undefined;
  #at = 0;
  /** Whether the bytes that wait do so for the next piece of the chunk, and not for room. */
  #isGathering = false;

  /** Becomes the observer of `stream`, which may be a wrapper. */
  observe(stream: Stream): void {
    if (typeof (stream as Partial<Stream> | undefined)?.observe !== "function") {
      throw new TypeError("a relay is between two streams of sessions");
    }
    stream.observe(this);
    if (this.#stream !== undefined) return;
    stream.observe(undefined);
    throw new TypeError(`stream ${stream.id} belongs to another copy of @muxado/core`);
  }

  /** The observed stream may be inside a wrapper. The relay uses the inner one. */
  observes(stream: Stream): void {
    this.#stream = stream;
    // No code of the application is called.
    stream.ownExtras().inContext = undefined;
  }

  /** Why its stream cannot be relayed. A stream that has failed can be: the other one is then reset. */
  get refusal(): MuxadoError | undefined {
    const { failure, receiving } = this.#stream!;
    return failure === null ? receiving.refusal : undefined;
  }

  /** The code for the other stream, after this one has failed. */
  get resetCode(): number {
    const { failure, error } = this.#stream!;
    if (failure === null) return CANCELLED;
    const { scope, wireCode, code } = failure;
    // Only a reset has brought a number. A reset with the number 0 is never sent.
    if (scope === "stream" && wireCode !== undefined) return wireCode || wireCodeOf(code);
    return resetCodeNumber(error!.retry === "safe" ? "STREAM_REFUSED" : "INTERNAL_ERROR");
  }

  join(relay: Relay, other: RelayEnd): void {
    this.#relay = relay;
    this.#other = other;
  }

  /** Sends the unread bytes on, and then all that arrive. */
  begin(): void {
    const stream = this.#stream!;
    stream.receiving.divert(this);
    if (stream.failure === null) this.#pump();
    else this.#relay.failed(this, stream.error!);
  }

  take(chunk: Uint8Array<ArrayBuffer>, start: number, end: number, loan: Loan): number {
    const { receiving } = this.#stream!;
    const isNext = loan.continues(this);
    if (isNext && end - start < GATHERED_BELOW && (this.#isGathering || receiving.unread === 0)) {
      this.#isGathering = true;
      return 0;
    }
    this.deliver();
    // Bytes that wait come first.
    if (receiving.unread > 0) return 0;
    this.#chunk = chunk;
    this.#at = start;
    const taken = this.#offer(end - start);
    this.#chunk = undefined;
    return taken;
  }

  moveTo(target: Uint8Array, at: number, length: number): void {
    const chunk = this.#chunk;
    if (chunk === undefined) {
      this.#stream!.receiving.takeInto(target, at, length);
      return;
    }
    const start = this.#at;
    this.#at += length;
    copyInto(target, at, chunk, start, this.#at);
  }

  /** The piece before was the last one for now. */
  deliver(): void {
    if (!this.#isGathering) return;
    this.#isGathering = false;
    this.#pump();
  }

  end(): void {
    this.#isGathering = false;
    this.#pump();
  }

  fail(reason: unknown): void {
    this.#relay.failed(this, reason as MuxadoError);
  }

  /** Bytes need no call: they have been offered already. After the peer's half-close, nothing else tells of a failure. */
  onReadable(): void {
    const { error, receiving } = this.#stream!;
    if (error !== undefined) this.fail(error);
    else if (receiving.discarding) this.fail(receiving.refusal);
  }

  onWritable(): void {
    this.#other.#pump();
  }

  /** Resets the stream, unless it has been closed here: then its bytes still leave. */
  reset(wireCode: number, cause: unknown): void {
    const stream = this.#stream!;
    if (!stream.receiving.discarding) stream.resetBecause(wireCode, cause);
    // Nobody will read the bytes that wait.
    if (stream.isOver) stream.receiving.drop();
  }

  /** The stream belongs to the application again. */
  leave(): void {
    const { receiving, sending, extras } = this.#stream!;
    extras!.observer = undefined;
    receiving.abandon(this);
    sending.withdraw();
  }

  /** Sends on the bytes that wait, and the half-close behind them. */
  #pump(): void {
    const { receiving } = this.#stream!;
    if (this.#relay.isOver) return;
    if (receiving.unread > 0) this.#offer(receiving.unread);
    if (receiving.unread > 0 || !receiving.ended || this.hasEnded || this.#relay.isOver) return;
    const { failure, sending } = this.#other.#stream!;
    // The relay will be told of the failure.
    if (failure !== null) return;
    this.hasEnded = true;
    void sending.end(undefined);
    this.#relay.ended();
  }

  #offer(length: number): number {
    const stream = this.#other.#stream!;
    const sent = stream.sending.offerCopy(this, length);
    this.bytes += sent;
    if (sent < length && stream.sending.ended && stream.failure === null) {
      this.#relay.failed(this.#other, misuse(stream.id, "WRITE_AFTER_END"));
    }
    return sent;
  }
}

/**
 * Pieces of fewer bytes are gathered if several of one stream follow each other in a chunk. A second copy costs less
 * than a frame does, here and at the reader.
 */
const GATHERED_BELOW = 1024;

const CANCELLED = /* @__PURE__ */ resetCodeNumber("STREAM_CANCELLED");

/** Nobody but the relay knows its waiter. */
const NOBODY: WaiterOwner = { abandon() {} };
