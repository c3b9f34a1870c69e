// Decides which stream sends next, and how much. Classes of urgency are served strictly in order. Inside a class,
// streams take turns, each of one frame, as often as their weights allow. The send side decides which bytes it sends.
//
// Inside a class this is deficit round robin (Shreedhar and Varghese, 1995), in a form in which a stream may exceed its
// share by at most one frame, and sends less in later rounds. So no frame must be cut to fit the share, and finding the
// next stream is O(1).

import type { Outbound } from "./outbound.ts";
import { URGENCIES, urgencyOf, weightOf } from "./priority.ts";
import type { Stalled, StalledStreams } from "./stalled-streams.ts";

/** The longest body of one frame, in bytes. A Rust peer buffers a whole frame (spec appendix, R16). */
const LONGEST_BODY = 64 * 1024;

/**
 * The longest body of one frame, in bytes, while other streams wait for their turn. Each frame costs the reader one
 * read. With half of this length, both sides took 10 % more processor time (measured: bytes of 8 and of 64 streams,
 * over loopback).
 */
const SHARED_BODY = 32 * 1024;

/** Bytes that a stream may send in each round, for each unit of its weight: one frame at the default weight of 16. */
const SHARE = SHARED_BODY / 16;

/**
 * The cost of a frame in addition to its body, in bytes. Without it, a stream could take an unfair share with many
 * small frames.
 */
const FRAME_COST = 16;

/**
 * After this many consecutive turns without a frame, the other turns wait for another task, because observers could
 * cause turns for each other forever.
 */
const MOST_IDLE_TURNS = 1000;

/**
 * The output of one stream, as far as the scheduler uses it. Only the scheduler changes the fields that are not
 * readonly.
 */
export interface Sender extends Stalled {
  /** A packed priority. */
  readonly priority: number;
  /** Whether a turn would send something. */
  readonly ready: boolean;
  /** Whether there is output, or an observer whose offer was not taken in full. */
  readonly waits: boolean;
  /** Whether the stream has failed. It then gets no more turns. */
  readonly failed: boolean;
  /** True while it waits for its turn, between its neighbours in a ring. */
  scheduled: boolean;
  next: Sender | null;
  previous: Sender | null;
  /** Bytes that it may still send in this round of turns; negative if it has sent more than its share. */
  deficit: number;
  /** Sends one frame of at most `limit` bytes of body, or tells the observer that there is room. */
  takeTurn(limit: number): void;
}

/** The senders of one urgency that are ready, in the order of their turns. */
class Ring {
  first: Sender | null = null;
  last: Sender | null = null;
}

/** Decides whose turn it is. */
export class Scheduler {
  readonly #rings: readonly Ring[] = Array.from({ length: URGENCIES }, () => new Ring());
  /** The urgencies that have waiting streams, as one bit for each. */
  #waiting = 0;
  /** The sender that has the turn, and the bytes that it may still send in this turn. */
  #turn: Sender | null = null;
  #left = 0;
  /** Consecutive turns that have sent nothing. */
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

  /** Returns whether a stream waits that must send before a stream of this priority. */
  precedes(priority: number): boolean {
    return (this.#waiting & ((2 << urgencyOf(priority)) - 1)) !== 0;
  }

  /** Lets `sender` take turns, if it has output and does not wait for a turn yet. */
  schedule(sender: Sender): void {
    // The stream that has the turn gets its place after the turn. A stream that has failed gets no place.
    if (sender.scheduled || this.#turn === sender || sender.failed) return;
    if (!sender.ready) return this.#stall(sender);
    this.#stalled.delete(sender);
    const ring = this.#append(sender);
    // A stream that is alone in its class has taken nothing from other streams.
    if (ring.first === ring.last) sender.deficit = 0;
    this.#outbound.requestFlush();
  }

  /** Returns the bytes that `sender` may still send in its turn; 0 if it does not have the turn. */
  leftTo(sender: Sender): number {
    return this.#turn === sender ? this.#left : 0;
  }

  /** Takes `length` bytes that `sender` has sent off the bytes of its turn. */
  spend(sender: Sender, length: number): void {
    if (this.#turn === sender) this.#left = Math.max(0, this.#left - length);
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

  /** Takes `sender` out of its ring. A stream that has ended must not stay in the ring while the transport is stuck. */
  remove(sender: Sender): void {
    if (!sender.scheduled) return;
    const urgency = urgencyOf(sender.priority);
    const ring = this.#rings[urgency]!;
    const { next, previous } = sender;
    if (previous === null) ring.first = next;
    else previous.next = next;
    if (next === null) ring.last = previous;
    else next.previous = previous;
    sender.next = sender.previous = null;
    sender.scheduled = false;
    if (ring.first === null) this.#waiting &= ~(1 << urgency);
  }

  /** Returns the first sender of the most urgent class. */
  #next(): Sender {
    const urgency = 31 - Math.clz32(this.#waiting & -this.#waiting);
    return this.#rings[urgency]!.first!;
  }

  #giveTurn(sender: Sender): void {
    if (sender.deficit <= 0) {
      sender.deficit += SHARE * weightOf(sender.priority);
      // The stream has exceeded the shares of several rounds.
      if (sender.deficit <= 0) return this.#toTheEnd(sender);
    }
    this.remove(sender);
    // Its write may have been taken back, or its offer withdrawn. The output behind it may lack credit.
    if (!sender.ready) return this.#stall(sender);
    const isShared = this.precedes(sender.priority);
    const limit = this.longestBody;
    const { framesSent } = this.#outbound;
    this.#turn = sender;
    this.#left = limit;
    sender.takeTurn(limit);
    const sent = limit - this.#left + FRAME_COST;
    this.#turn = null;
    this.#idleTurns = this.#outbound.framesSent === framesSent ? this.#idleTurns + 1 : 0;
    // If no other stream waited, the bytes are not charged. A stream does not keep an unused share.
    sender.deficit = isShared ? sender.deficit - sent : 0;
    if (!sender.ready) {
      sender.deficit = Math.min(sender.deficit, 0);
      this.#stall(sender);
    } else if (sender.deficit > 0) {
      this.#prepend(sender);
    } else {
      this.#append(sender);
    }
  }

  /**
   * Handles a sender that cannot send. If it has output, but no credit, or if its SYN is held, it waits for the peer
   * until a deadline. Otherwise it is idle and has no deadline.
   */
  #stall(sender: Sender): void {
    if (sender.waits) this.#stalled.add(sender);
    else this.#stalled.delete(sender);
  }

  #toTheEnd(sender: Sender): void {
    this.remove(sender);
    this.#append(sender);
  }

  #append(sender: Sender): Ring {
    const ring = this.#enter(sender);
    sender.previous = ring.last;
    if (ring.last === null) ring.first = sender;
    else ring.last.next = sender;
    ring.last = sender;
    return ring;
  }

  /** Puts `sender` at the beginning of its ring, so that its turn continues. */
  #prepend(sender: Sender): void {
    const ring = this.#enter(sender);
    sender.next = ring.first;
    if (ring.first === null) ring.last = sender;
    else ring.first.previous = sender;
    ring.first = sender;
  }

  #enter(sender: Sender): Ring {
    const urgency = urgencyOf(sender.priority);
    sender.scheduled = true;
    this.#waiting |= 1 << urgency;
    return this.#rings[urgency]!;
  }
}
