// The table of results, printed row by row, and its sum. It runs nothing.

import type { Role } from "@muxado/core";
import type { Peer } from "./peers.ts";
import type { Impossible } from "./rows.ts";
import type { Result } from "./run.ts";

/** A column: a peer, and our role towards it. */
export interface Column {
  readonly peer: Peer;
  readonly role: Role;
}

/** The content of a cell. Undefined if there is nothing to run. */
export type Outcome = Result | Impossible | undefined;

const NAME_WIDTH = 46;
const CELL_WIDTH = 15;

/** Two lines: the peers, and our roles towards them. */
export function header(title: string, columns: readonly Column[]): string {
  const peers = columns.map(({ peer }) => peer.name.padEnd(CELL_WIDTH)).join("");
  const roles = columns.map(({ role }) => `we: ${role}`.padEnd(CELL_WIDTH)).join("");
  return `${title.padEnd(NAME_WIDTH)}${peers.trimEnd()}\n${"".padEnd(NAME_WIDTH)}${roles.trimEnd()}`;
}

export function row(title: string, outcomes: readonly Outcome[]): string {
  const cells = outcomes.map((outcome) => textOf(outcome).padEnd(CELL_WIDTH));
  return `${title.slice(0, NAME_WIDTH - 2).padEnd(NAME_WIDTH)}${cells.join("").trimEnd()}`;
}

function textOf(outcome: Outcome): string {
  if (outcome === undefined) return "·";
  if ("quirk" in outcome) return outcome.quirk;
  if (outcome.verdict === "failed") return "FAILED";
  return `ok ${outcome.milliseconds.toFixed(0).padStart(6)} ms`;
}

/** The number of cells of each kind. */
export class Sum {
  passed = 0;
  failed = 0;
  /** Cells that were not run, because a quirk of the peer makes them impossible. */
  impossible = 0;

  add(outcome: Outcome): void {
    if (outcome === undefined) return;
    if ("quirk" in outcome) this.impossible++;
    else if (outcome.verdict === "failed") this.failed++;
    else this.passed++;
  }
}
