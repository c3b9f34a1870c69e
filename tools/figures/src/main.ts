// The figures of docs/guides/tuning.md. `pnpm run figures` simulates, prints, and writes the plots and the table of the
// guide. Then it measures the same over real sockets. With `--check` it writes nothing and fails if a file differs.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type Figure, figuresOf } from "./figures.ts";
import { showLive } from "./live.ts";
import { plotsOf } from "./plots.ts";
import { simulate } from "./simulation.ts";

const GUIDE = "docs/guides/tuning.md";
const PLOTS = "docs/guides/tuning";

/** The lines before and after the table in the guide. */
const TABLE_START = "<!-- The table is written by `pnpm run figures`. -->\n";
const TABLE_END = "<!-- The end of the table. -->\n";

async function main(): Promise<void> {
  const isCheck = process.argv.includes("--check");
  const findings = await simulate();
  const figures = figuresOf(findings);
  const files = new Map([[GUIDE, withTable(readFileSync(GUIDE, "utf8"), figures)]]);
  for (const [name, svg] of plotsOf(findings)) files.set(`${PLOTS}/${name}`, svg);
  if (isCheck) return check(files);
  console.log(`simulated\n${asText(figures)}\n`);
  mkdirSync(PLOTS, { recursive: true });
  for (const [file, content] of files) writeFileSync(file, content);
  console.log(`written: ${[...files.keys()].join(", ")}\n`);
  console.log("over real sockets, through a proxy that delays by 50 ms each way");
  console.log(asText(await showLive()));
}

function check(files: ReadonlyMap<string, string>): void {
  const stale = [...files].filter(([file, content]) => contentOf(file) !== content);
  for (const [file] of stale) console.error(`${file} is not what \`pnpm run figures\` would write`);
  console.log(`${files.size - stale.length} passed, ${stale.length} failed`);
  process.exitCode = stale.length > 0 ? 1 : 0;
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** Returns the guide with the rows of `figures` in place of its present rows. */
function withTable(guide: string, figures: readonly Figure[]): string {
  const start = guide.indexOf(TABLE_START) + TABLE_START.length;
  const end = guide.indexOf(TABLE_END);
  if (start < TABLE_START.length || end < start)
    throw new Error(`${GUIDE} has no place for a table`);
  const rows = figures.map((row) => `| ${row.join(" | ")} |`);
  const table = ["", "| | found | promised |", "|---|---|---|", ...rows, "", ""].join("\n");
  return guide.slice(0, start) + table + guide.slice(end);
}

function asText(figures: readonly Figure[]): string {
  const widths = [0, 1].map((at) => Math.max(...figures.map((row) => row[at]!.length)));
  return figures
    .map(([what, found, promised]) =>
      `  ${what.padEnd(widths[0]!)}  ${found.padEnd(widths[1]!)}  ${promised}`.trimEnd(),
    )
    .join("\n");
}

await main();
