// Whether a peer that has not answered is gone, or may not have got the question yet: how long that needs behind our
// own output, and what proves that the peer is there. For layers that ask; it sends nothing and sets no timers.
// Spec §9.2, docs/decisions/0018.

import type { Clock } from "../base/clock.ts";
import type { SessionStats } from "../seams/statistics.ts";

/** Bytes per millisecond that a line is believed to carry as long as nothing has shown more: 64 kbit/s. */
const SLOWEST = 8192 / 1000;

/** The longest that output in front of a question is waited for, in milliseconds. */
const LONGEST = 300_000;

/** What of a stream's bytes a peer may have read before it returns credit: half of what streams begin with. */
const UNRETURNED = 128 * 1024;

/** Answers that follow each other sooner, in milliseconds, have too little between them to tell a pace. */
const SHORTEST_SPAN = 1000;

/** A session, or a layer over one, that tells what it has counted. */
interface Counted {
  stats(): SessionStats;
}

/** What is known of one session's way to its peer. Its cost is the same whatever the number of streams. */
export class Liveness {
  readonly #session: Counted;
  readonly #clock: Clock;
  /** Bytes of output that stood in front of the last question which was answered, or given up: the peer has them. */
  #position: number;
  /** When that was asked, in the clock's milliseconds. */
  #askedAt: number;
  /** `bytesReturned` when the answer came. */
  #returned: number;
  /** Bytes per millisecond that have reached the peer between the last two answers, or more. */
  #pace = SLOWEST;

  /** @param session whose peer will be asked. */
  constructor(session: Counted, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
    const stats = session.stats();
    // What open streams may have on their way is taken for just sent.
    this.#position = Math.max(positionOf(stats) - 2 * UNRETURNED * stats.openStreams, 0);
    this.#returned = stats.bytesReturned;
    this.#askedAt = clock.now();
  }

  /** To be called just before a question is sent. */
  ask(): Question {
    const stats = this.#session.stats();
    const now = this.#clock.now();
    const position = positionOf(stats);
    return new Question(this, this.#session, now, position, this.#delayOf(stats, position, now));
  }

  /** @internal Everything in front of the question has reached the peer; `isSure` if it has answered. */
  reached({ position, askedAt }: Question, isSure: boolean): void {
    if (askedAt - this.#askedAt < SHORTEST_SPAN) return;
    // The line may carry more, and never less: there may have been no more to carry.
    const pace = (position - this.#position) / (this.#clock.now() - this.#askedAt);
    this.#pace = isSure ? Math.max(SLOWEST, pace) : SLOWEST;
    this.#position = position;
    this.#askedAt = askedAt;
    this.#returned = this.#session.stats().bytesReturned;
  }

  /** How long what stands in front of `position` still needs, in milliseconds. */
  #delayOf({ bytesReturned, openStreams }: SessionStats, position: number, now: number): number {
    const sent = position - this.#position;
    // Credit that comes after the answer may be for bytes from before the question.
    const sure = bytesReturned - this.#returned - UNRETURNED * openStreams;
    const returned = Math.min(Math.max(sure, 0), sent);
    const pace = Math.max(this.#pace, returned / Math.max(now - this.#askedAt, 1));
    // Of the rest, all may have been sent just now.
    return Math.min((sent - returned) / pace, LONGEST);
  }
}

/** One question to the peer, from the moment of asking. */
export class Question {
  /** When it was asked, in the clock's milliseconds. */
  readonly askedAt: number;
  /** @internal Bytes of output in front of it, since the session began. */
  readonly position: number;
  /** Milliseconds that it needs to reach the peer behind what stands in front of it, at most five minutes. */
  readonly delay: number;
  readonly #liveness: Liveness;
  readonly #session: Counted;
  readonly #received: number;
  #isAnswered = false;
  /** All that was sent when a write was found under way; 0 if none was. */
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
   * How long to wait for a sign of life, in milliseconds: the tolerance, as long as what stands in front needs no more
   * than half of it; else half of the tolerance more than that needs.
   */
  patience(tolerance: number): number {
    return Math.max(tolerance, this.delay + tolerance / 2);
  }

  /**
   * Whether there has been a sign of life since: any byte, or a write that had to wait for room in the transport and
   * found it. To be called every now and then, since a write has waited if it was under way at one call and is done at
   * a later one. What a transport takes at once proves nothing: a dead peer's send buffer takes a lot.
   */
  look(): boolean {
    const { bytesReceived, bytesSent, bytesWritten } = this.#session.stats();
    const hasWaited = this.#underWay > 0 && bytesWritten >= this.#underWay;
    this.#isAlive ||= hasWaited || bytesReceived !== this.#received;
    this.#underWay = bytesSent > bytesWritten ? bytesSent : 0;
    return this.#isAlive;
  }

  /** Whether the answer has come. */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** To be called when the answer has come: it tells how fast the way to the peer is. */
  answered(): void {
    this.#isAnswered = true;
    this.#liveness.reached(this, true);
  }

  /** To be called when all patience is over and the peer lives: what stood in front of the question has had its time. */
  givenUp(): void {
    this.#liveness.reached(this, false);
  }
}

/** Bytes of output so far, those included that wait for the transport. */
function positionOf({ bytesWritten, bytesToSend }: SessionStats): number {
  return bytesWritten + bytesToSend;
}
