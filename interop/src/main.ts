// The interop runner: `pnpm run interop`. It builds the peers, runs every scenario and every quirk against them, and
// prints the matrix. The exit code is 1 if a cell has failed.

import { build, notRun } from "@muxado/peers";
import { type Arguments, parseArguments, usage } from "./arguments.ts";
import { type Column, header, type Outcome, row as line, Sum } from "./matrix.ts";
import { type Peer, type Wire, wires } from "./peers.ts";
import { writePage } from "./quirks-page.ts";
import { record } from "./record.ts";
import { quirkRow, quirksLike, type Row, reasons, scenarioRow, scenariosLike } from "./rows.ts";
import { runCell } from "./run.ts";

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
  let summary = "";
  if (wanted.record) {
    for (const peer of built) if (!peer.isOlder) await record(peer, wanted.roles);
  } else {
    summary = await runAll(built, wanted);
  }
  if (missing.size > 0) console.log(`\n${notRun(missing)}`);
  console.log(summary);
  if (missing.size > 0 && wanted.require) process.exitCode = 1;
}

/** Builds all peers. Outside CI a missing tool is no failure, because the recordings are tested everywhere. */
function buildAll(peers: readonly Peer[]): { built: Peer[]; missing: Map<string, string> } {
  const built: Peer[] = [];
  const missing = new Map<string, string>();
  for (const peer of peers) {
    console.log(`building ${peer.name}: ${peer.version} …`);
    const problem = build(peer.program);
    if (problem === undefined) built.push(peer);
    else missing.set(peer.name, problem);
  }
  return { built, missing };
}

/** @returns the last lines */
async function runAll(built: readonly Peer[], wanted: Arguments): Promise<string> {
  const columns = built.flatMap((peer) => wanted.roles.map((role) => ({ peer, role })));
  const scenarios = scenariosLike(wanted.only);
  const quirks = quirksLike(wanted.only);
  const sum = new Sum();
  const quirkSum = new Sum();
  for (const wire of wires) {
    const spoken = columns.filter(({ peer }) => peer.wire === wire);
    const scenarioColumns = spoken.filter(({ peer }) => wanted.runsScenarios(peer));
    await runTable(wire, "scenario", scenarios.map(scenarioRow), scenarioColumns, sum);
    const libraries = new Set(scenarioColumns.map(({ peer }) => peer.library));
    const impossible = reasons(scenarios, libraries);
    if (impossible.length > 0) console.log(`\nimpossible:\n${impossible.join("\n")}`);
    await runTable(wire, "quirk", quirks.map(quirkRow), spoken, quirkSum);
  }

  for (const report of reports) console.log(`\n${report}`);
  const passed = sum.passed + quirkSum.passed;
  const failed = sum.failed + quirkSum.failed;
  // A selection without any cell is a mistake.
  if (failed > 0 || (passed === 0 && columns.length > 0)) process.exitCode = 1;
  return [
    "",
    `${scenarios.length} scenarios: ${sum.passed} cells passed, ${sum.failed} failed; ${sum.impossible} impossible`,
    `${quirks.length} quirks: ${quirkSum.passed} cells passed, ${quirkSum.failed} failed`,
    "",
    `${passed} passed, ${failed} failed`,
  ].join("\n");
}

async function runTable(
  wire: Wire,
  title: string,
  rows: readonly Row[],
  columns: readonly Column[],
  sum: Sum,
): Promise<void> {
  const about = rows.filter(({ cell }) => columns.some(({ peer }) => cell(peer) !== undefined));
  if (about.length > 0) console.log(`\n${header(`${wire}: ${title}`, columns)}`);
  for (const row of about) {
    const outcomes: Outcome[] = [];
    for (const column of columns) outcomes.push(await run(row, column));
    for (const outcome of outcomes) sum.add(outcome);
    console.log(line(row.title, outcomes));
  }
}

async function run(row: Row, { peer, role }: Column): Promise<Outcome> {
  const task = row.cell(peer);
  if (task === undefined || "quirk" in task) return task;
  const result = await runCell(task, peer, role);
  if (result.verdict === "failed") {
    reports.push(`FAILED: ${task.name}, with ${peer.name}, we as the ${role}\n${result.report}`);
  }
  return result;
}

await main();
