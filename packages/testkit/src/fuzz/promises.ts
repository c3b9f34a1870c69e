// Every promise that a session has returned in one case: whether it has settled, and whether the application can
// recognise the reason.

import { MuxadoError } from "@muxado/core";
import { ErrorCode } from "@muxado/frame";
import { describe, type Faults, nameOf } from "./faults.ts";

/** A reason that an application of the fuzzer gives or throws. */
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

/** Whether a session may report this error. `web`: to a user of Web Streams, which have their own errors. */
export function isKnown(error: unknown, web: boolean): boolean {
  if (MuxadoError.is(error)) return CODES.has(error.code) && error.code !== "NO_ERROR";
  return error instanceof Reason || (web && error instanceof TypeError);
}

/** The promises of one case. */
export class Promises {
  readonly #faults: Faults;
  readonly #late: boolean;
  /** The operation and the object of each promise that has not settled. */
  readonly #pending: Set<{ readonly what: string; readonly of: string }> = new Set();
  readonly #unhandled: (() => void)[] = [];

  /** @param late handlers are added at the end, so that a rejection that nobody handles would be seen. */
  constructor(faults: Faults, late: boolean) {
    this.#faults = faults;
    this.#late = late;
  }

  /**
   * Follows a promise for `what`, of the session or of a stream. `then` is called with its value, `otherwise` if it has
   * none.
   */
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

  /** Handles the promises that nobody has handled. */
  handleAll(): void {
    for (const follow of this.#unhandled.splice(0)) follow();
  }

  /** Checks that every promise has settled. */
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
