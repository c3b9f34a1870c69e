// The invariants of a session, at any time and after its end.

import type { Session, SessionEnd, SessionStats } from "@muxado/core";
import type { Application } from "./application.ts";
import { describe, nameOf } from "./faults.ts";
import { isKnown } from "./promises.ts";
import type { Stage } from "./stage.ts";
import type { Time } from "./time.ts";

const NEVER_NEGATIVE = [
  "openStreams",
  "waitingForAccept",
  "bytesToSend",
  "memoryUnread",
  "memoryUnsent",
] as const satisfies readonly (keyof SessionStats)[];

const ZERO_AT_THE_END = [
  "openStreams",
  "memoryUnread",
  "memoryUnsent",
] as const satisfies readonly (keyof SessionStats)[];

/** Codes that say that the peer broke a rule. */
const BREACHES: ReadonlySet<string> = new Set([
  "PROTOCOL_ERROR",
  "FLOW_CONTROL_ERROR",
  "FRAME_SIZE_ERROR",
]);

/** Checks the internals of a session that is over. Returns the fault, if there is one. */
export type Inspect = (session: Session) => string | undefined;

/** The invariants of one session. */
export class Invariants {
  readonly #stage: Stage;
  readonly #application: Application;
  readonly #time: Time;
  readonly #inspect: Inspect | undefined;

  constructor(stage: Stage, application: Application, time: Time, inspect: Inspect | undefined) {
    this.#stage = stage;
    this.#application = application;
    this.#time = time;
    this.#inspect = inspect;
  }

  /** Valid at any time. */
  checkCounters(): void {
    const { faults } = this.#stage;
    const stats = this.#application.session.stats();
    for (const name of NEVER_NEGATIVE) {
      if (!(stats[name] >= 0)) faults.add(`negative: ${name}`, String(stats[name]));
    }
    const { openCount } = this.#application;
    if (stats.openStreams !== openCount && !this.#time.hasMore) {
      const detail = `${stats.openStreams}, ${openCount}`;
      faults.add("openStreams is not what the watcher was told", detail);
    }
  }

  /** Valid after every continuation has run. */
  checkTold(): void {
    if (!this.#time.hasMore) this.#application.checkTold();
  }

  /**
   * Valid after the session is over. Its memory counters are zero at once, even if bytes are unread: from then on these
   * belong to the application.
   */
  checkOver(): void {
    const { faults } = this.#stage;
    const { session } = this.#application;
    this.checkCounters();
    const stats = session.stats();
    for (const name of ZERO_AT_THE_END) {
      if (stats[name] !== 0) faults.add(`over, and ${name} is not 0`, String(stats[name]));
    }
    const fault = this.#inspect?.(session);
    if (fault !== undefined) faults.add(`over, and ${fault.replaceAll(/\d+/g, "N")}`, fault);
  }

  /** Valid after the application has accepted as often as streams have waited. */
  checkAccepted(): void {
    const { waitingForAccept } = this.#application.session.stats();
    if (waitingForAccept === 0) return;
    const kind = "over, and streams wait for accept, which has been called";
    this.#stage.faults.add(kind, String(waitingForAccept));
  }

  /** Compares the result of `closed` with the ends of the streams. */
  checkEnd({ localError, remoteError }: SessionEnd): void {
    const { accounts, faults, weather } = this.#stage;
    this.#application.checkVerdicts();
    // A peer that has sent GOAWAY may end as it likes.
    const isGraceful = localError === undefined && accounts.goAwayIn === undefined;
    if (isGraceful && !weather.readsLate) this.#application.checkGraceful();
    for (const error of [localError, remoteError]) {
      if (error !== undefined && !isKnown(error, false)) {
        faults.add("closed tells an unknown error", describe(error));
      }
    }
    const isInnocent = weather.mutated === 0 && weather.damaged === 0;
    if (!isInnocent || localError?.origin !== "remote") return;
    const isFlood = localError.code === "ENHANCE_YOUR_CALM" && !weather.isStrict;
    if (isFlood || BREACHES.has(localError.code)) {
      faults.add(`an innocent peer is blamed: ${nameOf(localError)}`, describe(localError));
    }
  }
}
