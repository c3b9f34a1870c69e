// An application of the fuzzer. It opens, accepts, closes and destroys at any time, uses its streams in any way, and
// calls commands inside every callback.

import {
  MuxadoError,
  type Session,
  type Stream,
  type StreamWatcher,
  type TracedFrame,
} from "@muxado/core";
import { Crowd } from "./crowd.ts";
import { Reason } from "./promises.ts";
import type { Stage } from "./stage.ts";
import { StreamActor } from "./stream-actor.ts";

/** Streams that an application continues to use, including streams that are over. */
const MOST_USED = 60;

/** An error of `open` may be a reason to destroy the session: in some servers, an error that escapes does so. */
type Escaped = MuxadoError | undefined;

/** The application on top of one session. */
export class Application {
  /** Set after the session is made. */
  session!: Session;
  readonly #stage: Stage;
  /** The streams that it continues to use. */
  readonly #actors: StreamActor[] = [];
  readonly #actorOf: Map<Stream, StreamActor> = new Map();
  /** Streams whose beginning was reported to the watcher, and whose end was not. */
  readonly #open: Set<Stream> = new Set();
  readonly #crowd: Crowd;
  #escaped: Escaped;
  /** Every local stream, for the verdicts at the end. */
  readonly #local: Stream[] = [];

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#crowd = new Crowd(stage);
  }

  /** The number of streams that have begun and not ended, as reported to the watcher. */
  get openCount(): number {
    return this.#open.size;
  }

  /** Does one thing. */
  act(): void {
    const { random, weather } = this.#stage;
    if (weather.crowd > 0 && random.oneIn(12)) return this.#crowd.act(this.session);
    const choice = random.below(100);
    if (this.#actors.length > 0 && choice < 62) return random.pick(this.#actors).act();
    if (choice < 75) return this.#openStream();
    if (choice < 84) return this.#accept(this.#stage.signal(10));
    if (choice < 88) return this.#iterate();
    if (choice < 93) return this.#stage.abortSomething();
    if (choice < 96) return this.#ping();
    if (choice < 97)
      return this.#stage.command("reports a round trip", () => this.session.reportRoundTrip(20));
    if (weather.storms && random.oneIn(2)) this.#storm();
  }

  /** The session's option `watcher`. */
  readonly watcher: StreamWatcher = {
    opened: (stream) => {
      if (this.#open.has(stream)) this.#stage.faults.add("watcher: opened twice", `${stream.id}`);
      this.#open.add(stream);
      if (this.#stage.accounts.isLocal(stream.id)) this.#local.push(stream);
      this.#inWatcher("opened", stream);
    },
    closed: (stream) => {
      if (!this.#open.delete(stream)) {
        this.#stage.faults.add("watcher: closed twice", `${stream.id}`);
      }
      this.#inWatcher("closed", stream);
    },
  };

  /** The session's option `trace`. */
  readonly trace = (frame: TracedFrame): void => {
    if (this.#stage.weather.tracing !== "active") return;
    const id = "streamId" in frame ? frame.streamId : undefined;
    this.#stage.inCallback(
      `the trace of ${frame.direction} ${frame.kind} ${id ?? ""}`,
      0.15,
      () => {
        const actor = this.#actors.find(({ stream }) => stream.id === id);
        if (actor !== undefined && this.#stage.random.oneIn(2)) actor.act();
        else this.act();
      },
    );
  };

  /** Ends the session gracefully, soon. */
  close(timeout: number): void {
    const { promises } = this.#stage;
    this.#stage.command(`closes within ${timeout} ms`, () => {
      promises.follow("session.close", "session", this.session.close({ timeout }));
    });
  }

  destroy(): void {
    const { random } = this.#stage;
    const reason = random.pick([undefined, new Reason("destroyed"), this.#escaped]);
    this.#stage.command(`destroys: ${String(reason)}`, () => this.session.destroy(reason));
  }

  /** The session is over. Bytes from before its end can still be read, and everything else fails. */
  finish(): void {
    for (let waiting = this.session.stats().waitingForAccept; waiting >= 0; waiting--) {
      this.#accept(undefined);
    }
    for (const actor of this.#actors) {
      actor.act();
      actor.drain();
    }
    for (let times = 0; times < 5; times++) this.act();
    this.close(0);
  }

  /** After every continuation has run, observers must have been told of everything. */
  checkTold(): void {
    for (const actor of this.#actors) actor.checkTold();
  }

  /** After a graceful end without an error, all bytes sent on streams without an error have left. */
  checkGraceful(): void {
    for (const { stream } of this.#actorOf.values()) {
      const { sent, isUnclear } = this.#stage.accounts.of(stream.id);
      const { bytesSent } = stream.stats();
      if (stream.error === undefined && !isUnclear && bytesSent > sent) {
        const detail = `${stream.id}: ${sent} of ${bytesSent} bytes`;
        this.#stage.faults.add("graceful, and bytes that were sent have not left", detail);
      }
    }
  }

  /** Whether the retry verdicts are proved. */
  checkVerdicts(): void {
    for (const stream of this.#local) {
      if (stream.error?.retry !== "safe") continue;
      const { synOut, resetIn, isUnclear, id } = this.#stage.accounts.of(stream.id);
      if (!synOut || isUnclear) continue;
      const isRefused = resetIn === 5 || resetIn === 9 || resetIn === 11;
      const isBeyond = (this.#stage.accounts.goAwayIn ?? Infinity) < id;
      if (!isRefused && !isBeyond) {
        const { code, origin } = stream.error;
        this.#stage.faults.add("verdict: a false safe", `${id}: ${code}, ${origin}`);
      }
    }
  }

  #inWatcher(event: string, stream: Stream): void {
    this.#stage.log?.(`watcher: ${stream.id} ${event}`);
    const chance = this.#stage.weather.watching === "active" ? 0.3 : 0;
    this.#stage.inCallback(`the watcher's ${event} of ${stream.id}`, chance, () => {
      const { random } = this.#stage;
      if (random.oneIn(2)) this.act();
      else this.#use(stream).act();
    });
  }

  #openStream(): void {
    const { random } = this.#stage;
    const signal = this.#stage.signal(8);
    const priority = random.oneIn(6) ? { urgency: random.below(8) } : undefined;
    if (this.#actors.length > this.#stage.weather.streams && random.oneIn(2)) return;
    this.#stage.command("opens", () => {
      try {
        this.#use(this.session.open({ signal, priority })).act();
      } catch (error) {
        if (MuxadoError.is(error)) this.#escaped = error;
        throw error;
      }
    });
  }

  #accept(signal: AbortSignal | undefined): void {
    this.#stage.command("accepts", () => {
      this.#stage.promises.follow(
        "accept",
        "session",
        this.session.accept({ signal }),
        (stream) => {
          this.#accepted(stream);
        },
      );
    });
  }

  #iterate(): void {
    this.#stage.command("iterates over streams", () => {
      const step = this.session[Symbol.asyncIterator]().next();
      this.#stage.promises.follow("accepting iteration", "session", step, ({ done, value }) => {
        if (!done) this.#accepted(value);
      });
    });
  }

  #accepted(stream: Stream): void {
    const { synIn } = this.#stage.accounts.of(stream.id);
    if (synIn === 0) this.#stage.faults.add("accept: a stream that nobody opened", `${stream.id}`);
    this.#stage.log?.(`accepted ${stream.id}`);
    const actor = this.#use(stream);
    if (this.#stage.random.oneIn(2)) actor.act();
  }

  #use(stream: Stream): StreamActor {
    const known = this.#actorOf.get(stream);
    if (known !== undefined) return known;
    const actor = new StreamActor(this.#stage, stream, () => this.act());
    this.#actorOf.set(stream, actor);
    if (this.#actors.length < MOST_USED) this.#actors.push(actor);
    else this.#actors[this.#stage.random.below(MOST_USED)] = actor;
    return actor;
  }

  #ping(): void {
    if (this.#stage.weather.wire.putPing === undefined) return;
    const signal = this.#stage.signal(4);
    this.#stage.command("pings", () => {
      this.#stage.promises.follow("ping", "session", this.session.ping({ signal }));
    });
  }

  #storm(): void {
    const { random, promises, weather } = this.#stage;
    const choice = random.below(8);
    if (choice === 0) return this.destroy();
    if (choice < 4) {
      const code = random.pick(["NO_ERROR", "INTERNAL_ERROR", 300] as const);
      const debug = weather.wire.maxDebugLength > 0 ? "bye" : "";
      return this.#stage.command(`goes away: ${code}`, () => this.session.goAway(code, debug));
    }
    const timeout = random.pick([undefined, 0, 10, 5000, Infinity]);
    const signal = this.#stage.signal(4);
    this.#stage.command(`closes, timeout ${timeout}`, () => {
      promises.follow("session.close", "session", this.session.close({ timeout, signal }));
    });
  }
}
