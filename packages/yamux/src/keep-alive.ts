// Keeping a session alive, and finding out that its peer is gone: a ping each interval, and some sign of life within
// the timeout of it. Spec §9.

import { type Clock, MuxadoError, type WireSession } from "@muxado/core";
import { checkNumber, Liveness, LONGEST_DELAY, type Question } from "@muxado/core/layers";

/** Options of the keep-alive. */
export interface KeepAliveOptions {
  /** Milliseconds from one ping to the next. Default: 30 000; Infinity: the session sends none by itself. */
  readonly keepAlive?: number | undefined;
  /**
   * Milliseconds of silence after a ping that end the session with HEARTBEAT_TIMEOUT, and more behind our own output. Its
   * answer breaks the silence, and so do any other byte and a write that had to wait for room in the transport and has
   * found it. Default: 10 000.
   */
  readonly pingTimeout?: number | undefined;
}

const INTERVAL = 30_000;
const TIMEOUT = 10_000;

/** The timeout passes in so many parts, so that a thread which was blocked in any of them is found out. */
const SLICES = 8;

/**
 * A timer that is late by more than this part of the timeout says that we did not run: what the peer has sent
 * meanwhile may not have been read, and it is asked again.
 */
const LATE = 0.1;

/** How often it is asked again for that reason. */
const MAX_REPEATS = 3;

/** Throws a RangeError that names the option. */
export function checkKeepAlive(options: KeepAliveOptions): void {
  const { keepAlive = INTERVAL, pingTimeout = TIMEOUT } = options;
  checkNumber("keepAlive", keepAlive, 1, Infinity);
  checkNumber("pingTimeout", pingTimeout, 1, LONGEST_DELAY);
}

/** Keeps `session` alive until it is over. */
export function keepAlive(session: WireSession, clock: Clock, options: KeepAliveOptions): void {
  const { keepAlive: interval = INTERVAL, pingTimeout: timeout = TIMEOUT } = options;
  if (interval !== Infinity) new KeepAlive(session, clock, interval, timeout).wait();
}

class KeepAlive {
  readonly #session: WireSession;
  readonly #clock: Clock;
  readonly #liveness: Liveness;
  readonly #interval: number;
  readonly #timeout: number;
  #timer: { cancel(): void } | undefined;
  #asking = new AbortController();
  #isOver = false;
  /** The last ping, and how long it is waited for: so many slices, of so many milliseconds each. */
  #question: Question | undefined;
  #slice = 0;
  #slicesLeft = 0;
  #repeats = 0;
  #listensSince = 0;
  #listensSinceByWall = 0;

  constructor(session: WireSession, clock: Clock, interval: number, timeout: number) {
    this.#session = session;
    this.#clock = clock;
    this.#liveness = new Liveness(session, clock);
    this.#interval = interval;
    this.#timeout = timeout;
    void session.closed.then(() => this.#end());
  }

  /** Until the next ping: the peer lives. */
  wait(): void {
    this.#repeats = 0;
    const delay = Math.min(Math.max(this.#interval, this.#left), LONGEST_DELAY);
    this.#set(() => {
      if (this.#question?.isAnswered === false) this.#question.givenUp();
      this.#ask();
    }, delay);
  }

  /** How long the answer to the last ping may still take: until then, another would only queue behind it. */
  get #left(): number {
    const question = this.#question;
    if (question === undefined || question.isAnswered) return 0;
    return question.askedAt + this.#slice * SLICES - this.#clock.now();
  }

  #ask(): void {
    const question = (this.#question = this.#liveness.ask());
    this.#slice = question.patience(this.#timeout) / SLICES;
    this.#slicesLeft = SLICES;
    // One that is never answered is not waited for twice.
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    this.#session.ping({ signal }).then(
      () => question.answered(),
      // A session that is ending listens to nobody any more.
      () => signal.aborted || this.#end(),
    );
    this.#listen();
  }

  #end(): void {
    this.#isOver = true;
    this.#timer?.cancel();
  }

  #listen(): void {
    this.#listensSince = this.#clock.now();
    this.#listensSinceByWall = Date.now();
    this.#set(() => this.#hasListened(), this.#slice);
  }

  #hasListened(): void {
    if (this.#question!.look()) return this.wait();
    const passed = this.#clock.now() - this.#listensSince;
    const passedByWall = Date.now() - this.#listensSinceByWall;
    const late = Math.max(passed, passedByWall) - this.#slice;
    if (late > LATE * SLICES * this.#slice && this.#repeats < MAX_REPEATS) {
      this.#repeats++;
      this.#ask();
    } else if (--this.#slicesLeft > 0) {
      this.#listen();
    } else {
      // Input that waits is handled first.
      this.#set(() => this.#judge(), 0);
    }
  }

  #judge(): void {
    if (this.#question!.look()) return this.wait();
    const waited = Math.round(this.#slice * SLICES);
    this.#session.destroy(
      new MuxadoError({
        code: "HEARTBEAT_TIMEOUT",
        scope: "session",
        origin: "remote",
        detail: `neither an answer to a ping nor anything else has come for ${waited} ms`,
      }),
    );
  }

  #set(callback: () => void, delay: number): void {
    if (!this.#isOver) this.#timer = this.#clock.setTimer(callback, delay);
  }
}
