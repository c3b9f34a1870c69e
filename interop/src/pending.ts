// Operations that wait when a session ends. Every one of them must settle.

import { strict as assert } from "node:assert";
import { MuxadoError } from "@muxado/core";
import { within } from "./cell.ts";

/** Milliseconds after the end of a session in which an operation must settle. */
const SETTLE_TIMEOUT = 60_000;

/** Operations under observation. */
export class Pending {
  readonly #operations: Map<string, Promise<unknown>> = new Map();

  /** Observes an operation from now on, so that its rejection is handled. */
  watch(name: string, operation: Promise<unknown>): void {
    this.#operations.set(
      name,
      operation.catch((error: unknown) => {
        assert.ok(MuxadoError.is(error), `${name} ended with ${String(error)}`);
        return error;
      }),
    );
  }

  /** Resolves with the result of each operation. @throws {Error} that names an operation that has not settled. */
  async settled(): Promise<Map<string, unknown>> {
    const results = new Map<string, unknown>();
    for (const [name, operation] of this.#operations) {
      results.set(name, await within(SETTLE_TIMEOUT, operation, name));
    }
    return results;
  }
}
