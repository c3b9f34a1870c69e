// Helps a layer to decide whether a peer is dead, or may not have received the question yet. It estimates how long our
// own output delays a question, and knows which events prove that the peer is alive. It sends nothing and sets no
// timers: the layer does that. Spec §9.2, docs/decisions/0018.

import type { Clock } from "../base/clock.ts";
import type { SessionStats } from "../seams/statistics.ts";

/**
 * The speed of a connection that we assume until an answer has shown a higher speed, in bytes per millisecond: 64
 * kbit/s.
 */
const SLOWEST = 8192 / 1000;

/** The longest time that we allow for the output in front of a question, in milliseconds. */
const LONGEST = 300_000;

/** Bytes of one stream that a peer may have read before it returns credit: half of the initial window. */
const UNRETURNED = 128 * 1024;

/**
 * The shortest time between two questions that can be used to measure the speed, in milliseconds. In a shorter time,
 * too few bytes are sent.
 */
const SHORTEST_SPAN = 1000;

/** A session, or a layer over one, that has counters. */
interface Counted {
  stats(): SessionStats;
}

/** The estimates for the connection of one session. Their cost does not depend on the number of streams. */
export class Liveness {
  readonly #session: Counted;
  readonly #clock: Clock;
  /** Bytes of output in front of the last question that was answered or given up. The peer has received these bytes. */
  #position: number;
  /** The time of that question, in the clock's milliseconds. */
  #askedAt: number;
  /** `bytesReturned` when the answer came. */
  #returned: number;
  /** A lower bound of the connection's speed between the last two answers, in bytes per millisecond. */
  #pace = SLOWEST;

  /** @param session the session whose peer will be asked. */
  constructor(session: Counted, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
    const stats = session.stats();
    // Open streams may have bytes that are still on their way. We count these bytes as sent just now.
    this.#position = Math.max(positionOf(stats) - 2 * UNRETURNED * stats.openStreams, 0);
    this.#returned = stats.bytesReturned;
    this.#askedAt = clock.now();
  }

  /** The layer calls this just before it sends a question. */
  ask(): Question {
    const stats = this.#session.stats();
    const now = this.#clock.now();
    const position = positionOf(stats);
    return new Question(this, this.#session, now, position, this.#delayOf(stats, position, now));
  }

  /**
   * @internal Notes that the peer has received all output in front of the question. `isSure` is true if the peer has
   * answered.
   */
  reached({ position, askedAt }: Question, isSure: boolean): void {
    if (askedAt - this.#askedAt < SHORTEST_SPAN) return;
    // The connection may be faster than this, but not slower: perhaps there were no more bytes to send.
    const pace = (position - this.#position) / (this.#clock.now() - this.#askedAt);
    this.#pace = isSure ? Math.max(SLOWEST, pace) : SLOWEST;
    this.#position = position;
    this.#askedAt = askedAt;
    this.#returned = this.#session.stats().bytesReturned;
  }

  /** Returns how long the output in front of `position` still needs to reach the peer, in milliseconds. */
  #delayOf({ bytesReturned, openStreams }: SessionStats, position: number, now: number): number {
    const sent = position - this.#position;
    // Credit that arrives after the last answer may belong to bytes that were sent before its question.
    const sure = bytesReturned - this.#returned - UNRETURNED * openStreams;
    const returned = Math.min(Math.max(sure, 0), sent);
    const pace = Math.max(this.#pace, returned / Math.max(now - this.#askedAt, 1));
    // We assume that the rest was sent just now.
    return Math.min((sent - returned) / pace, LONGEST);
  }
}

/** One question to the peer, from the moment of asking. */
export class Question {
  /** The time of the question, in the clock's milliseconds. */
  readonly askedAt: number;
  /** @internal Bytes of output in front of it, since the session began. */
  readonly position: number;
  /** Milliseconds that our own output may delay the question, at most five minutes. */
  readonly delay: number;
  readonly #liveness: Liveness;
  readonly #session: Counted;
  readonly #received: number;
  #isAnswered = false;
  /** `bytesSent` at the last call of {@link look}, if a write was under way then; otherwise 0. */
  #underWay = 0;
  #isAlive = false;

  /** @internal */
  constructor(
    liveness: Liveness,
    session: Counted,
    askedAt: number,
    position: number,
    delay: number,
  ) {
    this.#liveness = liveness;
    this.#session = session;
    this.askedAt = askedAt;
    this.position = position;
    this.delay = delay;
    this.#received = session.stats().bytesReceived;
  }

  /**
   * Returns how long to wait for a sign of life, in milliseconds. This is the tolerance if the output in front of the
   * question needs at most half of it. Otherwise it is the time for that output plus half of the tolerance.
   */
  patience(tolerance: number): number {
    return Math.max(tolerance, this.delay + tolerance / 2);
  }

  /**
   * Returns whether there has been a sign of life since the question. A sign of life is any byte, or a write that had
   * to wait for room in the transport and then found it.
   *
   * The layer calls this from time to time: a write has waited if it was under way at one call and is done at a later
   * one. A write that the transport takes at once proves nothing, because its send buffer takes many bytes even if the
   * peer is dead.
   */
  look(): boolean {
    const { bytesReceived, bytesSent, bytesWritten } = this.#session.stats();
    const hasWaited = this.#underWay > 0 && bytesWritten >= this.#underWay;
    this.#isAlive ||= hasWaited || bytesReceived !== this.#received;
    this.#underWay = bytesSent > bytesWritten ? bytesSent : 0;
    return this.#isAlive;
  }

  /** Whether the answer has arrived. */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** The layer calls this when the answer has arrived. The answer shows how fast the connection is. */
  answered(): void {
    this.#isAnswered = true;
    this.#liveness.reached(this, true);
  }

  /**
   * The layer calls this when the patience is over without an answer, but the peer is alive. The output in front of the
   * question has then had enough time to arrive.
   */
  givenUp(): void {
    this.#liveness.reached(this, false);
  }
}

/** Returns the bytes of output so far, including those that wait for the transport. */
function positionOf({ bytesWritten, bytesToSend }: SessionStats): number {
  return bytesWritten + bytesToSend;
}
