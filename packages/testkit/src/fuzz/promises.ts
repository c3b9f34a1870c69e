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
  /** What was asked for, and of whom, by promises that have not settled. */
  readonly #pending: Set<{ readonly what: string; readonly of: string }> = new Set();
  readonly #unhandled: (() => void)[] = [];

  /** @param late handlers come when all is over, so that a rejection which nobody handles would show. */
  constructor(faults: Faults, late: boolean) {
    this.#faults = faults;
    this.#late = late;
  }

  /** Follows a promise for `what`, of the session or of a stream. `then` is told of its value, `otherwise` that there is none. */
  follow<T>(
    what: string,
    of: number | "session",
    promise: Promise<T>,
    then?: (value: T) => void,
    otherwise?: () => void,
  ): void {
    const asked = { what, of: String(of) };
    this.#pending.add(asked);
    const settled = (): void => void this.#pending.delete(asked);
    const follow = (): void => this.#follow(what, settled, promise, then, otherwise);
    if (this.#late && then === undefined) this.#unhandled.push(follow);
    else follow();
  }

  /** Handles what nobody has handled. */
  handleAll(): void {
    for (const follow of this.#unhandled.splice(0)) follow();
  }

  /** Every promise must have settled. */
  check(): void {
    for (const { what, of } of this.#pending) this.#faults.add(`pending: ${what}`, `of ${of}`);
  }

  #follow<T>(
    what: string,
    settled: () => void,
    promise: Promise<T>,
    then: ((value: T) => void) | undefined,
    otherwise: (() => void) | undefined,
  ): void {
    promise.then(
      (value) => {
        settled();
        then?.(value);
      },
      (error: unknown) => {
        settled();
        otherwise?.();
        if (!isKnown(error, what.startsWith("web"))) {
          this.#faults.add(`${what} rejects with ${nameOf(error)}`, describe(error));
        }
      },
    );
  }
}
