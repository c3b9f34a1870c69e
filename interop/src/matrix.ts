// The table of results, row by row as they come, and the sum of it. It runs nothing.

import type { Role } from "@muxado/core";
import type { Peer } from "./peers.ts";
import type { Result } from "./run.ts";

/** A column: a peer, and our role towards it. */
export interface Column {
  readonly peer: Peer;
  readonly role: Role;
}

/** A cell that was run; `quirk` says that it shows this instead of the scenario, which it makes impossible. */
export interface Outcome {
  readonly result: Result;
  readonly quirk?: string | undefined;
}

const NAME_WIDTH = 46;
const CELL_WIDTH = 15;

/** Two lines: whom we meet, and as what. */
export function header(title: string, columns: readonly Column[]): string {
  const peers = columns.map(({ peer }) => peer.name.padEnd(CELL_WIDTH)).join("");
  const roles = columns.map(({ role }) => `we: ${role}`.padEnd(CELL_WIDTH)).join("");
  return `${title.padEnd(NAME_WIDTH)}${peers}\n${"".padEnd(NAME_WIDTH)}${roles}`.trimEnd();
}

/** A dot stands for a cell that is not meant to exist. */
export function row(name: string, outcomes: readonly (Outcome | undefined)[]): string {
  const cells = outcomes.map((outcome) => textOf(outcome).padEnd(CELL_WIDTH));
  return `${name.padEnd(NAME_WIDTH)}${cells.join("")}`.trimEnd();
}

function textOf(outcome: Outcome | undefined): string {
  if (outcome === undefined) return "·";
  const { result, quirk } = outcome;
  if (result.verdict === "failed") return "FAILED";
  return quirk ?? `ok ${result.milliseconds.toFixed(0).padStart(6)} ms`;
}

/** Cells of each kind. */
export class Sum {
  ok = 0;
  /** Impossible because of a quirk, which was shown. */
  impossible = 0;
  failed = 0;

  add({ result, quirk }: Outcome): void {
    if (result.verdict === "failed") this.failed++;
    else if (quirk === undefined) this.ok++;
    else this.impossible++;
  }

  get cells(): number {
    return this.ok + this.impossible + this.failed;
  }

  get text(): string {
    const impossible = this.impossible === 0 ? "" : `${this.impossible} impossible, `;
    return `${this.cells} cells: ${this.ok} ok, ${impossible}${this.failed} failed`;
  }
}
