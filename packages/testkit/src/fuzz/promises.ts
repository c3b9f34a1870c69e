// Every promise that a session has given out in one case: whether it has settled, and whether the reason is one that
// the application can tell from others.

import { MuxadoError } from "@muxado/core";
import { ErrorCode } from "@muxado/frame";
import { describe, type Faults, nameOf } from "./faults.ts";

/** What an application of the fuzzer gives as a reason, or throws. */
export class Reason {
  readonly what: string;

  constructor(what: string) {
    this.what = what;
  }

  toString(): string {
    return `reason: ${this.what}`;
  }
}

const CODES: ReadonlySet<string> = new Set([
  ...Object.keys(ErrorCode),
  "UNKNOWN_CODE",
  "TRANSPORT_FAILED",
  "CONNECT_FAILED",
  "DRAIN_TIMEOUT",
  "HEARTBEAT_TIMEOUT",
  "TYPE_MISSING",
  "STREAM_LIMIT",
  "WRITE_AFTER_END",
  "READ_PENDING",
]);

/** Whether an error is one that a session may report. `web`: to a user of Web Streams, who has errors of their own. */
export function isKnown(error: unknown, web: boolean): boolean {
  if (MuxadoError.is(error)) return CODES.has(error.code) && error.code !== "NO_ERROR";
  return error instanceof Reason || (web && error instanceof TypeError);
}

/** The promises of one case. */
export class Promises {
  readonly #faults: Faults;
  readonly #late: boolean;
  /** By what was asked for: how many have not settled. */
  readonly #pending: Map<string, number> = new Map();
  readonly #unhandled: (() => void)[] = [];

  /** @param late handlers come when all is over, so that a rejection which nobody handles would show. */
  constructor(faults: Faults, late: boolean) {
    this.#faults = faults;
    this.#late = late;
  }

  /** Follows a promise of the session's. `then` is told of its value, `otherwise` that there is none. */
  follow<T>(
    what: string,
    promise: Promise<T>,
    then?: (value: T) => void,
    otherwise?: () => void,
  ): void {
    this.#pending.set(what, (this.#pending.get(what) ?? 0) + 1);
    const follow = (): void => this.#follow(what, promise, then, otherwise);
    if (this.#late && then === undefined) this.#unhandled.push(follow);
    else follow();
  }

  /** Handles what nobody has handled. */
  handleAll(): void {
    for (const follow of this.#unhandled.splice(0)) follow();
  }

  /** Every promise must have settled. */
  check(): void {
    for (const [what, count] of this.#pending) {
      if (count > 0) this.#faults.add(`pending: ${what}`, `${count} of them`);
    }
  }

  #follow<T>(
    what: string,
    promise: Promise<T>,
    then: ((value: T) => void) | undefined,
    otherwise: (() => void) | undefined,
  ): void {
    promise.then(
      (value) => {
        this.#settled(what);
        then?.(value);
      },
      (error: unknown) => {
        this.#settled(what);
        otherwise?.();
        if (!isKnown(error, what.startsWith("web"))) {
          this.#faults.add(`${what} rejects with ${nameOf(error)}`, describe(error));
        }
      },
    );
  }

  #settled(what: string): void {
    this.#pending.set(what, this.#pending.get(what)! - 1);
  }
}
