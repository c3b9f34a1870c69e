// The interop runner: `npm run interop`. Builds the peers, runs every scenario and every quirk against them, and
// prints the matrix. The exit code is 1 if a cell has failed.

import { type Arguments, parseArguments, usage } from "./arguments.ts";
import { type Column, header, type Outcome, row, Sum } from "./matrix.ts";
import type { Peer } from "./peers.ts";
import { quirks } from "./quirks.ts";
import { writePage } from "./quirks-page.ts";
import { record } from "./record.ts";
import { runCell, type Task } from "./run.ts";
import { type Quirk, quirkTest, type Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";
import { build } from "./toolchain.ts";

/** Reports of failed cells. */
const reports: string[] = [];

async function main(): Promise<void> {
  let wanted: Arguments | undefined;
  try {
    wanted = parseArguments(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  if (wanted === undefined) return console.log(usage);

  if (wanted.page) return writePage();

  const { built, missing } = buildAll(wanted.peers);
  if (wanted.record) {
    for (const peer of built) if (!peer.isOlder) await record(peer, wanted.roles);
    return;
  }
  const columns = built.flatMap((peer) => wanted.roles.map((role) => ({ peer, role })));
  const sum = await runScenarios(
    columns.filter(({ peer }) => wanted.runsScenarios(peer)),
    wanted.only,
  );
  const quirkSum = await runQuirks(columns, wanted.only);
  for (const report of reports) console.log(`\n${report}`);
  for (const problem of missing) console.log(`\nNOT RUN: ${problem}`);

  const unbuilt = process.env.CI === "true" ? missing.length : 0;
  console.log(`\nscenarios, ${sum.text}\nquirks, ${quirkSum.text}`);
  const passed = sum.cells + quirkSum.cells - sum.failed - quirkSum.failed;
  const failed = sum.failed + quirkSum.failed + unbuilt;
  console.log(`${passed} passed, ${failed} failed`);
  // Nothing at all is a failure too, unless the tools for it are missing.
  process.exitCode = failed > 0 || (passed === 0 && missing.length === 0) ? 1 : 0;
}

/** A missing tool is no failure outside CI: the recordings are tested everywhere. */
function buildAll(peers: readonly Peer[]): { built: Peer[]; missing: string[] } {
  const built: Peer[] = [];
  const missing: string[] = [];
  for (const peer of peers) {
    console.log(`building ${peer.name}: ${peer.version} …`);
    const problem = build(peer);
    if (problem === undefined) built.push(peer);
    else missing.push(`${peer.name}, because ${problem}`);
  }
  return { built, missing };
}

async function runScenarios(columns: readonly Column[], only: string | undefined): Promise<Sum> {
  const sum = new Sum();
  const impossible: string[] = [];
  console.log(`\n${header("scenario", columns)}`);
  for (const scenario of scenarios) {
    if (only !== undefined && !scenario.name.includes(only)) continue;
    const outcomes: (Outcome | undefined)[] = [];
    for (const column of columns) outcomes.push(await runScenario(scenario, column));
    if (outcomes.every((outcome) => outcome === undefined)) continue;
    for (const outcome of outcomes) if (outcome !== undefined) sum.add(outcome);
    console.log(row(scenario.name, outcomes));
    impossible.push(...reasons(scenario, columns));
  }
  if (impossible.length > 0) console.log(`\nimpossible:\n${impossible.join("\n")}`);
  return sum;
}

/** Undefined if the scenario is not about the peer. */
async function runScenario(scenario: Scenario, column: Column): Promise<Outcome | undefined> {
  const { library } = column.peer;
  if (scenario.only !== undefined && scenario.only !== library) return undefined;
  const reason = scenario.impossible?.[library];
  if (reason === undefined) return { result: await run(scenario, column) };
  const quirk = quirks.find(({ id }) => id === reason[0])!;
  const shown = {
    name: `${scenario.name} (${quirk.id})`,
    run: quirk.run!,
    deadline: quirk.deadline,
  };
  return { result: await run(shown, column), quirk: quirk.id };
}

function reasons(scenario: Scenario, columns: readonly Column[]): string[] {
  const libraries = new Set(columns.map(({ peer }) => peer.library));
  return [...libraries].flatMap((library) => {
    const reason = scenario.impossible?.[library];
    if (reason === undefined) return [];
    const [id, because] = reason;
    const quirk = quirks.find((one) => one.id === id)!;
    return `  ${scenario.name}, with ${library}: ${because} (${id}; shown by: ${quirk.shown})`;
  });
}

async function runQuirks(columns: readonly Column[], only: string | undefined): Promise<Sum> {
  const sum = new Sum();
  console.log(`\n${header("quirk", columns)}`);
  for (const quirk of quirks) {
    if (only !== undefined && quirk.id !== only) continue;
    const outcomes: (Outcome | undefined)[] = [];
    for (const column of columns) outcomes.push(await runQuirk(quirk, column));
    if (outcomes.every((outcome) => outcome === undefined)) continue;
    for (const outcome of outcomes) if (outcome !== undefined) sum.add(outcome);
    console.log(row(`${quirk.id.padEnd(4)} ${quirk.does}`.slice(0, 44), outcomes));
  }
  return sum;
}

async function runQuirk(quirk: Quirk, column: Column): Promise<Outcome | undefined> {
  const test = quirkTest(quirk, column.peer);
  if (test === undefined) return undefined;
  const name = `${quirk.id} ${quirk.does}`;
  return { result: await run({ name, run: test, deadline: quirk.deadline }, column) };
}

async function run(task: Task, { peer, role }: Column): ReturnType<typeof runCell> {
  const result = await runCell(task, peer, role);
  if (result.verdict === "failed") {
    reports.push(`FAILED: ${task.name}, with ${peer.name}, we as the ${role}\n${result.report}`);
  }
  return result;
}

await main();
