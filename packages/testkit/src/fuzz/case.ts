// One case of the fuzzer: a session whose peer, transport and application act by chance, drawn from one seed, until
// everything has ended. It checks the invariants at every step and at the end.

import { Session, type SessionEnd, type Wire, type WireDecoder } from "@muxado/core";
import type { Phrase } from "../dialect.ts";
import { Random } from "../random.ts";
import { hop, settle, Turns } from "../turns.ts";
import { Accounts } from "./accounts.ts";
import { Application } from "./application.ts";
import { Conversation } from "./conversation.ts";
import { describe, type Fault, Faults, nameOf } from "./faults.ts";
import { HandTransport } from "./hand-transport.ts";
import { InputReader } from "./input-reader.ts";
import { type Inspect, Invariants } from "./invariants.ts";
import { watchMicrotasks } from "./microtasks.ts";
import { Mouth } from "./mouth.ts";
import { Mutations } from "./mutations.ts";
import { OutputReader } from "./output-reader.ts";
import { Promises, Reason } from "./promises.ts";
import { Stage, THROWN } from "./stage.ts";
import { Time } from "./time.ts";
import { drawWeather, type Weather } from "./weather.ts";

/** Options of {@link runCase}. */
export interface CaseOptions {
  /** The most steps. Fewer than the seed has drawn, to find the shortest case that shows a fault. */
  readonly steps?: number | undefined;
  /** Called with each step. */
  readonly log?: ((line: string) => void) | undefined;
  /** Returns rejections that nobody has handled, and exceptions that nobody has caught, since the last call. */
  readonly unhandled?: (() => unknown[]) | undefined;
  readonly inspect?: Inspect | undefined;
}

/** The facts about a case that was run. */
export interface CaseFacts {
  /** Frames that the session has handled. */
  readonly frames: number;
  /** Streams of either side. */
  readonly streams: number;
  readonly wire: string;
  readonly faults: readonly Fault[];
  /** Steps until the session was over, or all steps that were drawn. */
  readonly steps: number;
  /** Why the session ended; "graceful" if there was no error. */
  readonly end: string;
}

/** Hops after which no continuation of the session or of its users is left in one turn. */
const DEEP = 10;

/** Steps of virtual time, turns and confirmations after which a session must be over. */
const LONGEST_END = 20_000;

/** Runs the case of `seed`. Never rejects: everything that went wrong is among its faults. */
export async function runCase(seed: number, options: CaseOptions = {}): Promise<CaseFacts> {
  return await new Case(seed, options).run();
}

class Case {
  readonly #random: Random;
  readonly #options: CaseOptions;
  readonly #weather: Weather;
  readonly #faults: Faults;
  readonly #accounts: Accounts;
  readonly #promises: Promises;
  readonly #stage: Stage;
  readonly #application: Application;
  readonly #time: Time;
  readonly #invariants: Invariants;
  readonly #turns = new Turns();
  readonly #transport: HandTransport;
  readonly #conversation: Conversation;
  readonly #mutations: Mutations;
  readonly #mouth: Mouth;
  readonly #input: WireDecoder;
  readonly #output: WireDecoder;
  readonly #outputReader: OutputReader;
  readonly #session: Session;
  /** Output that is read after its write is confirmed. */
  #unread: Uint8Array<ArrayBuffer>[] = [];
  #end: SessionEnd | undefined;
  #steps = 0;
  #writes = 0;
  /** Errors of callbacks that were reported as uncaught. */
  #reported = 0;
  /** True if the transport confirms nothing from now on. */
  #isStuck = false;
  /** True if the transport has reported its end. */
  #isBroken = false;
  /** True if the peer has opened its crowd. */
  #hasCrowd = false;
  /** True if the session's own end of the transport has been answered. */
  #isAnswered = false;

  constructor(seed: number, options: CaseOptions) {
    const random = (this.#random = new Random(seed));
    this.#options = options;
    const weather = (this.#weather = drawWeather(random));
    const { wire, role } = weather;
    const { log } = options;
    this.#faults = new Faults(log);
    log?.(JSON.stringify({ ...weather, wire: { ...wire, defaults: undefined } }));
    const first = role === "client" ? wire.firstClientStreamId : wire.firstServerStreamId;
    const accounts = (this.#accounts = new Accounts(first & 1));
    this.#promises = new Promises(this.#faults, weather.late);
    this.#stage = new Stage(random, weather, accounts, this.#faults, this.#promises, log);
    this.#application = new Application(this.#stage);
    this.#time = new Time(this.#faults, log);
    this.#invariants = new Invariants(this.#stage, this.#application, this.#time, options.inspect);
    this.#conversation = new Conversation(random, accounts, wire, weather.streams);
    this.#mutations = new Mutations(random, accounts, wire, weather.mutated);
    this.#mouth = new Mouth(random, wire, weather.mutated, weather.damaged);
    this.#input = wire.createDecoder(new InputReader(accounts));
    this.#outputReader = new OutputReader(
      { wire, largestWindow: largestWindow(weather) },
      accounts,
      this.#faults,
      log,
    );
    this.#output = wire.createDecoder(this.#outputReader);
    this.#transport = new HandTransport(
      {
        wrote: (chunk) => this.#wrote(chunk),
        wroteAll: () => this.#wroteAll(),
        hasEnded: () => this.#hasEnded(),
        confirmsNow: () => this.#confirmsNow(),
        mayThrow: () => this.#mayThrow(),
      },
      this.#faults,
    );
    this.#session = new Session(this.#transport, role, {
      ...weather.options,
      wire,
      clock: this.#time.clock,
      scheduleFlush: this.#turns.scheduleFlush,
      watcher: this.#application.watcher,
      trace: weather.tracing === "none" ? undefined : this.#application.trace,
    });
    this.#application.session = this.#session;
    void this.#session.closed.then((end) => (this.#end = end));
  }

  async run(): Promise<CaseFacts> {
    const restore = watchMicrotasks((error) => this.#thrown(error));
    try {
      await this.#play();
      await this.#finish();
    } catch (error) {
      this.#faults.add(`the case itself threw: ${nameOf(error)}`, describe(error));
    } finally {
      restore();
    }
    const { framesReceived, streamsOpened, streamsReceived } = this.#session.stats();
    return {
      frames: framesReceived,
      streams: streamsOpened + streamsReceived,
      wire: this.#weather.wire.name,
      faults: this.#faults.all,
      steps: this.#steps,
      end: this.#end === undefined ? "none" : (this.#end.localError?.code ?? "graceful"),
    };
  }

  /** A microtask has thrown: the error of a callback of the application, or an error of the session itself. */
  #thrown(error: unknown): void {
    if (error instanceof Reason && error.what === THROWN) this.#reported++;
    else this.#faults.add(`uncaught in a microtask: ${nameOf(error)}`, describe(error));
  }

  async #play(): Promise<void> {
    const random = this.#random;
    const most = Math.min(this.#weather.steps, this.#options.steps ?? Infinity);
    // A few more steps than the session lives: input after its end must do no harm.
    for (let left = 5; this.#steps < most && left > 0; this.#steps++) {
      if (this.#end !== undefined) left--;
      this.#step();
      const isDeep = !random.oneIn(4);
      await hop(isDeep ? DEEP : random.below(3));
      this.#invariants.checkCounters();
      if (isDeep && random.oneIn(4)) this.#invariants.checkTold();
    }
    // From here, and with no further microtask: the end of a shortened case comes at the time of its next step.
    await this.#bringToAnEnd();
  }

  #step(): void {
    const random = this.#random;
    switch (random.below(10)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return this.#converse();
      case 4:
      case 5:
      case 6:
        for (let times = random.between(1, 4); times > 0; times--) this.#application.act();
        return;
      case 7:
        if (!this.#isStuck) this.#confirm();
        return;
      case 8:
        if (random.oneIn(3)) this.#time.pass(random.below(random.oneIn(8) ? 40_000 : 50));
        else this.#endTurn();
        return;
      default:
        this.#endTurn();
    }
  }

  /** The peer sends frames, and some of its frames arrive. */
  #converse(): void {
    const random = this.#random;
    const phrases: Phrase[] = [];
    for (let times = random.below(random.oneIn(6) ? 60 : 12); times >= 0; times--) {
      phrases.push(this.#conversation.next());
    }
    const { crowd } = this.#weather;
    // A session takes no more than some thousand from a peer.
    if (crowd > 0 && crowd < 5000 && !this.#hasCrowd && random.oneIn(20)) {
      this.#hasCrowd = true;
      phrases.push(...this.#conversation.crowd(crowd));
    }
    this.#mouth.say(this.#mutations.of(phrases), this.#stage.log);
    for (let times = random.below(3); times >= 0 && this.#mouth.length > 0; times--) {
      this.#deliver(this.#mouth.take(this.#weather.cuts));
    }
    if (this.#weather.storms && random.oneIn(200)) this.#breakTransport();
  }

  #deliver(chunk: Uint8Array<ArrayBuffer>): void {
    this.#stage.log?.(`${chunk.length} bytes arrive`);
    this.#input.push(chunk);
    // The session may give the memory away. The accounts keep their own copy.
    this.#faults.guard("receive", () => this.#transport.input.receive(chunk.slice()));
  }

  #breakTransport(): void {
    const error = this.#random.oneIn(2) ? new Reason("the transport broke") : undefined;
    this.#isBroken = true;
    this.#stage.log?.(`the transport is over: ${String(error)}`);
    this.#faults.guard("ended", () => this.#transport.input.ended(error));
  }

  /** Ends the turn. Returns false if nothing waited for it. */
  #endTurn(): boolean {
    if (!this.#turns.pending) return false;
    this.#stage.log?.("the turn ends");
    this.#faults.guard("flush", () => this.#turns.end());
    return true;
  }

  #confirm(): boolean {
    if (!this.#transport.writing) return false;
    this.#stage.log?.("a write is confirmed");
    this.#readOutput();
    return this.#transport.confirm();
  }

  #wrote(chunk: Uint8Array<ArrayBuffer>): void {
    if (this.#weather.readsLate) this.#unread.push(chunk);
    else this.#output.push(chunk);
  }

  #wroteAll(): void {
    this.#stage.log?.("a write begins");
    if (!this.#weather.readsLate && this.#output.pending !== 0) {
      this.#faults.add("output: a write ends inside a frame");
    }
    const random = this.#random;
    if (!this.#weather.transportSpeaks || !random.oneIn(4)) return;
    if (random.oneIn(20)) this.#breakTransport();
    else if (this.#mouth.length > 0) this.#deliver(this.#mouth.take(true));
  }

  #confirmsNow(): boolean {
    this.#writes++;
    const { confirming } = this.#weather;
    if (confirming === "until stuck" && this.#random.oneIn(20)) this.#isStuck = true;
    if (this.#isStuck || confirming === "later") return false;
    if (confirming === "slowly") {
      this.#time.clock.setDelivery(() => this.#confirm(), this.#random.below(30));
      return false;
    }
    this.#readOutput();
    return true;
  }

  #readOutput(): void {
    for (const chunk of this.#unread.splice(0)) this.#output.push(chunk);
  }

  #mayThrow(): void {
    if (!this.#weather.transportThrows || this.#writes < 3) return;
    throw new Reason("the transport is broken");
  }

  #hasEnded(): void {
    this.#stage.log?.("the session ends the transport");
    const { isInvalid, goAwayIn } = this.#accounts;
    // A peer that has ended, or has sent GOAWAY and then invalid bytes, can be told nothing.
    const isFarewell = goAwayIn !== undefined && (isInvalid || this.#isBroken);
    if (!this.#weather.readsLate && !this.#outputReader.isAtGoAway && !isFarewell) {
      this.#faults.add("output: the last frame is no GOAWAY");
    }
    if (this.#weather.transportSpeaks && this.#random.oneIn(3)) this.#answerEnd();
  }

  async #bringToAnEnd(): Promise<void> {
    const random = this.#random;
    this.#stage.log?.("the end:");
    switch (random.below(6)) {
      case 0:
        this.#breakTransport();
        break;
      case 1:
        this.#application.destroy();
        break;
      case 2:
        if (this.#mouth.length > 0) this.#deliver(this.#mouth.take(false));
        this.#breakTransport();
        break;
      default:
        this.#application.close(random.pick([0, 50, 60_000]));
    }
    for (let rounds = 0; rounds < LONGEST_END; rounds++) {
      await hop(DEEP);
      if (random.oneIn(8)) this.#invariants.checkCounters();
      if (this.#transport.ended && !this.#isAnswered && random.oneIn(3)) {
        this.#answerEnd();
        continue;
      }
      if (this.#endTurn()) continue;
      if (!this.#isStuck && this.#confirm()) continue;
      if (this.#end !== undefined) return;
      // Nothing but time is left.
      if (!this.#time.runNext()) {
        // Our transport may owe an answer for which the session has no deadline.
        if (this.#isAnswered || !this.#transport.ended) break;
        this.#answerEnd();
      }
    }
    this.#faults.add("the session does not end", JSON.stringify(this.#session.stats()));
    this.#breakTransport();
    await hop(DEEP);
  }

  /** The peer ends its direction too, or the transport fails, or nothing arrives at all. */
  #answerEnd(): void {
    this.#isAnswered = true;
    if (this.#random.oneIn(4)) return;
    this.#breakTransport();
  }

  /** The session is over. */
  async #finish(): Promise<void> {
    this.#time.checkQuiet("at the end");
    this.#invariants.checkOver();
    // A transport may be late.
    this.#deliver(this.#mouth.take(false));
    if (!this.#isStuck) this.#confirm();
    this.#breakTransport();
    this.#application.finish();
    await hop(DEEP);
    while (this.#endTurn()) await hop(DEEP);
    this.#invariants.checkTold();
    this.#invariants.checkAccepted();
    await settle();
    this.#checkUnhandled();
    this.#promises.handleAll();
    await settle();
    this.#checkUnhandled();
    this.#promises.check();
    this.#time.checkQuiet("behind the end");
    this.#invariants.checkOver();
    if (this.#end !== undefined) this.#invariants.checkEnd(this.#end);
    if (this.#reported !== this.#stage.thrown) {
      this.#faults.add(
        "not every error of a callback is reported once",
        `${this.#reported} of ${this.#stage.thrown}`,
      );
    }
  }

  #checkUnhandled(): void {
    for (const error of this.#options.unhandled?.() ?? []) {
      this.#faults.add(`unhandled: ${nameOf(error)}`, describe(error));
    }
  }
}

/** The smallest window of a session, in bytes, whatever its options are. */
const LEAST_WINDOW = 1024;

function largestWindow({ options, wire }: { options: Weather["options"]; wire: Wire }): number {
  const given = options.windowSize ?? options.maxWindowSize ?? 0;
  return Math.max(given, wire.initialWindow, LEAST_WINDOW);
}
