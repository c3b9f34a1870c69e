// The faults that a case of the fuzzer has found: each kind once, with the first example of it.

/** Something that must not happen. */
export interface Fault {
  /** The same for every fault of its kind, so that thousands of cases can be counted together. */
  readonly kind: string;
  /** The details of this example. */
  readonly detail: string;
}

/** The faults of one case. */
export class Faults {
  readonly #byKind: Map<string, Fault> = new Map();
  readonly #log: ((line: string) => void) | undefined;

  constructor(log?: (line: string) => void) {
    this.#log = log;
  }

  /** Notes a fault, unless one of its kind is there already. */
  add(kind: string, detail = ""): void {
    if (this.#byKind.has(kind)) return;
    this.#byKind.set(kind, { kind, detail });
    this.#log?.(`FAULT: ${kind}`);
  }

  /** Runs code that must not throw. */
  guard(what: string, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.add(`${what} threw: ${nameOf(error)}`, describe(error));
    }
  }

  get all(): readonly Fault[] {
    return [...this.#byKind.values()];
  }
}

/** Returns an error as part of a kind: without ids and counts. */
export function nameOf(error: unknown): string {
  return String(error).replaceAll(/\d+/g, "N").slice(0, 160);
}

/** Returns an error as a detail. */
export function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}
