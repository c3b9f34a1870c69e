// Resources that must be gone after a library has been closed.

import assert from "node:assert/strict";
import type { EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds between two checks, and number of checks before a resource counts as left: ends take time to arrive. */
const PAUSE = 10;
const LOOKS = 1000;

/** Checks until `left` returns nothing. Throws with its result if that takes too long. */
export async function noneLeft(left: () => readonly string[]): Promise<void> {
  for (let look = 1; left().length > 0 && look < LOOKS; look++) await sleep(PAUSE);
  assert.deepEqual(left(), []);
}

/** Returns the events of `emitter` that have listeners, with a number for each listener. */
export function listenersOf(emitter: EventEmitter): string[] {
  return emitter
    .eventNames()
    .flatMap((name) => emitter.listeners(name).map((_, n) => `${String(name)} ${n + 1}`));
}

/** Resources that keep this process alive, such as sockets and timers. */
export class Resources {
  readonly #before: readonly string[];

  private constructor(before: readonly string[]) {
    this.#before = before;
  }

  /** Remembers the present resources. */
  static async note(): Promise<Resources> {
    // Each is created at its first use. That could be a library's, so create both now.
    void process.stdout;
    void process.stderr;
    // `noneLeft` also pauses before it looks, and the timer of a pause counts too.
    await sleep(PAUSE);
    return new Resources(process.getActiveResourcesInfo());
  }

  /** Throws with the resources that are new and do not go. */
  async noneLeft(): Promise<void> {
    await sleep(PAUSE);
    await noneLeft(() => this.#added());
  }

  #added(): string[] {
    const known = [...this.#before];
    return process.getActiveResourcesInfo().filter((name) => {
      const at = known.indexOf(name);
      if (at >= 0) known.splice(at, 1);
      return at < 0;
    });
  }
}
