// Many cases, one after the other, until so many frames have been handled; and the sum of what they have found.

import { type CaseFacts, type CaseOptions, runCase } from "./case.ts";

/** One kind of fault, and where to look at it. */
export interface Finding {
  readonly kind: string;
  /** Of the case that showed it first with the fewest steps. */
  seed: number;
  wire: string;
  steps: number;
  detail: string;
  /** Cases that show it. */
  cases: number;
}

/** Options of {@link fuzzSessions}. */
export interface FuzzOptions extends Pick<CaseOptions, "unhandled" | "inspect"> {
  /** The seed of the first case; the others follow. */
  readonly seed: number;
  /** Frames after which there is no further case. */
  readonly frames: number;
  /** Is told now and then how far it is. */
  readonly progress?: ((summary: FuzzSummary) => void) | undefined;
}

/** What was done, and found. */
export interface FuzzSummary {
  readonly frames: number;
  readonly cases: number;
  readonly streams: number;
  /** Frames by wire. */
  readonly byWire: Readonly<Record<string, number>>;
  /** Cases by how their session has ended. */
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

/**
 * The shortest beginning of a case that still shows a fault of this kind: how many steps it has, and its story.
 */
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
