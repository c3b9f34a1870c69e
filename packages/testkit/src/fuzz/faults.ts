// What a case of the fuzzer has found: each kind of fault once, with the first thing that shows it.

/** Something that must not happen. */
export interface Fault {
  /** The same for every fault of its kind, so that thousands of cases can be summed up. */
  readonly kind: string;
  /** What has happened this time. */
  readonly detail: string;
}

/** The faults of one case. */
export class Faults {
  readonly #byKind: Map<string, Fault> = new Map();
  readonly #log: ((line: string) => void) | undefined;

  constructor(log?: (line: string) => void) {
    this.#log = log;
  }

  /** Notes a fault, unless one of its kind is there. */
  add(kind: string, detail = ""): void {
    if (this.#byKind.has(kind)) return;
    this.#byKind.set(kind, { kind, detail });
    this.#log?.(`FAULT: ${kind}`);
  }

  /** Runs what must not throw. */
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

/** An error as part of a kind: without ids and counts. */
export function nameOf(error: unknown): string {
  return String(error).replaceAll(/\d+/g, "N").slice(0, 160);
}

/** An error as a detail. */
export function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}
