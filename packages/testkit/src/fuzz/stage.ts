// Shared by the parts of one case: chance, weather, accounts, faults, promises, and whether commands are still allowed
// inside callbacks.

import type { Random } from "../random.ts";
import type { Accounts } from "./accounts.ts";
import { describe, type Faults, nameOf } from "./faults.ts";
import { isKnown, type Promises, Reason } from "./promises.ts";
import type { Weather } from "./weather.ts";

/** Callbacks that may run inside each other. */
const DEEPEST = 3;

/** Commands inside callbacks in one case. Without a limit, some callbacks cause others without end. */
const MOST_NESTED = 300;

/** The errors that callbacks throw. */
export const THROWN = "thrown out of a callback";

/** The shared state of one case. */
export class Stage {
  readonly random: Random;
  readonly weather: Weather;
  readonly accounts: Accounts;
  readonly faults: Faults;
  readonly promises: Promises;
  readonly log: ((line: string) => void) | undefined;
  /** Errors that callbacks have thrown. They must be reported as uncaught. */
  thrown = 0;
  #depth = 0;
  #nested = 0;
  readonly #controllers: AbortController[] = [];

  constructor(
    random: Random,
    weather: Weather,
    accounts: Accounts,
    faults: Faults,
    promises: Promises,
    log: ((line: string) => void) | undefined,
  ) {
    this.random = random;
    this.weather = weather;
    this.accounts = accounts;
    this.faults = faults;
    this.promises = promises;
    this.log = log;
  }

  /** Calls a command that may throw an error that a session reports. `web`: or an error of Web Streams. */
  command(what: string, run: () => void, web = false): void {
    this.log?.(`${"  ".repeat(this.#depth)}app ${what}`);
    try {
      run();
    } catch (error) {
      if (!isKnown(error, web))
        this.faults.add(`${kindOf(what)} threw: ${nameOf(error)}`, describe(error));
    }
  }

  /** A callback of the session. From time to time it calls a command, and throws. */
  inCallback(what: string, chance: number, run: () => void): void {
    const { random, weather } = this;
    if (this.#depth >= DEEPEST || this.#nested >= MOST_NESTED) return;
    this.#depth++;
    if (random.next() < chance) {
      this.#nested++;
      this.log?.(`${"  ".repeat(this.#depth)}inside ${what}:`);
      run();
    }
    this.#depth--;
    if (weather.throws && random.oneIn(20)) {
      this.thrown++;
      throw new Reason(THROWN);
    }
  }

  /** A signal that may abort later, or has aborted; in most cases none. */
  signal(rare: number): AbortSignal | undefined {
    const { random } = this;
    if (!random.oneIn(rare)) return undefined;
    if (this.#controllers.length > 0 && random.oneIn(4))
      return random.pick(this.#controllers).signal;
    const controller = new AbortController();
    this.#controllers.push(controller);
    return controller.signal;
  }

  abortSomething(): void {
    if (this.#controllers.length === 0) return;
    const controller = this.random.pick(this.#controllers);
    this.command("aborts a signal", () => controller.abort(new Reason("aborted")));
  }
}

/** Returns a command without its numbers. */
function kindOf(what: string): string {
  return what.replaceAll(/\d+/g, "N");
}
