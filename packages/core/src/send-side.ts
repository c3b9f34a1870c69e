// The outbound direction of one stream: writes that fit go straight into the outbound arena, the rest waits
// here in order until the scheduler gives the stream its turn. Spec §6.2.

import { NOTHING } from "./bytes.ts";
import { type Failure, MuxadoError } from "./errors.ts";
import { COPIED_BELOW, type Outbound, type TakenWrite } from "./outbound.ts";
import { SendWindow } from "./send-window.ts";
import type { Stream } from "./stream.ts";
import { StreamState } from "./stream-state.ts";
import { DONE, Waiter, waitFor, type WaiterOwner } from "./waiter.ts";
import { DataFlag } from "./wire.ts";

/** A write that is not sent in full, or the half-close behind all writes (which has no bytes). */
interface PendingWrite extends TakenWrite {
  readonly chunk: Uint8Array;
  sent: number;
  readonly fin: boolean;
}

/** The outbound direction of a stream. */
export class SendSide implements WaiterOwner {
  readonly window: SendWindow;
  /** The application has half-closed: nothing more may be written. */
  ended = false;
  /** The stream stands in the scheduler's ring. */
  scheduled = false;
  /** Its neighbours in the scheduler's ring. */
  next: Stream | null = null;
  previous: Stream | null = null;
  /** An offer was not taken in full: the observer waits to be told of room. */
  starved = false;
  readonly #stream: Stream;
  #pending: PendingWrite[] | null = null;
  /** Writes that are sent and that the transport has not confirmed, in order. */
  #taken: Waiter<void>[] | null = null;

  constructor(stream: Stream, initial: number) {
    this.#stream = stream;
    this.window = new SendWindow(initial);
  }

  /** Whether writes are waiting. */
  get blocked(): boolean {
    return this.#pending !== null;
  }

  /** Whether a turn of the scheduler would send something: output, and credit worth a frame. */
  get ready(): boolean {
    if (this.#pending === null) return false;
    const first = this.#pending[0]!;
    return first.fin || this.window.admits(first.chunk.length - first.sent) > 0;
  }

  /** Sends `chunk` now if it is small and everything has room for it; else it waits its turn. */
  write(chunk: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    if (chunk.length === 0) return DONE;
    if (chunk.length <= COPIED_BELOW && this.#fitsNow(chunk.length)) {
      this.#sendBody(chunk, 0, chunk.length, 0);
      return DONE;
    }
    return this.#wait(chunk, false, signal);
  }

  /** Sends as much of `chunk` as there is room for, and says how many bytes. */
  offer(chunk: Uint8Array): number {
    const { outbound } = this.#stream.session;
    let taken = 0;
    if (this.#pending === null) {
      while (taken < chunk.length && outbound.hasRoomForOffers) {
        const length = this.window.admits(Math.min(chunk.length - taken, LONGEST_BODY));
        if (length === 0) break;
        this.#sendBody(chunk, taken, taken + length, 0);
        taken += length;
      }
    }
    if (taken < chunk.length) {
      this.starved = true;
      // Short of credit, it is the peer's increment that helps, and no drain.
      const hasCredit = this.window.admits(Math.min(chunk.length - taken, LONGEST_BODY)) > 0;
      if (this.#pending !== null || hasCredit) outbound.starved.add(this.#stream);
    }
    return taken;
  }

  /** Half-closes behind whatever waits. Resolves when FIN has been taken. */
  end(signal: AbortSignal | undefined): Promise<void> {
    if (!this.ended) {
      this.ended = true;
      if (this.#pending === null) this.#sendFin();
      else void this.#wait(NOTHING, true, undefined);
    }
    const fin = this.#pending?.at(-1);
    return fin === undefined ? DONE : waitFor(fin.waiter.promise, signal);
  }

  /** The scheduler's turn: sends one frame of at most `limit` bytes of body. */
  sendNext(limit: number): void {
    const pending = this.#pending!;
    const first = pending[0]!;
    if (first.fin) {
      // Out of the queue first: with its FIN sent, the stream may end, and fail whatever still waits.
      this.#done(first);
      this.#sendFin();
      return;
    }
    const start = first.sent;
    const length = this.window.admits(Math.min(first.chunk.length - start, limit));
    first.sent += length;
    const last = first.sent === first.chunk.length;
    // FIN rides the last body, but never a SYN: Go would refuse its own replies (spec appendix, G1).
    const fin = last && pending[1]?.fin === true && this.#stream.state !== StreamState.idle;
    this.#sendBody(first.chunk, start, first.sent, fin ? DataFlag.FIN : 0);
    if (last) this.#done(first);
    if (fin) {
      this.#done(pending[0]!);
      this.#stream.sentFin();
    }
  }

  /** The transport has confirmed the oldest of the writes that it was given. */
  confirm(): void {
    const taken = this.#taken;
    if (taken === null) return;
    const waiter = taken.shift()!;
    if (taken.length === 0) this.#taken = null;
    waiter.resolve();
  }

  /**
   * The stream has failed: no write will be sent, and nobody waits for what is on its way. Unless that is all of
   * it, FIN included, and the reset is our own: then it comes behind, and takes nothing of it back.
   */
  fail(failure: Failure): void {
    const isBehind = failure.origin === "local" && failure.scope === "stream";
    const taken = this.ended && this.#pending === null && isBehind ? null : this.#taken;
    const pending = this.#pending;
    this.#pending = null;
    if (taken !== null) {
      this.#taken = null;
      for (const waiter of taken) waiter.reject(this.#stream.error);
    }
    if (pending !== null) for (const { waiter } of pending) waiter.reject(this.#stream.error);
  }

  /** An aborted write takes back what of it has not been sent. */
  abandon(waiter: object): void {
    const pending = this.#pending;
    if (pending === null) return;
    const index = pending.findIndex((write) => write.waiter === waiter);
    if (index < 0) return;
    pending.splice(index, 1);
    const { scheduler, table, outbound } = this.#stream.session;
    if (pending.length > 0) {
      scheduler.schedule(this.#stream);
      return;
    }
    this.#pending = null;
    table.unblockOpening(this.#stream);
    outbound.requestFlush();
    // What was offered behind it may fit now; no drain would say so.
    queueMicrotask(() => this.#stream.notifyWritable());
  }

  /** The error for a write that comes after the half-close. */
  afterEnd(): MuxadoError {
    return new MuxadoError({
      code: "WRITE_AFTER_END",
      scope: "stream",
      origin: "local",
      streamId: this.#stream.id,
    });
  }

  #fitsNow(length: number): boolean {
    return (
      this.#pending === null &&
      this.window.available >= length &&
      this.#stream.session.outbound.hasRoom
    );
  }

  #wait(chunk: Uint8Array, fin: boolean, signal: AbortSignal | undefined): Promise<void> {
    const waiter = new Waiter<void>(this, signal);
    this.#pending ??= [];
    this.#pending.push({ stream: this.#stream, waiter, chunk, sent: 0, fin });
    this.#stream.session.scheduler.schedule(this.#stream);
    return waiter.promise;
  }

  /** `write` has left the queue; its promise resolves once the transport no longer needs its bytes. */
  #done(write: PendingWrite): void {
    this.#pending!.shift();
    if (this.#pending!.length === 0) this.#pending = null;
    this.#taken ??= [];
    this.#taken.push(write.waiter);
    this.#stream.session.outbound.afterWritten(write);
  }

  #sendBody(chunk: Uint8Array, start: number, end: number, flags: number): void {
    const stream = this.#stream;
    this.window.spend(end - start);
    const outbound: Outbound = stream.session.outbound;
    outbound.putData(stream.id, flags | stream.synFlag(), chunk, start, end);
  }

  #sendFin(): void {
    this.#stream.announce();
    this.#stream.session.outbound.putData(this.#stream.id, DataFlag.FIN, NOTHING, 0, 0);
    this.#stream.sentFin();
  }
}

/** The longest body of one frame, in bytes: a Rust peer buffers a frame whole (spec appendix, R16). */
export const LONGEST_BODY: number = 64 * 1024;
