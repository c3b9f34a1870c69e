// The outbound direction of one stream. A small write for which there is room is encoded at once. Other writes wait
// here in order until the scheduler gives the stream its turn. Spec §6.2.

import { NOTHING } from "../base/bytes.ts";
import { type Failure, misuse, type MuxadoError } from "../base/errors.ts";
import { DONE, Waiter, waitFor, type WaiterOwner } from "../base/waiter.ts";
import { Opening } from "../life/opening.ts";
import { StreamInput } from "../life/stream-state.ts";
import { errorOf } from "../life/verdict.ts";
import { DataFlag } from "../seams/wire.ts";
import type { Stream } from "../stream.ts";
import type { TakenWrite, WriteOwner } from "./batch.ts";
import { type BodySource, COPIED_BELOW } from "./outbound.ts";
import { DEFAULT_PRIORITY } from "./priority.ts";
import type { Sender } from "./scheduler.ts";
import { SendWindow } from "./send-window.ts";

/** A write that is not fully sent, or the half-close after all writes, which has no bytes. */
interface PendingWrite extends TakenWrite {
  readonly chunk: Uint8Array;
  /** The length of the chunk when it was written. The chunk is shorter if its memory was taken away later. */
  readonly length: number;
  sent: number;
  readonly fin: boolean;
  /** When it began to wait, on the session's clock. */
  readonly since: number;
}

/** The outbound direction of a stream. */
export class SendSide implements Sender, WriteOwner, WaiterOwner {
  readonly window: SendWindow;
  /** True after the application has half-closed: no more writes are allowed. */
  ended = false;
  /** The priority of the output, packed. After the opening, only {@link prioritize} changes it. */
  priority: number = DEFAULT_PRIORITY;
  /** True while the stream waits for its turn, between its neighbours in the scheduler's ring. */
  scheduled = false;
  next: Sender | null = null;
  previous: Sender | null = null;
  /** Bytes that it may still send in this round of turns; negative if it has sent more than its share. */
  deficit = 0;
  /** Bytes sent. */
  bytes = 0;
  /** Bytes of writes that wait. */
  unsent = 0;
  /** Bytes of the last offer that were not taken. The observer is told when there is room for them. */
  wanted = 0;
  readonly #stream: Stream;
  #pending: PendingWrite[] | null = null;
  /** Writes that are sent but not confirmed by the transport, in order. */
  #taken: PendingWrite[] | null = null;

  constructor(stream: Stream, initial: number) {
    this.#stream = stream;
    this.window = new SendWindow(initial);
  }

  /** Whether the stream has failed. */
  get failed(): boolean {
    return this.#stream.failure !== null;
  }

  /** The error for a further write; undefined if writes are still allowed. */
  get refusal(): MuxadoError | undefined {
    const stream = this.#stream;
    if (stream.failure !== null) return stream.error;
    return this.ended ? misuse(stream.id, "WRITE_AFTER_END") : undefined;
  }

  /** Whether writes wait. */
  get blocked(): boolean {
    return this.#pending !== null;
  }

  /** Whether there is output, or an observer whose offer was not taken in full. */
  get waits(): boolean {
    return this.#pending !== null || this.wanted > 0;
  }

  /** Whether a turn would send something: there is output or an offer, and enough credit for a frame. */
  get ready(): boolean {
    if (this.#isHeld) return false;
    if (this.#pending === null) return this.wanted > 0 && this.window.admits(this.wanted) > 0;
    const first = this.#pending[0]!;
    return first.fin || this.window.admits(first.length - first.sent) > 0;
  }

  /** The reason why the oldest write or offer waits. */
  get blockedBy(): "window" | "transport" | "turn" | undefined {
    if (!this.waits) return this.#taken === null ? undefined : "transport";
    if (!this.ready) return "window";
    return this.#stream.session.outbound.hasRoom ? "turn" : "transport";
  }

  /** When the oldest waiting write or offer began to wait, on the session's clock. */
  get blockedAt(): number | undefined {
    if (this.#pending !== null) return this.#pending[0]!.since;
    if (this.wanted > 0) return this.#stream.extras?.starvedAt;
    return this.#taken?.[0]?.since;
  }

  /** Bytes of pending writes that are charged to the memory budget because the peer gives no credit for them. */
  get stalled(): number {
    return this.#stream.session.stalled.has(this) ? this.charge : 0;
  }

  /** Bytes of pending writes that count, even if they do not wait for credit. */
  get charge(): number {
    return chargeFor(this.unsent);
  }

  /** Changes the priority. The stream then waits for its turn among the streams of its new urgency. */
  prioritize(priority: number): void {
    const { scheduler } = this.#stream.session;
    scheduler.remove(this);
    this.priority = priority;
    scheduler.schedule(this);
  }

  /**
   * Sends `chunk` now if it is small, has credit, and the transport has room for it. Otherwise `chunk` waits for its
   * turn.
   */
  write(chunk: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    if (chunk.length === 0) return DONE;
    if (chunk.length <= COPIED_BELOW && this.#fitsNow(chunk.length)) {
      this.#sendBody(chunk, 0, chunk.length);
      return DONE;
    }
    return this.#wait(chunk, false, signal);
  }

  /** Sends as much of `chunk` as there is room for. Returns the number of bytes sent. */
  offer(chunk: Uint8Array): number {
    let taken = 0;
    for (;;) {
      const length = this.#admits(chunk.length - taken);
      if (length === 0) break;
      this.#sendBody(chunk, taken, taken + length);
      taken += length;
    }
    this.#want(chunk.length - taken, taken > 0);
    return taken;
  }

  /** As {@link offer}, for `length` bytes of `source`. They are copied, so nothing refers to their memory later. */
  offerCopy(source: BodySource, length: number): number {
    const { outbound } = this.#stream.session;
    let taken = 0;
    for (;;) {
      const count = outbound.copyable(this.#admits(length - taken));
      if (count === 0) break;
      this.#spend(count);
      outbound.putCopy(this.#stream.id, this.#openingFlag(), source, count);
      taken += count;
    }
    this.#want(length - taken, taken > 0);
    return taken;
  }

  /** Nobody waits for the rest of an offer any more, so it has no deadline. */
  withdraw(): void {
    if (this.wanted > 0) this.#want(0, false);
  }

  /** Half-closes after all waiting writes. Resolves when FIN has been taken. */
  end(signal: AbortSignal | undefined): Promise<void> {
    if (!this.ended) {
      this.ended = true;
      this.withdraw();
      if (this.#pending === null && !this.#isHeld) this.#sendFin();
      else void this.#wait(NOTHING, true, undefined);
    }
    const fin = this.#pending?.at(-1);
    return fin === undefined ? DONE : waitFor(fin.waiter.promise, signal);
  }

  /** Takes a turn: sends one frame of at most `limit` bytes of body, or tells the observer that there is room. */
  takeTurn(limit: number): void {
    const pending = this.#pending;
    if (pending === null) {
      this.wanted = 0;
      this.#stream.extras?.notify("onWritable");
      return;
    }
    const first = pending[0]!;
    if (first.fin) {
      // It is taken out of the queue first. After FIN, the stream may end, and then every write in the queue fails.
      this.#done(first);
      this.#sendFin();
      return;
    }
    if (first.chunk.length !== first.length) {
      return this.#stream.session.resets.spoiled(this.#stream.id);
    }
    const start = first.sent;
    const length = this.window.admits(Math.min(first.length - start, limit));
    first.sent += length;
    this.#keep(-length);
    const last = first.sent === first.length;
    // It is taken out of the queue first. A trace that gets the frame may end the stream, or take back a write.
    if (last) this.#done(first);
    this.#sendBody(first.chunk, start, first.sent);
  }

  /** Adds `increment` bytes of credit, which the peer has granted. Returns false if the sum would exceed `most`. */
  grant(increment: number, most: number): boolean {
    if (!this.window.grant(increment, most)) return false;
    this.#stream.session.scheduler.schedule(this);
    return true;
  }

  /** Resets the stream, because no credit has arrived for `timeout` milliseconds. */
  expire(timeout: number): void {
    const detail = `no credit has arrived for ${timeout} ms`;
    this.#stream.session.resets.giveUp(this.#stream, "WRITE_TIMEOUT", detail);
  }

  /** Returns the error of a write that the transport has not confirmed and will never confirm. */
  lost(failure: Failure | undefined): MuxadoError | undefined {
    return this.#stream.error ?? (failure && errorOf(this.#stream, failure));
  }

  /** Resolves the oldest of the taken writes, because the transport has confirmed it. */
  confirm(): void {
    const taken = this.#taken;
    if (taken === null) return;
    const { waiter } = taken.shift()!;
    if (taken.length === 0) this.#taken = null;
    waiter.resolve();
  }

  /**
   * Rejects all writes that wait, or that the transport has not confirmed, because the stream has failed. There is one
   * exception: if our own reset (`isOwn`) comes after all writes and FIN, it takes nothing back. Then the transport
   * still confirms these writes.
   */
  fail(isOwn: boolean): void {
    const taken = this.ended && this.#pending === null && isOwn ? null : this.#taken;
    const pending = this.#pending;
    this.#pending = null;
    this.#keep(-this.unsent);
    if (taken !== null) {
      this.#taken = null;
      for (const { waiter } of taken) waiter.reject(this.#stream.error!);
    }
    if (pending === null) return;
    for (const { waiter } of pending) waiter.reject(this.#stream.error!);
  }

  /** Takes back the bytes of an aborted write that have not been sent. */
  abandon(waiter: object): void {
    const pending = this.#pending;
    if (pending === null) return;
    const index = pending.findIndex((write) => write.waiter === waiter);
    if (index < 0) return;
    const { scheduler, table, outbound } = this.#stream.session;
    const [{ length, sent }] = pending.splice(index, 1) as [PendingWrite];
    this.#keep(sent - length);
    if (pending.length > 0) {
      scheduler.schedule(this);
      return;
    }
    this.#pending = null;
    if (this.#stream.unsent) table.announceLater(this.#stream);
    // There may now be room for an offer that came after this write.
    scheduler.schedule(this);
    outbound.requestFlush();
  }

  /** Sends SYN or ACK in a separate frame, if no frame has carried it. */
  announce(): void {
    const flag = this.#openingFlag();
    if (flag !== 0) this.#stream.session.outbound.putData(this.#stream.id, flag, NOTHING, 0, 0);
  }

  /** Returns SYN or ACK for the first frame; otherwise 0. */
  #openingFlag(): number {
    const stream = this.#stream;
    if (stream.opening === Opening.syn) {
      const { table, acknowledgements } = stream.session;
      stream.transition(StreamInput.sendSyn);
      table.sentSyn(stream.id);
      stream.opening = acknowledgements === undefined ? Opening.done : Opening.awaited;
      stream.receiving.begin();
      return DataFlag.SYN;
    }
    if (stream.opening !== Opening.ack) return 0;
    stream.opening = Opening.done;
    return DataFlag.ACK;
  }

  /** True if the SYN must wait, because too many other streams are not acknowledged. */
  get #isHeld(): boolean {
    return this.#stream.opening === Opening.held;
  }

  #fitsNow(length: number): boolean {
    return this.#pending === null && this.window.available >= length && this.#hasWay;
  }

  /** Returns how many of `length` offered bytes may leave now in one frame. */
  #admits(length: number): number {
    if (length === 0 || !this.#mayOffer) return 0;
    const { scheduler } = this.#stream.session;
    const limit = scheduler.leftTo(this) || scheduler.longestBody;
    return this.window.admits(Math.min(length, limit));
  }

  /** `length` bytes of an offer were not taken. `hasTaken` says whether others were. */
  #want(length: number, hasTaken: boolean): void {
    const { scheduler, options } = this.#stream.session;
    const wasStarved = this.wanted > 0 && !hasTaken;
    this.wanted = this.ended || this.#stream.failure !== null ? 0 : length;
    if (this.wanted > 0 && !wasStarved) this.#stream.ownExtras().starvedAt = options.clock.now();
    scheduler.schedule(this);
  }

  get #mayOffer(): boolean {
    // A trace that got the last frame may have ended the stream, or this direction.
    if (this.#pending !== null || this.ended || this.#stream.failure !== null) return false;
    return this.#stream.session.scheduler.leftTo(this) > 0 || this.#hasWay;
  }

  /** Whether the transport has room, and no other stream must send first. */
  get #hasWay(): boolean {
    const { outbound, scheduler } = this.#stream.session;
    return outbound.hasRoom && !scheduler.precedes(this.priority) && !this.#isHeld;
  }

  #wait(chunk: Uint8Array, fin: boolean, signal: AbortSignal | undefined): Promise<void> {
    const waiter = new Waiter<void>(this, signal);
    this.#pending ??= [];
    const { memory, scheduler, options } = this.#stream.session;
    const since = options.clock.now();
    const { length } = chunk;
    this.#pending.push({ owner: this, waiter, chunk, length, sent: 0, fin, since });
    this.#keep(length);
    scheduler.schedule(this);
    memory.relieve();
    return waiter.promise;
  }

  /** Adds `change`, which may be negative, to the bytes that wait. */
  #keep(change: number): void {
    const { memory, stalled } = this.#stream.session;
    const before = this.charge;
    this.unsent += change;
    memory.keep(this.charge - before);
    if (stalled.has(this)) memory.stall(this.charge - before);
  }

  /**
   * Moves `write` from the queue to the taken writes. Its promise resolves when the transport no longer needs its
   * bytes.
   */
  #done(write: PendingWrite): void {
    this.#pending!.shift();
    if (this.#pending!.length === 0) this.#pending = null;
    this.#taken ??= [];
    this.#taken.push(write);
    this.#stream.session.outbound.afterWritten(write);
  }

  #sendBody(chunk: Uint8Array, start: number, end: number): void {
    const { session, id } = this.#stream;
    this.#spend(end - start);
    session.outbound.putData(id, this.#openingFlag(), chunk, start, end);
  }

  /** A frame of `length` bytes of body is about to leave. */
  #spend(length: number): void {
    this.window.spend(length);
    this.bytes += length;
    this.#stream.session.scheduler.spend(this, length);
  }

  #sendFin(): void {
    const stream = this.#stream;
    this.announce();
    // A trace that got the SYN may have ended the stream.
    if (stream.failure !== null) return;
    stream.session.outbound.putData(stream.id, DataFlag.FIN, NOTHING, 0, 0);
    stream.transition(StreamInput.sendFin);
    stream.refuseInbound();
    stream.checkEnded();
  }
}

/**
 * The most bytes of memory that the writes of one stream are charged with. This memory belongs to the application. An
 * application that writes 100 MB at once knows this. But it may not know that ten thousand streams each keep a chunk
 * because their peers do not read (docs/threats.md, 9).
 */
const MOST_CHARGED = 64 * 1024;

function chargeFor(unsent: number): number {
  return Math.min(unsent, MOST_CHARGED);
}
