// The heartbeat of a session: when to beat, what an echo proves, and when silence means that the peer is gone.
// Spec §9.2, docs/decisions/0018.

import { type Clock, MuxadoError, systemClock, type Timer, type WaitOptions } from "@muxado/core";
import { checkNumber, Liveness, LONGEST_DELAY, reportThrown, Silence } from "@muxado/core/layers";
import type { TypedSession, TypedStream } from "@muxado/typed";
import type { Beat } from "./beat.ts";
import { BeatStream, type BeatStreamHandler } from "./beat-stream.ts";
import { Echo } from "./echo.ts";
import { HEARTBEAT_TYPE } from "./values.ts";

/** Options of a {@link Heartbeat}. */
export interface HeartbeatOptions {
  /** Milliseconds between beats. Default: 10 000; Infinity: only those asked for with `beat()`. */
  readonly interval?: number | undefined;
  /** Milliseconds that an echo may take, and longer behind our own output. Default: 15 000. */
  readonly tolerance?: number | undefined;
  /** Told of each round trip, in milliseconds: always more than 0. */
  readonly onBeat?: ((roundTrip: number) => void) | undefined;
  /**
   * Told when the peer seems to be gone: a beat was sent, and for the whole tolerance neither its echo nor any other
   * byte has come, nor has the transport taken what had to wait for room. The error is a HEARTBEAT_TIMEOUT. Told again after each further beat. Not told when the session
   * ends: `session.closed` is there for that.
   */
  readonly onFailure?: ((error: MuxadoError) => void) | undefined;
  /**
   * Destroys the session when the peer seems to be gone: everything that waits fails with HEARTBEAT_TIMEOUT.
   * Default: false.
   */
  readonly endDeadSession?: boolean | undefined;
  /** The source of time. Default: the platform's. */
  readonly clock?: Clock | undefined;
}

/** No clock is so exact, and no peer so near, that a round trip takes no time at all. In milliseconds. */
const SHORTEST_ROUND_TRIP = 0.001;

/**
 * Measures the round trip of a session, finds out when the peer is gone, and answers the peer's own beats.
 *
 * It lives as long as the session, unless it is stopped. Its streams do not reach `accept`, and a graceful close
 * does not wait for them.
 */
export class Heartbeat {
  readonly #session: TypedSession;
  readonly #clock: Clock;
  readonly #liveness: Liveness;
  readonly #onBeat: (roundTrip: number) => void;
  readonly #onFailure: (error: MuxadoError) => void;
  readonly #endDeadSession: boolean;
  #interval: number;
  #tolerance: number;
  /** Beats that wait for their echo, by value. All of them went out on the stream: its end is theirs. */
  readonly #out: Map<number, Beat> = new Map();
  #stream: BeatStream | undefined;
  /** Answers the peer. */
  #echo: Echo | undefined;
  /** When the last regular beat was due, or the heartbeat began. */
  #lastAt: number;
  #nextTimer: Timer | undefined;
  /** A regular beat is out: the next one waits for its outcome. */
  #beating = false;
  #stopped = false;
  /** Stopped, or the session is over: there are no timers any more. */
  #over = false;

  /**
   * Begins to beat, one interval from now, and to answer.
   *
   * @throws {RangeError} naming the option that is out of range.
   * @throws {TypeError} if the session has a heartbeat already, or is no TypedSession.
   */
  constructor(session: TypedSession, options: HeartbeatOptions = {}) {
    this.#session = session;
    this.#clock = options.clock ?? systemClock;
    this.#onBeat = options.onBeat ?? ignore;
    this.#onFailure = options.onFailure ?? ignore;
    this.#endDeadSession = options.endDeadSession ?? false;
    this.#interval = checkInterval(options.interval ?? 10_000);
    this.#tolerance = checkTolerance(options.tolerance ?? 15_000);
    this.#lastAt = this.#clock.now();
    if (typeof session.claim !== "function") {
      throw new TypeError("a heartbeat needs a TypedSession, and both sides have to use one");
    }
    try {
      session.claim(HEARTBEAT_TYPE, (stream) => this.#answer(stream));
    } catch (cause) {
      throw new TypeError("the session has a heartbeat already", { cause });
    }
    try {
      // Now, since it may be impossible later: a session that is closing opens nothing more, and is still to be watched.
      this.#openStream();
    } catch {
      // Then the first beat tells why, or opens it.
    }
    this.#liveness = new Liveness(session, this.#clock);
    this.#schedule();
    // A promise of the session's keeps whoever waits for it: a heartbeat that was stopped need not be kept.
    const self = new WeakRef(this);
    void session.closed.then(() => {
      const heartbeat = self.deref();
      if (heartbeat !== undefined) heartbeat.#end();
    });
  }

  /** Milliseconds between beats. */
  get interval(): number {
    return this.#interval;
  }

  /** Moves the next beat, to that long after the last. Throws a RangeError as the constructor does. */
  set interval(milliseconds: number) {
    this.#interval = checkInterval(milliseconds);
    this.#schedule();
  }

  /** Milliseconds that an echo may take, apart from what it takes longer behind our own output. */
  get tolerance(): number {
    return this.#tolerance;
  }

  /** Holds for the beats that are sent from now on. Throws a RangeError as the constructor does. */
  set tolerance(milliseconds: number) {
    this.#tolerance = checkTolerance(milliseconds);
  }

  /**
   * Beats now, whatever the interval, and resolves with the round trip in milliseconds: always more than 0.
   *
   * @throws {MuxadoError} HEARTBEAT_TIMEOUT when no echo has come within the tolerance, or what our own output in front
   * of the beat makes of it; else what ended the heartbeat's stream, the session, or the heartbeat.
   */
  beat({ signal }: WaitOptions = {}): Promise<number> {
    const beating = new Promise<number>((resolve, reject) => {
      signal?.throwIfAborted();
      const abort = (): void => {
        this.#forget(beat);
        reject(signal!.reason);
      };
      const beat = this.#beat((outcome) => {
        signal?.removeEventListener("abort", abort);
        if (typeof outcome === "number") resolve(outcome);
        else reject(outcome);
      });
      signal?.addEventListener("abort", abort, { once: true });
    });
    // Safe to drop, like every promise of a session.
    beating.catch(ignore);
    return beating;
  }

  /** Neither beats nor answers any more; the session goes on. Harmless when repeated. */
  stop(): void {
    this.#stopped = true;
    this.#end();
    this.#failAll(stoppedError());
  }

  /** Once only: by the next time, the type may be another heartbeat's. */
  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#nextTimer?.cancel();
    this.#session.claim(HEARTBEAT_TYPE, undefined);
    this.#echo?.stop();
    this.#stream?.stop();
    this.#stream = undefined;
  }

  /** One regular beat after the other, each an interval after the last, but never before its outcome. */
  #schedule(): void {
    this.#nextTimer?.cancel();
    if (this.#over || this.#beating || this.#interval === Infinity) return;
    const delay = this.#lastAt + this.#interval - this.#clock.now();
    this.#nextTimer = this.#clock.setTimer(
      () => this.#beatRegularly(),
      Math.min(Math.max(delay, 0), LONGEST_DELAY),
    );
  }

  #beatRegularly(): void {
    this.#lastAt = this.#clock.now();
    this.#beating = true;
    const settle = (): void => {
      this.#beating = false;
      this.#schedule();
    };
    try {
      this.#beat(settle);
    } catch {
      // No stream can be opened: the session is closing, or at its limit of streams. Perhaps the next time.
      settle();
    }
  }

  #beat(settle: Beat["settle"]): Beat {
    if (this.#stopped) throw stoppedError();
    const stream = this.#usableStream();
    const beat: Beat = {
      value: 0,
      sentAt: 0,
      question: this.#liveness.ask(),
      silence: new Silence({
        clock: this.#clock,
        // A sign of life is no echo.
        untilSign: false,
        onLate: () => this.#repeat(beat),
        onVerdict: (isSilent) => this.#judge(beat, isSilent),
      }),
      settle,
    };
    this.#send(beat, stream);
    beat.silence.listen(beat.question, this.#tolerance);
    return beat;
  }

  /** Sends it, with a value of its own. Throws why the stream takes no more. */
  #send(beat: Beat, stream: BeatStream): void {
    do beat.value = randomValue();
    while (this.#out.has(beat.value));
    beat.sentAt = this.#clock.now();
    try {
      stream.send(beat.value);
    } catch (error) {
      // Closed here, by somebody who watches all streams, or with its session.
      stream.stop();
      this.#streamEnded(error as MuxadoError);
      throw error;
    }
    this.#out.set(beat.value, beat);
  }

  /** Sends it again, with another value, and perhaps on another stream. False, and settled, if that is not possible. */
  #sendAgain(beat: Beat): boolean {
    this.#withdraw(beat);
    try {
      this.#send(beat, this.#usableStream());
      return true;
    } catch (error) {
      this.#settle(beat, error as MuxadoError);
      return false;
    }
  }

  /** We could not listen to the echo. */
  #repeat(beat: Beat): void {
    beat.question = this.#liveness.ask();
    if (this.#sendAgain(beat)) beat.silence.listen(beat.question, this.#tolerance);
  }

  /** There is no echo. Is there nothing at all? */
  #judge(beat: Beat, isSilent: boolean): void {
    const waited = Math.round(beat.silence.patience);
    const error = new MuxadoError({
      code: "HEARTBEAT_TIMEOUT",
      scope: "session",
      origin: "remote",
      detail: `no echo${isSilent ? ", nor anything else," : ""} has come for ${waited} ms`,
    });
    this.#settle(beat, error);
    if (!isSilent) {
      beat.question.givenUp();
      // It lives, and does not answer: perhaps it has lost count of our bytes. What is out, and what comes, gets a
      // stream of its own.
      this.#stream?.stop();
      this.#stream = undefined;
      for (const other of [...this.#out.values()]) {
        // The end of the new stream may have settled it.
        if (this.#out.has(other.value)) this.#sendAgain(other);
      }
      return;
    }
    tell(() => this.#onFailure(error));
    if (this.#endDeadSession && !this.#over) this.#session.destroy(error);
  }

  /** The stream for what is sent now. Throws why there is none. */
  #usableStream(): BeatStream {
    const error = this.#stream?.error;
    // It has failed in this turn, and will say so when the turn is over.
    if (error !== undefined) {
      this.#stream?.stop();
      this.#streamEnded(error);
    }
    return this.#stream ?? this.#openStream();
  }

  #openStream(): BeatStream {
    const handler: BeatStreamHandler = {
      onEcho: (value) => this.#receiveEcho(value),
      onEnded: (error) => this.#streamEnded(error),
    };
    return (this.#stream = new BeatStream(this.#session, handler));
  }

  #streamEnded(error: MuxadoError): void {
    this.#stream = undefined;
    // A peer without a heartbeat refuses our stream, and that is an answer, too.
    if (error.scope === "stream" && error.origin === "remote") {
      for (const { question } of this.#out.values()) question.answered();
    }
    this.#failAll(error);
    if (error.scope === "session") this.#end();
  }

  #receiveEcho(value: number): void {
    const beat = this.#out.get(value);
    // Late, or never sent: it proves that the peer lives, which its bytes have done already.
    if (beat === undefined) return;
    beat.question.answered();
    const roundTrip = Math.max(this.#clock.now() - beat.sentAt, SHORTEST_ROUND_TRIP);
    this.#settle(beat, roundTrip);
    // What has waited behind our own output says little of the way.
    if (roundTrip <= this.#tolerance) this.#session.reportRoundTrip(roundTrip);
    tell(() => this.#onBeat(roundTrip));
  }

  #settle(beat: Beat, outcome: number | MuxadoError): void {
    this.#forget(beat);
    beat.settle(outcome);
  }

  #forget(beat: Beat): void {
    beat.silence.stop();
    this.#withdraw(beat);
  }

  #withdraw({ value }: Beat): void {
    this.#out.delete(value);
    this.#stream?.withdraw(value);
  }

  #failAll(error: MuxadoError): void {
    for (const beat of [...this.#out.values()]) this.#settle(beat, error);
  }

  /** One stream of beats is all that a peer needs. */
  #answer(stream: TypedStream): void {
    if (this.#echo === undefined || this.#echo.over) this.#echo = new Echo(stream);
    else stream.refuse();
  }
}

function checkInterval(milliseconds: number): number {
  return checkNumber("interval", milliseconds, 1, Infinity);
}

function checkTolerance(milliseconds: number): number {
  return checkNumber("tolerance", milliseconds, 1, LONGEST_DELAY);
}

/** A value that a peer cannot guess, so that only one that has received it can send it back. */
function randomValue(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]!;
}

function stoppedError(): MuxadoError {
  return new MuxadoError({
    code: "STREAM_CANCELLED",
    scope: "stream",
    origin: "local",
    detail: "the heartbeat was stopped",
  });
}

/** The application's own mistakes surface as its own. */
function tell(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    reportThrown(error);
  }
}

function ignore(): void {}
