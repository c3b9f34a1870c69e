// The client's side: dials, says the hello, and dials again when the connection is lost. Spec §3 and §7.

import { type Clock, systemClock, type Transport } from "@muxado/core";
import { checkNumber, LONGEST_DELAY, tell } from "@muxado/core/layers";
import { notResumed, refused } from "./errors.ts";
import { Greeting, unlessAborted } from "./greeting.ts";
import {
  ANSWER_LENGTH,
  type Answer,
  decodeAnswer,
  encodeHello,
  Status,
  TOKEN_LENGTH,
} from "./handshake.ts";
import { Resumable, resumableOptions } from "./resumable.ts";

/** Makes one connection to the server. Stops when `signal` aborts. */
export type Dial = (signal: AbortSignal) => Promise<Transport>;

/** Options of {@link resume}. */
export interface ResumeOptions {
  /**
   * Milliseconds after the loss of a connection in which another one must be made. Then the session ends with
   * TRANSPORT_FAILED. Default: 60 000; Infinity: no limit.
   */
  readonly deadline?: number | undefined;
  /** Milliseconds that one attempt may take, with its handshake. Default: 10 000. */
  readonly connectTimeout?: number | undefined;
  /**
   * The longest pause before the second attempt after a loss, in milliseconds. The first attempt comes at once, and the
   * limit doubles with each further attempt. A pause is a random part of its limit. Default: 100.
   */
  readonly firstPause?: number | undefined;
  /** The longest pause between two attempts, in milliseconds. Default: 5 000. */
  readonly longestPause?: number | undefined;
  /**
   * Bytes that may be kept because the server has not confirmed them. At this limit, writes wait. A line carries no more
   * than this in a round trip. Default: 4 194 304.
   */
  readonly budget?: number | undefined;
  /** Milliseconds without input after which the server is asked for a sign. Default: 15 000; Infinity: never. */
  readonly pingInterval?: number | undefined;
  /** Milliseconds that this sign may take. Then the connection counts as lost. Default: 10 000. */
  readonly pingTimeout?: number | undefined;
  /** Called when a connection is lost, with its error, if there is one. */
  readonly onLost?: ((error: unknown) => void) | undefined;
  /** Called when the session goes on over another connection. */
  readonly onResumed?: (() => void) | undefined;
  /** Stops the first attempt. It has no effect on the transport that was returned. */
  readonly signal?: AbortSignal | undefined;
  /** The source of time. Default: the platform's. */
  readonly clock?: Clock | undefined;
}

/** Answers after which no other attempt helps. */
const FINAL: Readonly<Partial<Record<number, string>>> = {
  [Status.unknown]: "the server does not know the session any more",
  [Status.impossible]: "the server has lost a part of the session",
  [Status.version]: "the server speaks another version of the protocol",
};

/**
 * Resolves with a transport that outlives its connections, for `attach`. The peer must be a {@link ResumeServer}.
 *
 * @param dial makes the first connection, and each further one. It may go another way each time.
 * @throws the error of `dial`; MuxadoError CONNECT_FAILED if the server does not answer as it should; the reason
 * of the signal. Nothing was sent then.
 * @throws {RangeError | TypeError} if an option is out of range; the message names the option.
 */
export async function resume(dial: Dial, options: ResumeOptions = {}): Promise<Transport> {
  if (typeof dial !== "function")
    throw new TypeError(`dial must be a function, got ${typeof dial}`);
  const client = new Client(dial, options);
  options.signal?.throwIfAborted();
  const { signal } = options;
  const abort = (): void => client.stop(signal!.reason);
  signal?.addEventListener("abort", abort);
  try {
    await client.attempt();
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  return client.transport;
}

/** The connections of one session, one after the other. */
class Client {
  readonly transport: Resumable;
  readonly #dial: Dial;
  readonly #options: ResumeOptions;
  readonly #clock: Clock;
  readonly #connectTimeout: number;
  readonly #deadline: number;
  readonly #firstPause: number;
  readonly #longestPause: number;
  readonly #token: Uint8Array = crypto.getRandomValues(new Uint8Array(TOKEN_LENGTH));
  /** Attempts of this session so far. */
  #attempts = 0;
  /** True until the server has answered once. */
  #isNew = true;
  /** True after an answer that no other attempt would change. */
  #isRefused = false;
  /** Ends the present attempt or pause. */
  #stop: AbortController = new AbortController();

  constructor(dial: Dial, options: ResumeOptions) {
    const { clock = systemClock, deadline = 60_000, connectTimeout = 10_000 } = options;
    const { firstPause = 100, longestPause = 5_000 } = options;
    this.#dial = dial;
    this.#options = options;
    this.#clock = clock;
    this.#deadline = checkNumber("deadline", deadline, 0, Infinity);
    this.#connectTimeout = checkNumber("connectTimeout", connectTimeout, 1, LONGEST_DELAY);
    this.#firstPause = checkNumber("firstPause", firstPause, 0, LONGEST_DELAY);
    this.#longestPause = checkNumber("longestPause", longestPause, 0, LONGEST_DELAY);
    this.transport = new Resumable(resumableOptions(options, clock), {
      lost: (error) => void this.#resume(error),
      gone: () => this.#stop.abort(),
    });
  }

  /** Makes one connection within `timeout` milliseconds, and goes on over it. */
  async attempt(timeout: number = this.#connectTimeout): Promise<void> {
    const stop = new AbortController();
    this.#stop = stop;
    const late = new Error(`no answer within ${timeout} ms`);
    const timer = this.#clock.setTimer(() => stop.abort(late), timeout);
    try {
      await this.#connect(stop.signal);
    } finally {
      timer.cancel();
    }
  }

  /** Ends the present attempt with `reason`. */
  stop(reason: unknown): void {
    this.#stop.abort(reason);
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const transport = await unlessAborted(this.#dial(signal), signal, (late) => late.destroy());
    const greeting = new Greeting(transport, ANSWER_LENGTH);
    const { link, heard } = greeting;
    try {
      const hello = {
        isNew: this.#isNew,
        token: this.#token,
        attempt: ++this.#attempts,
        received: this.transport.received,
      };
      link.send([encodeHello(hello)]);
      const { received } = this.#accepted(decodeAnswer(await unlessAborted(heard, signal, ignore)));
      greeting.pass((own) => this.transport.goOn(own, received));
    } catch (error) {
      link.destroy();
      throw error;
    }
  }

  /** Returns the answer if the session can go on with it. */
  #accepted(answer: Answer | undefined): Answer {
    if (answer === undefined) throw refused("the peer is no server of resumable sessions");
    const { status, received } = answer;
    if (status === Status.stale) throw refused("a later attempt has come before");
    this.#isRefused = status !== Status.ok || !this.transport.mayHave(received);
    if (!this.#isRefused) {
      this.#isNew = false;
      return answer;
    }
    const detail = FINAL[status] ?? "the answer of the server is not possible";
    throw this.#isNew ? refused(detail) : notResumed(detail);
  }

  /** Dials until there is a connection, or the time is over. */
  async #resume(lost: unknown): Promise<void> {
    const { transport } = this;
    tell(() => this.#options.onLost?.(lost));
    const end = this.#clock.now() + this.#deadline;
    let limit = this.#firstPause;
    let cause = lost;
    while (!transport.isGone) {
      const left = end - this.#clock.now();
      if (left <= 0) {
        const detail = `the connection was lost, and no other was made within ${this.#deadline} ms`;
        return transport.fail(notResumed(detail, cause));
      }
      try {
        await this.attempt(Math.min(left, this.#connectTimeout));
        return tell(() => this.#options.onResumed?.());
      } catch (error) {
        cause = error;
      }
      if (this.#isRefused) return transport.fail(cause);
      await this.#sleep(Math.min(Math.random() * limit, end - this.#clock.now()));
      limit = Math.min(2 * limit, this.#longestPause);
    }
  }

  #sleep(milliseconds: number): Promise<void> {
    const stop = new AbortController();
    this.#stop = stop;
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(resolve, Math.max(0, milliseconds));
      stop.signal.addEventListener("abort", () => {
        timer.cancel();
        resolve();
      });
    });
  }
}

function ignore(): void {}
