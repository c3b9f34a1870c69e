// The heartbeat of a session: when it sends beats, what an echo proves, and when silence means that the peer is gone.
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
  /** Milliseconds between beats. Default: 10 000; Infinity: the heartbeat only sends a beat when you call `beat()`. */
  readonly interval?: number | undefined;
  /** Milliseconds that an echo may take, and more behind our own output. Default: 15 000. */
  readonly tolerance?: number | undefined;
  /** Called with each round trip, in milliseconds. It is always more than 0. */
  readonly onBeat?: ((roundTrip: number) => void) | undefined;
  /**
   * Called with a HEARTBEAT_TIMEOUT when the peer seems to be gone. This is the case when a beat was sent and, for the
   * whole tolerance, three things did not happen: its echo did not come, no other byte came, and the transport did not
   * take a write that had to wait for room.
   *
   * Called again after each further beat. Not called when the session ends: use `session.closed` for that.
   */
  readonly onFailure?: ((error: MuxadoError) => void) | undefined;
  /**
   * Destroys the session when the peer seems to be gone: every pending operation fails with HEARTBEAT_TIMEOUT. Default:
   * false.
   */
  readonly endDeadSession?: boolean | undefined;
  /** The source of time. Default: the platform's. */
  readonly clock?: Clock | undefined;
}

/**
 * The shortest round trip that is reported, in milliseconds. A clock may measure 0, but no round trip takes no time.
 */
const SHORTEST_ROUND_TRIP = 0.001;

/**
 * Measures the round trip of a session, notices when the peer is gone, and answers the peer's own beats.
 *
 * It lives as long as the session, unless you stop it. `accept` never returns its streams, and a graceful close does
 * not wait for them.
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
  /** Beats that wait for their echo, by value. All of them were sent on the current stream: when it ends, they end. */
  readonly #out: Map<number, Beat> = new Map();
  #stream: BeatStream | undefined;
  /** Answers the peer's beats. */
  #echo: Echo | undefined;
  /** The time when the last regular beat was due, or when the heartbeat began. */
  #lastAt: number;
  #nextTimer: Timer | undefined;
  /** A regular beat waits for its outcome. The next one is sent after that. */
  #beating = false;
  #stopped = false;
  /** The heartbeat was stopped, or the session is over: there are no more timers. */
  #over = false;

  /**
   * Begins to answer now, and to send beats one interval from now.
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
      // Open it now, because it may be impossible later: a closing session opens no more streams, but still needs
      // watching.
      this.#openStream();
    } catch {
      // In this case the first beat opens the stream, or fails with the reason.
    }
    this.#liveness = new Liveness(session, this.#clock);
    this.#schedule();
    // A promise of the session keeps its listeners in memory. The weak reference lets a stopped heartbeat be freed.
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

  /** Moves the next beat to one new interval after the last. Throws a RangeError as the constructor does. */
  set interval(milliseconds: number) {
    this.#interval = checkInterval(milliseconds);
    this.#schedule();
  }

  /** Milliseconds that an echo may take, and more behind our own output. */
  get tolerance(): number {
    return this.#tolerance;
  }

  /** A change applies to the beats that are sent from now on. Throws a RangeError as the constructor does. */
  set tolerance(milliseconds: number) {
    this.#tolerance = checkTolerance(milliseconds);
  }

  /**
   * Sends a beat now, whatever the interval is. Resolves with the round trip in milliseconds, which is always more than
   * 0.
   *
   * @throws {MuxadoError} HEARTBEAT_TIMEOUT if no echo has come within the tolerance, which is longer behind our own
   * output. Otherwise the error that ended the heartbeat's stream, the session or the heartbeat.
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
    // You may ignore this promise, like every promise of a session: a rejection is never unhandled.
    beating.catch(ignore);
    return beating;
  }

  /** Stops sending and answering beats. The session continues. A second call does no harm. */
  stop(): void {
    this.#stopped = true;
    this.#end();
    this.#failAll(stoppedError());
  }

  /** Runs only once: later, another heartbeat may have claimed the type. */
  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#nextTimer?.cancel();
    this.#session.claim(HEARTBEAT_TYPE, undefined);
    this.#echo?.stop();
    this.#stream?.stop();
    this.#stream = undefined;
  }

  /**
   * Sets the timer for the next regular beat: one interval after the last, but never before the last has its outcome.
   */
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
      // The session can open no stream: it is closing, or has reached its limit of streams. The next beat may succeed.
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
        // A sign of life does not end the wait: only an echo does.
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

  /** Sends the beat with a value of its own. If the stream takes no more, throws the reason. */
  #send(beat: Beat, stream: BeatStream): void {
    do beat.value = randomValue();
    while (this.#out.has(beat.value));
    beat.sentAt = this.#clock.now();
    try {
      stream.send(beat.value);
    } catch (error) {
      // The stream was closed here, by code that watches all streams or together with its session.
      stream.stop();
      this.#streamEnded(error as MuxadoError);
      throw error;
    }
    this.#out.set(beat.value, beat);
  }

  /**
   * Sends the beat again with another value, possibly on another stream. Returns false, and settles the beat, if that
   * is not possible.
   */
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

  /** Our timer was late, so we may have missed the echo. */
  #repeat(beat: Beat): void {
    beat.question = this.#liveness.ask();
    if (this.#sendAgain(beat)) beat.silence.listen(beat.question, this.#tolerance);
  }

  /** No echo has come. `isSilent` is true if nothing else has come either. */
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
      // The peer is alive but does not answer: it may have lost its place in our bytes. The beats that wait and all
      // later beats go on a new stream.
      this.#stream?.stop();
      this.#stream = undefined;
      for (const other of [...this.#out.values()]) {
        // The end of the new stream may have settled it already.
        if (this.#out.has(other.value)) this.#sendAgain(other);
      }
      return;
    }
    tell(() => this.#onFailure(error));
    if (this.#endDeadSession && !this.#over) this.#session.destroy(error);
  }

  /** Returns the stream for the next beat. If there is none, throws the reason. */
  #usableStream(): BeatStream {
    const error = this.#stream?.error;
    // The stream has failed in this turn. It reports that only when the turn is over.
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
    // A peer without a heartbeat refuses our stream. A refusal is an answer, too.
    if (error.scope === "stream" && error.origin === "remote") {
      for (const { question } of this.#out.values()) question.answered();
    }
    this.#failAll(error);
    if (error.scope === "session") this.#end();
  }

  #receiveEcho(value: number): void {
    const beat = this.#out.get(value);
    // The echo is late, or belongs to no beat. It proves that the peer is alive, but its bytes have proved that
    // already.
    if (beat === undefined) return;
    beat.question.answered();
    const roundTrip = Math.max(this.#clock.now() - beat.sentAt, SHORTEST_ROUND_TRIP);
    this.#settle(beat, roundTrip);
    // The round trip of a beat that waited behind our own output shows little about the connection.
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

  /** Answers only one stream of the peer: a peer needs no more. */
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

/** Returns a value that a peer cannot guess: only a peer that has received it can send it back. */
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

/** Calls the application. An error that it throws is reported as its own, not as an error of the heartbeat. */
function tell(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    reportThrown(error);
  }
}

function ignore(): void {}
