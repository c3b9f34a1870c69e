// The fuzzer of sessions: peers, transports and applications that act by chance, on both wires.
//
// One seed is one case. MUXADO_SEED fixes the first seed, and MUXADO_FUZZ_FRAMES the number of frames in all cases.
// MUXADO_SEED=n MUXADO_FUZZ_FRAMES=1 replays one case and prints each of its steps.

import type { Session } from "@muxado/core";
import { fuzzSessions, type FuzzSummary, runCase, shortest } from "@muxado/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { firstSeed, fuzzFrames } from "./seeds.ts";

/** Errors that nobody has caught or handled. The test runner would end the run; a case makes a fault of them. */
const uncaught: unknown[] = [];
const unhandled = (): unknown[] => uncaught.splice(0);
const collect = (error: unknown): void => void uncaught.push(error);
const EVENTS = ["uncaughtException", "unhandledRejection"] as const;
const listeners = EVENTS.map((event) => process.listeners(event as "uncaughtException"));

beforeAll(() => {
  for (const event of EVENTS) process.removeAllListeners(event).on(event, collect);
});

afterAll(() => {
  for (const [at, event] of EVENTS.entries()) {
    process.removeAllListeners(event);
    for (const listener of listeners[at]!) process.on(event as "uncaughtException", listener);
  }
});

/** Internals of a session that core does not export. */
interface Insides {
  readonly table: { localCount: number; remoteCount: number; busyCount: number };
  readonly memory: { stalled: number };
  readonly credit: { readonly isDue: boolean };
  readonly resets: { readonly awaited: number };
}

/** Checks that a session that is over keeps nothing. */
function inspect(session: Session): string | undefined {
  const { table, memory, credit, resets } = session as unknown as Insides;
  const counts = {
    localCount: table.localCount,
    remoteCount: table.remoteCount,
    // This would be negative if too many streams were counted as not waited for.
    busyCount: table.busyCount,
    stalled: memory.stalled,
    creditDue: Number(credit.isDue),
    closing: resets.awaited,
  };
  const left = Object.entries(counts).find(([, count]) => count !== 0);
  return left && `${left[0]} is ${left[1]}`;
}

const replaying = fuzzFrames === 1;

/** The kinds of faults, each with a case that shows it. */
async function storyOf({ findings }: FuzzSummary): Promise<string> {
  const stories: string[] = [];
  for (const finding of findings) {
    const { kind, seed, wire, cases, detail } = finding;
    const { steps, story } = await shortest(finding, { unhandled, inspect });
    const lines = [
      `${kind} (${cases} cases)`,
      `  on ${wire}; replay it with MUXADO_SEED=${seed} MUXADO_FUZZ_FRAMES=1; ${steps} steps show it`,
      ...detail.split("\n").slice(0, 9),
      ...around(story, kind).map((line) => `    ${line}`),
    ];
    stories.push(lines.join("\n"));
  }
  return stories.join("\n\n");
}

/** The lines before a fault. */
function around(story: readonly string[], kind: string): readonly string[] {
  const at = story.indexOf(`FAULT: ${kind}`);
  return story.slice(Math.max(0, at - 25), at + 1);
}

function countsOf({ frames, cases, streams, byWire, findings }: FuzzSummary): string {
  return `${frames} frames in ${cases} cases (${JSON.stringify(byWire)}), ${streams} streams, ${findings.length} kinds of faults`;
}

test(`${fuzzFrames} frames from seed ${firstSeed} on both wires`, {
  timeout: 36_000_000,
}, async () => {
  if (replaying) await runCase(firstSeed, { unhandled, inspect, log: console.log });
  // Most errors are made on purpose, and their stack traces would be a third of all work.
  const { stackTraceLimit } = Error;
  if (!replaying) Error.stackTraceLimit = 0;
  const start = process.cpuUsage();
  const summary = await fuzzSessions({
    seed: firstSeed,
    frames: fuzzFrames,
    unhandled,
    inspect,
    progress: (soFar) => fuzzFrames > 1_000_000 && console.log(countsOf(soFar)),
  });
  const { user, system } = process.cpuUsage(start);
  const seconds = (user + system) / 1e6;
  console.log(
    `from seed ${firstSeed}: ${countsOf(summary)}, ${Math.round(summary.frames / seconds)} frames for each second of processor time\n`,
    summary.ends,
  );
  Error.stackTraceLimit = stackTraceLimit;
  expect(await storyOf(summary)).toBe("");
});
