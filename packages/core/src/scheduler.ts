// Turns: which stream sends next, and how much. Classes of urgency are served strictly in order; inside a class,
// streams take turns of one frame, as often as their weights allow. What is sent is the send side's affair.
//
// Inside a class this is deficit round robin (Shreedhar and Varghese, 1995) in the form that lets a stream overdraw
// its share by at most one frame and pay later: a frame need not be cut to fit, and finding the next is O(1).

import type { Outbound } from "./outbound.ts";
import { URGENCIES, urgencyOf, weightOf } from "./priority.ts";
import { LONGEST_BODY } from "./send-side.ts";
import type { StalledStreams } from "./stalled-streams.ts";
import type { Stream } from "./stream.ts";

/**
 * The longest body of one frame, in bytes, while other streams wait for their turn. Each frame costs the reader a read;
 * half of this took 10 % more of both sides' processor time (measured: bytes of 8 and of 64 streams, over loopback).
 */
const SHARED_BODY = 32 * 1024;

/** Bytes that a stream may send in each round, for each unit of its weight: one frame at the default weight of 16. */
const SHARE = SHARED_BODY / 16;

/** What a frame costs besides its body, in bytes: many small ones are as unfair as a large one. */
const FRAME_COST = 16;

/** Turns without a frame after which others get theirs in another task: observers can keep each other busy for ever. */
const MOST_IDLE_TURNS = 1000;

/** The streams of one urgency that are ready to send, in the order of their turns. */
class Ring {
  first: Stream | null = null;
  last: Stream | null = null;
}

/** Whose turn it is. */
export class Scheduler {
  readonly #rings: readonly Ring[] = Array.from({ length: URGENCIES }, () => new Ring());
  /** The urgencies that have streams waiting, a bit each. */
  #waiting = 0;
  /** The stream whose turn it is, and the bytes that it may still send in it. */
  #turn: Stream | null = null;
  #left = 0;
  /** Turns in a row that have sent nothing. */
  #idleTurns = 0;
  readonly #outbound: Outbound;
  /** Streams that have output and no credit. */
  readonly #stalled: StalledStreams;

  constructor(outbound: Outbound, stalled: StalledStreams) {
    this.#outbound = outbound;
    this.#stalled = stalled;
  }

  /** Whether streams wait for their turn. */
  get isWaiting(): boolean {
    return this.#waiting !== 0;
  }

  /** Whether a stream waits that must not be overtaken by one of this priority. */
  precedes(priority: number): boolean {
    return (this.#waiting & ((2 << urgencyOf(priority)) - 1)) !== 0;
  }

  /** Lets `stream` take turns, if it has something to send and is not waiting for one yet. */
  schedule(stream: Stream): void {
    const { sending } = stream;
    // A stream whose turn it is gets its place when that is over; one that has failed gets none.
    if (sending.scheduled || this.#turn === stream || stream.failure !== null) return;
    if (!sending.ready) return this.#stall(stream);
    this.#stalled.delete(stream);
    const ring = this.#append(stream);
    // Alone, it owes nobody anything.
    if (ring.first === ring.last) sending.deficit = 0;
    this.#outbound.requestFlush();
  }

  /** Bytes that `stream` may still send, because it is its turn. */
  leftTo(stream: Stream): number {
    return this.#turn === stream ? this.#left : 0;
  }

  /** `stream` has sent so many bytes of its turn. */
  spend(stream: Stream, length: number): void {
    if (this.#turn === stream) this.#left = Math.max(0, this.#left - length);
  }

  /** Gives turns while the transport's budget has room. */
  fill(): void {
    this.#idleTurns = 0;
    while (this.#waiting !== 0 && this.#outbound.hasRoom && this.#idleTurns < MOST_IDLE_TURNS) {
      this.#giveTurn(this.#next());
    }
  }

  /** The longest body of one frame now, in bytes. */
  get longestBody(): number {
    return this.#waiting === 0 ? LONGEST_BODY : SHARED_BODY;
  }

  /** Takes `stream` out, wherever it stands: one that has ended must not be kept by a transport that is stuck. */
  remove(stream: Stream): void {
    const { sending } = stream;
    if (!sending.scheduled) return;
    const urgency = urgencyOf(sending.priority);
    const ring = this.#rings[urgency]!;
    const { next, previous } = sending;
    if (previous === null) ring.first = next;
    else previous.sending.next = next;
    if (next === null) ring.last = previous;
    else next.sending.previous = previous;
    sending.next = sending.previous = null;
    sending.scheduled = false;
    if (ring.first === null) this.#waiting &= ~(1 << urgency);
  }

  /** The first stream of the most urgent class. */
  #next(): Stream {
    const urgency = 31 - Math.clz32(this.#waiting & -this.#waiting);
    return this.#rings[urgency]!.first!;
  }

  #giveTurn(stream: Stream): void {
    const { sending } = stream;
    if (sending.deficit <= 0) {
      sending.deficit += SHARE * weightOf(sending.priority);
      // It has overdrawn the shares of several rounds.
      if (sending.deficit <= 0) return this.#toTheEnd(stream);
    }
    this.remove(stream);
    // Its write may have been taken back, its offer withdrawn; what stood behind it may lack credit.
    if (!sending.ready) return this.#stall(stream);
    const isShared = this.precedes(sending.priority);
    const limit = this.longestBody;
    const { framesSent } = this.#outbound;
    this.#turn = stream;
    this.#left = limit;
    sending.takeTurn(limit);
    const sent = limit - this.#left + FRAME_COST;
    this.#turn = null;
    this.#idleTurns = this.#outbound.framesSent === framesSent ? this.#idleTurns + 1 : 0;
    // What nobody else wanted is not charged; what a stream has not used is not saved up.
    sending.deficit = isShared ? sending.deficit - sent : 0;
    if (!sending.ready) {
      sending.deficit = Math.min(sending.deficit, 0);
      this.#stall(stream);
    } else if (sending.deficit > 0) {
      this.#prepend(stream);
    } else {
      this.#append(stream);
    }
  }

  /** Without anything to send, it is idle; without credit, or with its SYN held, it waits for the peer, and not for ever. */
  #stall(stream: Stream): void {
    if (stream.sending.waits) this.#stalled.add(stream);
    else this.#stalled.delete(stream);
  }

  #toTheEnd(stream: Stream): void {
    this.remove(stream);
    this.#append(stream);
  }

  #append(stream: Stream): Ring {
    const { sending } = stream;
    const ring = this.#enter(stream);
    sending.previous = ring.last;
    if (ring.last === null) ring.first = stream;
    else ring.last.sending.next = stream;
    ring.last = stream;
    return ring;
  }

  /** Its turn goes on. */
  #prepend(stream: Stream): void {
    const { sending } = stream;
    const ring = this.#enter(stream);
    sending.next = ring.first;
    if (ring.first === null) ring.last = stream;
    else ring.first.sending.previous = stream;
    ring.first = stream;
  }

  #enter({ sending }: Stream): Ring {
    const urgency = urgencyOf(sending.priority);
    sending.scheduled = true;
    this.#waiting |= 1 << urgency;
    return this.#rings[urgency]!;
  }
}
