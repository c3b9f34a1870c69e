// Two sessions over a simulated link, moved turn by turn in virtual time, or running freely.

import { Session, type SessionOptions } from "@muxado/core";
import type { FaultKind } from "./direction.ts";
import { Link, type LinkOptions } from "./link.ts";
import { liveClock } from "./link-clock.ts";
import { Random } from "./random.ts";
import { settle, Turns } from "./turns.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** Options of a pair of sessions. */
export interface PairOptions extends Omit<LinkOptions, "random"> {
  /** The seed of everything random. Default: 1. */
  readonly seed?: number;
  /** Options of both sessions. */
  readonly session?: SessionOptions;
  /** Options of the client. They replace those of both. */
  readonly client?: SessionOptions;
  /** Options of the server. They replace those of both. */
  readonly server?: SessionOptions;
}

/** Two sessions over a link, in virtual time: nothing moves unless the test moves it. */
export function connectedPair(options: PairOptions = {}): Pair {
  return new Pair(options);
}

/** Two sessions over a link that run by themselves, as over a real transport. */
export function runningPair(options: PairOptions = {}): {
  client: Session;
  server: Session;
  link: Link;
} {
  const link = new Link(liveClock, { ...options, random: new Random(options.seed ?? 1) });
  const client = new Session(link.client, "client", { ...options.session, ...options.client });
  const server = new Session(link.server, "server", { ...options.session, ...options.server });
  return { client, server, link };
}

/** More steps than any test needs. A pair that never becomes idle is a bug, not a long test. */
const MAX_STEPS = 10_000_000;

/** Two sessions, their link and their time. */
export class Pair {
  readonly clock: VirtualClock = new VirtualClock();
  /** Flushes that wait for the end of the turn. */
  readonly turns: Turns = new Turns();
  readonly random: Random;
  readonly link: Link;
  readonly client: Session;
  readonly server: Session;

  constructor(options: PairOptions) {
    this.random = new Random(options.seed ?? 1);
    this.link = new Link(this.clock, { ...options, random: this.random });
    const { clock, turns } = this;
    const given = { clock, scheduleFlush: turns.scheduleFlush };
    const { session, client, server } = options;
    this.client = new Session(this.link.client, "client", { ...session, ...client, ...given });
    this.server = new Session(this.link.server, "server", { ...session, ...server, ...given });
  }

  /**
   * Runs until nothing is under way: promise continuations, then flushes, then the next delivery of the link, again and
   * again. Timers fire only if a delivery is due after them.
   *
   * @param drain lets promise continuations run. A cheaper function than {@link settle}, the default, may leave some
   * for the next step.
   */
  async drive(drain: () => Promise<void> = settle): Promise<void> {
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      await drain();
      if (this.turns.end()) continue;
      if (this.clock.delivering) {
        this.clock.runNext();
        continue;
      }
      await settle();
      if (!this.turns.pending && !this.clock.delivering) return;
    }
    throw new Error("the pair does not come to rest");
  }

  /** Drives, and lets `ms` milliseconds pass, with everything that is due in them. */
  async advance(ms: number, drain: () => Promise<void> = settle): Promise<void> {
    const end = this.clock.now() + ms;
    for (;;) {
      await this.drive(drain);
      if ((this.clock.nextDue ?? Infinity) > end) break;
      this.clock.runNext();
    }
    this.clock.advance(Math.max(0, end - this.clock.now()));
  }

  /** Makes the connection break after `after` bytes have arrived at the given side. */
  breakAfter(at: "client" | "server", after: number, kind: FaultKind): void {
    this.link.breakAfter(at, after, kind);
  }
}
