// Operations that are waiting when a session ends: every one of them must settle.

import { strict as assert } from "node:assert";
import { MuxadoError } from "@muxado/core";
import { within } from "./cell.ts";

/** How long after the end of a session an operation may still wait, in milliseconds. */
const SETTLE_TIMEOUT = 60_000;

/** Operations under observation. */
export class Pending {
  readonly #operations: Map<string, Promise<unknown>> = new Map();

  /** Observes an operation from now on; its rejection is no longer unhandled. */
  watch(name: string, operation: Promise<unknown>): void {
    this.#operations.set(
      name,
      operation.catch((error: unknown) => {
        assert.ok(MuxadoError.is(error), `${name} ended with ${String(error)}`);
        return error;
      }),
    );
  }

  /** What each has settled with. @throws {Error} naming one that has not. */
  async settled(): Promise<Map<string, unknown>> {
    const results = new Map<string, unknown>();
    for (const [name, operation] of this.#operations) {
      results.set(name, await within(SETTLE_TIMEOUT, operation, name));
    }
    return results;
  }
}
