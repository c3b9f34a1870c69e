// What must be gone when a library has been closed.

import assert from "node:assert/strict";
import type { EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds between two looks, and how often we look before something counts as left: ends take a moment to arrive. */
const PAUSE = 10;
const LOOKS = 1000;

/** Throws with what `left` names, unless that is nothing after a while. */
export async function noneLeft(left: () => readonly string[]): Promise<void> {
  for (let look = 1; left().length > 0 && look < LOOKS; look++) await sleep(PAUSE);
  assert.deepEqual(left(), []);
}

/** The events of `emitter` that somebody listens to, each with a number for every listener. */
export function listenersOf(emitter: EventEmitter): string[] {
  return emitter
    .eventNames()
    .flatMap((name) => emitter.listeners(name).map((_, n) => `${String(name)} ${n + 1}`));
}

/** What keeps this process alive: sockets, timers and the like. */
export class Resources {
  readonly #before: readonly string[];

  private constructor(before: readonly string[]) {
    this.#before = before;
  }

  /** Remembers what there is. */
  static async note(): Promise<Resources> {
    // Made when a library first looks at them.
    void process.stdout;
    void process.stderr;
    // Behind a pause, as `noneLeft` has one, whose own timer counts as well.
    await sleep(PAUSE);
    return new Resources(process.getActiveResourcesInfo());
  }

  /** Throws with what has come since and stays. */
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
