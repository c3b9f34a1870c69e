// One schedule of the model test: two sessions, two applications that do anything at any time, and a link that delivers
// in any way. Everything is drawn from one seed, and checked against the model at every step.

import { muxado, type RecordHook, type SessionOptions, type Stream, type Wire } from "@muxado/core";
import type { Span } from "../direction.ts";
import { connectedPair, type Pair } from "../pair.ts";
import { Random } from "../random.ts";
import { hop } from "../turns.ts";
import { Application } from "./application.ts";
import { type Account, Ledger } from "./ledger.ts";
import { Side } from "./side.ts";
import { Stage } from "./stage.ts";

/** Options of {@link runSchedule}. */
export interface ScheduleOptions {
  /** The wire of both sessions. It gets smaller limits, so that little data reaches them. Default: muxado. */
  readonly wire?: Wire;
  /** Checks the internals of a stream between two steps. Returns the fault, if there is one. */
  readonly inspect?: (
    stream: Stream,
    account: Account,
    initialWindow: number,
  ) => string | undefined;
  /** Called with each write of either session, as bytes that must not be changed. */
  readonly tap?: (from: "client" | "server", bytes: Uint8Array) => void;
  /** Hooks between the sessions and the link, such as recorders. */
  readonly record?: { readonly client: RecordHook; readonly server: RecordHook };
  /** Called with each step, for a replay that can be read. */
  readonly log?: (line: string) => void;
}

/** The facts about a schedule, so that a runner can show that it did something. */
export interface ScheduleFacts {
  readonly streams: number;
  readonly bytes: number;
  readonly steps: number;
}

/** Runs the schedule of `seed`. Rejects with the fault of the sessions. */
export async function runSchedule(
  seed: number,
  options: ScheduleOptions = {},
): Promise<ScheduleFacts> {
  return await new Schedule(seed, options).run();
}

/** Hops after which no continuation of the sessions or of the applications is left in one turn. */
const DEEP = 8;

/** The random settings of one schedule. */
interface Weather {
  readonly initialWindow: number;
  /** Undefined lets it grow from the wire's initial window to `maxWindowSize`. */
  readonly windowSize: number | undefined;
  readonly maxWindowSize: number;
  readonly transportBudget: number;
  readonly acceptBacklog: number;
  readonly latency: Span;
  readonly writeTime: Span;
  readonly chunks: "whole" | "cut";
  readonly steps: number;
  /** Whether sessions go away, close, are destroyed or lose their transport in the middle. */
  readonly storms: boolean;
}

function drawWeather(random: Random): Weather {
  const large = random.oneIn(40);
  const initialWindow = large ? 262_144 : random.pick([1024, 3000, 8192, 20_000]);
  const smallBacklog = random.oneIn(8);
  return {
    initialWindow,
    windowSize: random.pick([undefined, initialWindow, random.between(1, initialWindow * 2)]),
    maxWindowSize: initialWindow * random.pick([1, 2, 64]),
    transportBudget: random.pick([1, 5000, 262_144]),
    acceptBacklog: smallBacklog ? random.between(1, 3) : 128,
    latency: random.pick([
      [0, 0],
      [0, 5],
      [1, 50],
    ] as const),
    writeTime: random.pick([
      [0, 0],
      [0, 5],
      [1, 50],
    ] as const),
    chunks: random.oneIn(3) ? "whole" : "cut",
    steps: random.between(10, random.oneIn(10) ? 300 : 90),
    storms: random.oneIn(3),
  };
}

/** Returns the wire with limits that a small schedule reaches. */
function drawWire(random: Random, wire: Wire, initialWindow: number): Wire {
  const { maxUnacknowledged } = wire;
  if (maxUnacknowledged === undefined) return { ...wire, initialWindow };
  return { ...wire, initialWindow, maxUnacknowledged: random.pick([1, 2, maxUnacknowledged]) };
}

class Schedule {
  readonly #random: Random;
  readonly #weather: Weather;
  readonly #pair: Pair;
  readonly #sides: readonly [Side, Side];
  readonly #application: Application;
  readonly #options: ScheduleOptions;
  readonly #faults: string[] = [];
  #steps = 0;

  constructor(seed: number, options: ScheduleOptions) {
    this.#options = options;
    const random = (this.#random = new Random(seed));
    const weather = (this.#weather = drawWeather(random));
    const { initialWindow, windowSize, maxWindowSize, transportBudget, acceptBacklog } = weather;
    const report = (fault: string): void => void this.#faults.push(fault);
    const wire = drawWire(random, options.wire ?? muxado, initialWindow);
    const ledgers = [0, 1].map(() => new Ledger(wire, windowSize ?? maxWindowSize, report)) as [
      Ledger,
      Ledger,
    ];
    const session: SessionOptions = {
      wire,
      acceptBacklog,
      maxWindowSize,
      transportBudget,
      ...(windowSize !== undefined && { windowSize }),
    };
    this.#pair = connectedPair({
      ...weather,
      seed: random.below(2 ** 31),
      ...(options.tap && { tap: options.tap }),
      session,
      client: { trace: ledgers[0].trace, record: options.record?.client },
      server: { trace: ledgers[1].trace, record: options.record?.server },
    });
    const { client, server } = this.#pair;
    this.#sides = [
      new Side("client", client, ledgers[0], acceptBacklog < 128),
      new Side("server", server, ledgers[1], acceptBacklog < 128),
    ];
    for (const side of this.#sides) void side.session.closed.then((end) => (side.end = end));
    const { log } = options;
    const stage = new Stage(random, {
      wire,
      maxWrite: initialWindow * 2,
      bursts: initialWindow > 100_000,
      storms: weather.storms,
      report,
      log: log === undefined ? undefined : (line) => log(`${this.#pair.clock.now()} ms: ${line}`),
    });
    this.#application = new Application(stage, this.#pair.link, this.#sides);
  }

  async run(): Promise<ScheduleFacts> {
    const random = this.#random;
    this.#options.log?.(JSON.stringify(this.#weather));
    for (let step = 0; step < this.#weather.steps; step++) {
      if (random.oneIn(2)) this.#application.act();
      else await this.#move();
      if (step % 4 === 0) this.#inspect();
      this.#check();
    }
    this.#application.finish();
    await this.#rest();
    this.#inspect();
    this.#application.checkFinished();
    this.#check();
    this.#application.closeSessions();
    await this.#rest();
    if (this.#sides.some((side) => side.disturbed)) await this.#pair.advance(100_000);
    this.#checkEnded();
    this.#check();
    return this.#facts();
  }

  /** Does some of the work of an event loop, in a possible order, or with an early flush, which must do no harm. */
  async #move(): Promise<void> {
    const random = this.#random;
    const { turns, clock } = this.#pair;
    for (let times = random.below(4); times >= 0; times--) {
      this.#steps++;
      await hop(random.oneIn(4) ? random.below(3) : DEEP);
      if (random.oneIn(2)) turns.end();
      else if (clock.delivering) clock.runNext();
    }
  }

  async #rest(): Promise<void> {
    await this.#pair.drive(() => {
      this.#steps++;
      return hop(DEEP);
    });
  }

  #inspect(): void {
    const { inspect } = this.#options;
    if (inspect === undefined) return;
    for (const side of this.#sides) {
      for (const end of side.ends) {
        const account = side.ledger.account(end.model.id);
        const fault = inspect(end.stream!, account, this.#weather.initialWindow);
        if (fault !== undefined) this.#faults.push(`${end.name}: ${fault}`);
      }
    }
  }

  /** Checks that everything is settled and nothing is left. */
  #checkEnded(): void {
    const disturbed = this.#sides.some((side) => side.disturbed);
    const { timers } = this.#pair.clock;
    if (timers.length > 0) this.#faults.push(`${timers.length} timers are left`);
    for (const side of this.#sides) {
      const { name, session, end } = side;
      if (end === undefined) this.#faults.push(`${name}: closed has not settled`);
      else if (!disturbed && end.localError !== undefined) {
        this.#faults.push(`${name}: ended with ${String(end.localError)}`);
      }
      const { openStreams, memoryUnread, memoryUnsent } = session.stats();
      if (memoryUnread !== 0 || memoryUnsent !== 0) {
        this.#faults.push(`${name}: ${memoryUnread} + ${memoryUnsent} bytes of memory are left`);
      }
      if (openStreams > 0)
        this.#faults.push(`${name}: ${openStreams} streams are left in the table`);
      if (side.waitingAccepts > 0) this.#faults.push(`${name}: an accept has not settled`);
      if (side.waitingPings > 0) this.#faults.push(`${name}: a ping has not settled`);
      for (const end of side.ends) {
        if (end.pending > 0)
          this.#faults.push(`${end.name}: ${end.pending} promises have not settled`);
      }
    }
  }

  #check(): void {
    if (this.#faults.length > 0) throw new Error(this.#faults.slice(0, 5).join("\n"));
  }

  #facts(): ScheduleFacts {
    const [{ session: client }, { session: server }] = this.#sides;
    return {
      streams: client.stats().streamsOpened + server.stats().streamsOpened,
      bytes: client.stats().bytesReceived + server.stats().bytesReceived,
      steps: this.#steps,
    };
  }
}
