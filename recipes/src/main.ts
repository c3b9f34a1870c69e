// The recipes. `pnpm run recipes` runs all, `pnpm run recipes pg ws` only some. The exit code is 1 if a step fails.
// On CI, it is also 1 if a recipe could not be run.

import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { type RecipeEntry, recipes } from "./recipes.ts";
import { run } from "./runner.ts";
import { findProgram, packageOf } from "./servers/program.ts";
import { give } from "./servers/server-process.ts";

/** Recipes that run at the same time. More would only distort the times that they print. */
const SIDE_BY_SIDE = Math.min(2, availableParallelism());

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !recipes.some((one) => one.name === name));
if (unknown !== undefined) throw new RangeError(`no recipe "${unknown}"`);

let passed = 0;
let failed = 0;
const missing: string[] = [];
const waiting = recipes.filter(({ name }) => wanted.length === 0 || wanted.includes(name));

const root = mkdtempSync(path.join(tmpdir(), "recipes-"));
chmodSync(root, 0o755); // servers may run as another user
process.once("exit", () => rmSync(root, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

async function work(): Promise<void> {
  for (let entry = waiting.shift(); entry !== undefined; entry = waiting.shift()) await play(entry);
}

async function play(entry: RecipeEntry): Promise<void> {
  const { name, program } = entry;
  if (program !== undefined && findProgram(program) === undefined) {
    missing.push(`  ${name}, because ${program} is missing: apt-get install ${packageOf(program)}`);
    return;
  }
  const folder = path.join(root, name.replaceAll("/", "-"));
  mkdirSync(folder);
  give(folder);
  const outcome = await run(entry, folder);
  passed += outcome.passed;
  failed += outcome.failed;
  console.log(outcome.lines.join("\n"));
}

await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
if (missing.length > 0) {
  console.log(`NOT RUN:\n${missing.join("\n")}`);
  if (process.env["CI"] === "true") failed += missing.length;
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || (passed === 0 && missing.length === 0)) process.exitCode = 1;
