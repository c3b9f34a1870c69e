// The heartbeat of a session: when it sends beats, what an echo proves, and when silence means that the peer is gone.
// Spec §9.2, docs/decisions/0018.

import { type Clock, MuxadoError, systemClock, type Timer, type WaitOptions } from "@muxado/core";
import { checkNumber, Liveness, LONGEST_DELAY, Silence, tell } from "@muxado/core/layers";
import type { TypedSession, TypedStream } from "@muxado/typed";
import type { Beat } from "./beat.ts";
import { BeatStream, type BeatStreamHandler } from "./beat-stream.ts";
import { Echo } from "./echo.ts";
import { HEARTBEAT_TYPE } from "./values.ts";

/** Options of a {@link Heartbeat}. */
export interface HeartbeatOptions {
  /** Milliseconds between beats. Default: 10 000; Infinity: the heartbeat sends a beat only when you call `beat()`. */
  readonly interval?: number | undefined;
  /**
   * Milliseconds that an echo may take. If much of our own output is in front of the beat, the time is longer. Default:
   * 15 000.
   */
  readonly tolerance?: number | undefined;
  /** Called with each round trip, in milliseconds. It is always more than 0. */
  readonly onBeat?: ((roundTrip: number) => void) | undefined;
  /**
   * Called with a HEARTBEAT_TIMEOUT when the peer seems to be gone. This is the case if a beat was sent and none of
   * three things happened during the whole tolerance: the echo arrived, any other byte arrived, or the transport took a
   * write that had to wait for room.
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

/** The shortest round trip that is reported, in milliseconds. A coarse clock may measure 0. */
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
  /** Beats that wait for their echo, by value. All were sent on the current stream, so they end when it ends. */
  readonly #out: Map<number, Beat> = new Map();
  #stream: BeatStream | undefined;
  /** Answers the peer's beats. */
  #echo: Echo | undefined;
  /** The time when the last regular beat was due, or when the heartbeat began. */
  #lastAt: number;
  #nextTimer: Timer | undefined;
  /** True while a regular beat waits for its outcome. The next regular beat is sent after that. */
  #beating = false;
  #stopped = false;
  /** True after the heartbeat was stopped, or after the session has ended: then there are no more timers. */
  #over = false;

  /**
   * Begins to answer beats now. Sends the first beat one interval from now.
   *
   * @throws {RangeError} if an option is out of range; the message names the option.
   * @throws {TypeError} if the session already has a heartbeat, or is not a TypedSession.
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
      // The stream is opened now, because this may be impossible later: a closing session opens no more streams, but
      // its peer must still be watched.
      this.#openStream();
    } catch {
      // If this fails, the first beat opens the stream, or fails with the reason.
    }
    this.#liveness = new Liveness(session, this.#clock);
    this.#schedule();
    // A promise of the session keeps its listeners in memory. Because of the weak reference, a stopped heartbeat can
    // still be freed.
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

  /** Sends the next beat one new interval after the last. Throws a RangeError as the constructor does. */
  set interval(milliseconds: number) {
    this.#interval = checkInterval(milliseconds);
    this.#schedule();
  }

  /** Milliseconds that an echo may take. If much of our own output is in front of the beat, the time is longer. */
  get tolerance(): number {
    return this.#tolerance;
  }

  /** A change applies to beats that are sent later. Throws a RangeError as the constructor does. */
  set tolerance(milliseconds: number) {
    this.#tolerance = checkTolerance(milliseconds);
  }

  /**
   * Sends a beat now, whatever the interval is. Resolves with the round trip in milliseconds, always above 0.
   *
   * @throws {MuxadoError} HEARTBEAT_TIMEOUT if no echo has arrived within the tolerance. Otherwise the error that ended
   * the heartbeat's stream, the session or the heartbeat.
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
    // The caller may ignore this promise, so a rejection must not be reported as unhandled.
    beating.catch(ignore);
    return beating;
  }

  /** Stops sending and answering beats. The session continues. A second call does no harm. */
  stop(): void {
    this.#stopped = true;
    this.#end();
    this.#failAll(stoppedError());
  }

  /** Stops the timer and both streams. Does this only once, because another heartbeat may claim the type later. */
  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#nextTimer?.cancel();
    this.#session.claim(HEARTBEAT_TYPE, undefined);
    this.#echo?.stop();
    this.#stream?.stop();
    this.#stream = undefined;
  }

  /** Sets the timer for the next regular beat, one interval after the last, unless that one still waits. */
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
        // Only an echo ends the wait, not every sign of life.
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

  /** Sends the beat with a new value. Throws the reason if the stream cannot send any more. */
  #send(beat: Beat, stream: BeatStream): void {
    do beat.value = randomValue();
    while (this.#out.has(beat.value));
    beat.sentAt = this.#clock.now();
    try {
      stream.send(beat.value);
    } catch (error) {
      // The stream was closed on this side: by code that watches all streams, or together with its session.
      stream.stop();
      this.#streamEnded(error as MuxadoError);
      throw error;
    }
    this.#out.set(beat.value, beat);
  }

  /**
   * Sends the beat again with another value, possibly on another stream. If this is not possible, settles the beat and
   * returns false.
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

  /** Sends the beat again, because our timer was late and we may have missed the echo. */
  #repeat(beat: Beat): void {
    beat.question = this.#liveness.ask();
    if (this.#sendAgain(beat)) beat.silence.listen(beat.question, this.#tolerance);
  }

  /** Settles the beat with a timeout. `isSilent` is true if there was no other sign of life either. */
  #judge(beat: Beat, isSilent: boolean): void {
    const waited = Math.round(beat.silence.patience);
    const error = new MuxadoError({
      code: "HEARTBEAT_TIMEOUT",
      scope: "session",
      origin: "remote",
      detail: `no echo${isSilent ? " and nothing else" : ""} has arrived for ${waited} ms`,
    });
    this.#settle(beat, error);
    if (!isSilent) {
      beat.question.givenUp();
      // The peer is alive but does not answer. Perhaps it no longer knows where a value begins in the bytes of the
      // stream. The beats that wait, and all later beats, use a new stream.
      this.#stream?.stop();
      this.#stream = undefined;
      for (const other of [...this.#out.values()]) {
        // If the new stream has failed in the meantime, that has already settled all beats.
        if (this.#out.has(other.value)) this.#sendAgain(other);
      }
      return;
    }
    tell(() => this.#onFailure(error));
    if (this.#endDeadSession && !this.#over) this.#session.destroy(error);
  }

  /** Returns the stream for the next beat. Throws the reason if there can be none. */
  #usableStream(): BeatStream {
    const error = this.#stream?.error;
    // The stream has failed in this turn. It would report this only after the turn.
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
    // A peer without a heartbeat refuses our stream. A refusal also shows that our output has reached the peer.
    if (error.scope === "stream" && error.origin === "remote") {
      for (const { question } of this.#out.values()) question.answered();
    }
    this.#failAll(error);
    if (error.scope === "session") this.#end();
  }

  #receiveEcho(value: number): void {
    const beat = this.#out.get(value);
    // The echo is late, or belongs to no beat. It needs no further work: its bytes already count as a sign of life.
    if (beat === undefined) return;
    beat.question.answered();
    const roundTrip = Math.max(this.#clock.now() - beat.sentAt, SHORTEST_ROUND_TRIP);
    this.#settle(beat, roundTrip);
    // If a beat waited behind our own output, its round trip does not show how fast the connection is.
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

  /** Answers on only one stream of the peer, because a peer needs only one. */
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

function ignore(): void {}
