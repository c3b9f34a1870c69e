// The keep-alive sends a ping in each interval, and expects a sign of life within the timeout. So an idle connection
// still carries some bytes, and the session notices when its peer is gone. Spec §9.

import { type Clock, MuxadoError, type Timer, type WireSession } from "@muxado/core";
import { checkNumber, Liveness, LONGEST_DELAY, type Question, Silence } from "@muxado/core/layers";

/** Options of the keep-alive. */
export interface KeepAliveOptions {
  /** Milliseconds from one ping to the next. Default: 30 000; Infinity: the session sends none by itself. */
  readonly keepAlive?: number | undefined;
  /**
   * Milliseconds that a sign of life may take after a ping. Without one, the session ends with HEARTBEAT_TIMEOUT. A
   * sign of life is the answer, any other byte, or a write that had to wait for room in the transport and then found
   * it. If much of our own output is in front of the ping, the time is longer. Default: 10 000.
   */
  readonly pingTimeout?: number | undefined;
}

const INTERVAL = 30_000;
const TIMEOUT = 10_000;

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
  #timer: Timer | undefined;
  #asking = new AbortController();
  /** The last ping, and the silence after it. */
  #question: Question | undefined;
  #silence: Silence | undefined;

  constructor(session: WireSession, clock: Clock, interval: number, timeout: number) {
    this.#session = session;
    this.#clock = clock;
    this.#liveness = new Liveness(session, clock);
    this.#interval = interval;
    this.#timeout = timeout;
    void session.closed.then(() => this.#end());
  }

  /** Waits until the next ping is due. Called when the peer is known to be alive. */
  wait(): void {
    const delay = Math.min(Math.max(this.#interval, this.#left), LONGEST_DELAY);
    this.#timer = this.#clock.setTimer(() => {
      if (this.#question?.isAnswered === false) this.#question.givenUp();
      this.#silence = new Silence({
        clock: this.#clock,
        untilSign: true,
        onLate: () => this.#ask(),
        onVerdict: (isSilent) => (isSilent ? this.#giveUp() : this.wait()),
      });
      this.#ask();
    }, delay);
  }

  /**
   * How long the answer to the last ping may still take, in milliseconds. Until then, another ping would only queue
   * behind it.
   */
  get #left(): number {
    const question = this.#question;
    if (question === undefined || question.isAnswered) return 0;
    return question.askedAt + this.#silence!.patience - this.#clock.now();
  }

  #ask(): void {
    const question = (this.#question = this.#liveness.ask());
    // Stop waiting for the last ping: its answer may never come.
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    this.#session.ping({ signal }).then(
      () => question.answered(),
      // A ping can also fail because the session is ending: then nobody needs an answer.
      () => signal.aborted || this.#end(),
    );
    this.#silence!.listen(question, this.#timeout);
  }

  #end(): void {
    this.#timer?.cancel();
    this.#silence?.stop();
  }

  #giveUp(): void {
    const waited = Math.round(this.#silence!.patience);
    this.#session.destroy(
      new MuxadoError({
        code: "HEARTBEAT_TIMEOUT",
        scope: "session",
        origin: "remote",
        detail: `no answer to a ping and nothing else has arrived for ${waited} ms`,
      }),
    );
  }
}
