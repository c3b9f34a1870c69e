// Runs many cases, one after the other, until so many frames have been handled, and adds up their results.

import { type CaseFacts, type CaseOptions, runCase } from "./case.ts";

/** One kind of fault, and the case that shows it. */
export interface Finding {
  readonly kind: string;
  /** The seed of the case that first showed the fault with the fewest steps. */
  seed: number;
  wire: string;
  steps: number;
  detail: string;
  /** The number of cases that show it. */
  cases: number;
}

/** Options of {@link fuzzSessions}. */
export interface FuzzOptions extends Pick<CaseOptions, "unhandled" | "inspect"> {
  /** The seed of the first case. The seeds of the others follow it. */
  readonly seed: number;
  /** After so many frames there is no further case. */
  readonly frames: number;
  /** Called from time to time with the results so far. */
  readonly progress?: ((summary: FuzzSummary) => void) | undefined;
}

/** What was done and found. */
export interface FuzzSummary {
  readonly frames: number;
  readonly cases: number;
  readonly streams: number;
  /** Frames by wire. */
  readonly byWire: Readonly<Record<string, number>>;
  /** Cases by the end of their session. */
  readonly ends: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

/** Cases between two calls of `progress`. */
const PROGRESS = 5000;

/** Runs cases until their sessions have handled so many frames. */
export async function fuzzSessions(options: FuzzOptions): Promise<FuzzSummary> {
  const { seed: first, progress, unhandled, inspect } = options;
  const findings = new Map<string, Finding>();
  const byWire: Record<string, number> = {};
  const ends: Record<string, number> = {};
  let frames = 0;
  let streams = 0;
  let cases = 0;
  const summary = (): FuzzSummary => ({
    frames,
    cases,
    streams,
    byWire,
    ends,
    findings: [...findings.values()],
  });
  do {
    const seed = first + cases;
    const facts = await runCase(seed, { unhandled, inspect });
    cases++;
    frames += facts.frames;
    streams += facts.streams;
    byWire[facts.wire] = (byWire[facts.wire] ?? 0) + facts.frames;
    ends[facts.end] = (ends[facts.end] ?? 0) + 1;
    note(findings, seed, facts);
    if (cases % PROGRESS === 0) progress?.(summary());
  } while (frames < options.frames);
  return summary();
}

function note(findings: Map<string, Finding>, seed: number, facts: CaseFacts): void {
  for (const { kind, detail } of facts.faults) {
    const { wire, steps } = facts;
    const finding = findings.get(kind);
    if (finding === undefined) {
      findings.set(kind, { kind, seed, wire, steps, detail, cases: 1 });
    } else {
      finding.cases++;
      if (steps < finding.steps) Object.assign(finding, { seed, wire, steps, detail });
    }
  }
}

/** Returns the shortest beginning of a case that still shows a fault of this kind: its number of steps, and its log. */
export async function shortest(
  { seed, kind, steps }: Finding,
  options: Pick<CaseOptions, "unhandled" | "inspect">,
): Promise<{ readonly steps: number; readonly story: readonly string[] }> {
  const shows = async (most: number): Promise<boolean> => {
    const { faults } = await runCase(seed, { ...options, steps: most });
    return faults.some((fault) => fault.kind === kind);
  };
  let fewest = steps;
  for (let most = 0; most < steps; most++) {
    if (await shows(most)) {
      fewest = most;
      break;
    }
  }
  const story: string[] = [];
  await runCase(seed, { ...options, steps: fewest, log: (line) => story.push(line) });
  return { steps: fewest, story };
}
