// The rows to run: one for each scenario and one for each quirk that the command line selects.

import type { Library, Peer } from "./peers.ts";
import { quirks } from "./quirks.ts";
import type { Task } from "./run.ts";
import { type Quirk, quirkTest, type Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";

/** A quirk of the peer makes the scenario impossible. A row of its own shows that quirk. */
export interface Impossible {
  readonly quirk: string;
}

/** One row of a table. */
export interface Row {
  readonly title: string;
  /** The task with a peer. Undefined if the row does not apply to it. */
  readonly cell: (peer: Peer) => Task | Impossible | undefined;
}

/** The scenarios whose name contains `only`. */
export function scenariosLike(only = ""): Scenario[] {
  return scenarios.filter(({ name }) => name.includes(only));
}

/** The quirk with the number `only`, and the quirks that make scenarios impossible whose name contains `only`. */
export function quirksLike(only: string | undefined): Quirk[] {
  if (only === undefined) return [...quirks];
  const blamed = scenariosLike(only).flatMap(({ impossible = {} }) => Object.values(impossible));
  const wanted = new Set([only, ...blamed.map(([quirk]) => quirk)]);
  return quirks.filter(({ id }) => wanted.has(id));
}

export function scenarioRow(scenario: Scenario): Row {
  const { name, wire, only, impossible } = scenario;
  return {
    title: name,
    cell({ library, wire: spoken }) {
      if (wire !== undefined && wire !== spoken) return undefined;
      if (only !== undefined && !only.includes(library)) return undefined;
      const reason = impossible?.[library];
      return reason === undefined ? scenario : { quirk: reason[0] };
    },
  };
}

export function quirkRow(quirk: Quirk): Row {
  const { id, does } = quirk;
  return {
    title: `${id.padEnd(4)} ${does}`,
    cell(peer) {
      const run = quirkTest(quirk, peer);
      return run && { name: `${id} ${does}`, run };
    },
  };
}

/** Why scenarios are impossible, and how to show it, one line for each. */
export function reasons(list: readonly Scenario[], libraries: ReadonlySet<Library>): string[] {
  return list.flatMap(({ name, impossible = {} }) =>
    [...libraries].flatMap((library) => {
      const reason = impossible[library];
      if (reason === undefined) return [];
      const [id, because] = reason;
      const { shown } = quirks.find((quirk) => quirk.id === id)!;
      return `  ${name}, with ${library}: ${because} (${id}: ${shown})`;
    }),
  );
}
