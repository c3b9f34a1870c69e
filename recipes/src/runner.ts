// Runs each recipe in its own process. So no resource of one recipe can be mistaken for another's, and a recipe that
// hangs can be ended.

import { fork } from "node:child_process";
import { once } from "node:events";
import type { RecipeEntry } from "./recipes.ts";
import type { Report } from "./report.ts";

/** Milliseconds after which a recipe counts as hanging. */
const LIMIT = 60_000;

/** The result of a recipe. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** One line for each step, with its errors. */
  readonly lines: readonly string[];
}

/** Runs `entry`. `folder` is for the server of `entry` only. Never rejects. */
export async function run({ name }: RecipeEntry, folder: string): Promise<Outcome> {
  const start = performance.now();
  const child = fork(new URL("./process.js", import.meta.url), [name, folder], { silent: true });
  let printed = "";
  for (const output of [child.stdout!, child.stderr!]) {
    output.on("data", (text: Buffer) => {
      printed += text;
    });
  }
  let passed = 0;
  let failed = 0;
  const lines: string[] = [];
  let step = "  start";
  let began = start;
  child.on("message", (report: Report) => {
    switch (report.event) {
      case "begins":
        step = `${report.kind.padEnd(7)} ${report.title}`;
        began = performance.now();
        break;
      case "passes":
        passed++;
        lines.push(`  ✓ ${step} (${[report.note, since(began)].filter(Boolean).join("; ")})`);
        step = "afterwards";
        break;
      case "fails":
        failed++;
        lines.push(`  ✗ ${step}\n${report.text}`);
        step = "afterwards";
        break;
    }
  });
  const killing = setTimeout(() => child.kill("SIGKILL"), LIMIT);
  const [status, signal] = (await once(child, "close")) as [number | null, string | null];
  clearTimeout(killing);
  // If a step has failed, the exit status reports the same failure.
  if (status !== 0 && failed === 0) {
    failed++;
    lines.push(`  ✗ ${step}: it ended with ${status ?? signal}\n${printed}`);
  }
  lines.unshift(`${name} (${since(start)})`);
  return { passed, failed, lines };
}

function since(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
