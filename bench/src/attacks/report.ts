// The cost of the attacks, as tables for people.

import { readable } from "../report.ts";
import type { AttackResult } from "./measure-attack.ts";
import type { EndResult } from "./measure-end.ts";

type Row = readonly string[];

const MIB = 2 ** 20;

export interface Table {
  readonly title: string;
  readonly rows: readonly Row[];
}

export function attackTable(results: readonly AttackResult[]): Table {
  return {
    title: "Attacks",
    rows: [
      [
        "attack",
        "wire",
        "% of a core",
        "memory, MiB",
        "held, MiB",
        "longest block, ms",
        "block at the end, ms",
        "p50, ms",
        "p99, ms",
        "max, ms",
        "failed",
        "connections",
        "streams",
      ],
      ...results.map(({ attack, wire, client, ...found }) => [
        attack.name,
        wire.name,
        readable(found.processor * 100),
        readable(found.rss / MIB),
        readable(found.held / MIB),
        readable(found.longestBlock),
        readable(found.longestBlockAfter),
        readable(client.p50),
        readable(client.p99),
        readable(client.max),
        readable(client.failed),
        readable(found.connections),
        readable(found.streams),
      ]),
    ],
  };
}

export function endTable(results: readonly EndResult[]): Table {
  return {
    title: "Ends",
    rows: [
      [
        "streams",
        "opened by",
        "wait in",
        "end",
        "wire",
        "longest block, ms",
        "until all were told, ms",
        "memory, MiB",
        "held before, bytes a stream",
        "waiting",
        "told",
      ],
      ...results.map((found) => [
        readable(found.count),
        found.openedHere ? "the server" : "the peer",
        found.wait,
        found.end,
        found.wire.name,
        readable(found.longestBlock),
        readable(found.duration),
        readable(found.rss / MIB),
        readable(found.held),
        readable(found.waiting),
        readable(found.settled),
      ]),
    ],
  };
}

export function asText({ title, rows }: Table): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row.map((cell, column) => cell.padStart(widths[column]!)).join("  "),
  );
  return [title, ...lines, ""].join("\n");
}

export function asMarkdown({ title, rows }: Table): string {
  const [heads, ...cells] = rows.map((row) => `| ${row.join(" | ")} |`);
  return [`### ${title}`, "", heads, `|${"---|".repeat(rows[0]!.length)}`, ...cells, ""].join("\n");
}
