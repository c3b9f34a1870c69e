// Runs one cell to its end or its deadline, and returns the result.

import type { Role } from "@muxado/core";
import { Cell, within } from "./cell.ts";
import type { Peer } from "./peers.ts";

/** The result of a cell. */
export type Result = { readonly milliseconds: number } & (
  | { readonly verdict: "ok" }
  | { readonly verdict: "failed"; readonly report: string }
);

/** The task of a cell. */
export interface Task {
  readonly name: string;
  readonly run: (cell: Cell) => Promise<void>;
}

/**
 * Milliseconds that a scenario may take. A scenario that ends at all takes a few seconds, on a busy machine a minute.
 */
const DEADLINE = 90_000;

export async function runCell({ name, run }: Task, peer: Peer, role: Role): Promise<Result> {
  const cell = new Cell(name, peer, role);
  const start = performance.now();
  const problems: unknown[] = [];
  const note = (problem: unknown): void => void problems.push(problem);
  // A session must never cause one of these, whatever its peer does.
  process.on("unhandledRejection", note).on("uncaughtException", note);
  await within(DEADLINE, run(cell), "the scenario").catch(note);
  // The log ends here. The rest only ends everything that was started.
  const diary = cell.log.toString();
  await cell.end().catch(note);
  // Node reports an unhandled rejection one turn later. This wait counts the report for this cell and not for the next.
  await new Promise(setImmediate);
  process.off("unhandledRejection", note).off("uncaughtException", note);
  const milliseconds = performance.now() - start;
  if (problems.length === 0) return { verdict: "ok", milliseconds };
  return { verdict: "failed", milliseconds, report: [...problems.map(textOf), diary].join("\n\n") };
}

function textOf(problem: unknown): string {
  return problem instanceof Error ? (problem.stack ?? problem.message) : String(problem);
}
