// Checks that the repository is in order. A step is the script check:<step> of package.json, or the script <step>. All
// steps run, or only the named ones: `npm run check -- types size`. `--without=size` leaves one out. A step passes if
// it exits with 0. If a step prints a line "N passed, N failed", these numbers count; any other step counts as one.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

/** Runs alone and before all others: it compiles the programs that they run. */
const first = "types";

/** All other steps, in the order in which they start. The longest come first, so that no processor waits at the end. */
const steps = [
  "runtimes",
  "interop",
  "browser",
  "consumer",
  "coverage",
  "docstrings",
  "snippets",
  "recipes",
  "packages",
  "examples",
  "lint",
  "figures",
  "api",
  "counts",
  "unused",
  "boundaries",
  "size",
  "format",
];

/** Steps that run at the same time. Many wait for peers and timers half of their time. */
const SIDE_BY_SIDE = Math.min(2, availableParallelism());

const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));

const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    report: { type: "string" },
    without: { type: "string", multiple: true, default: [] },
  },
});
const all = [first, ...steps];
const unknown = [...wanted, ...values.without].find((name) => !all.includes(name));
if (unknown) throw new RangeError(`no step "${unknown}" among ${all.join(", ")}`);

const total = { passed: 0, failed: 0 };
const waiting = all.filter(
  (step) => (wanted.length === 0 || wanted.includes(step)) && !values.without.includes(step),
);
if (waiting[0] === first) await run(String(waiting.shift()));
await Promise.all(Array.from({ length: SIDE_BY_SIDE }, runWaiting));
console.log(`${total.passed} passed, ${total.failed} failed`);
if (values.report) writeFileSync(values.report, JSON.stringify(total));
process.exitCode = total.failed > 0 ? 1 : 0;

async function runWaiting() {
  for (let step = waiting.shift(); step; step = waiting.shift()) await run(step);
}

/** @param {string} step */
async function run(step) {
  const command = scripts[`check:${step}`] ?? scripts[step];
  const start = performance.now();
  const child = spawn(command, {
    shell: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1" },
  });
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (errors += text));
  const [status] = await once(child, "close");
  const seconds = ((performance.now() - start) / 1000).toFixed(1);

  const own = /^(\d+) passed, (\d+) failed$/m.exec(output);
  const passed = own ? Number(own[1]) : status === 0 ? 1 : 0;
  const failed = Math.max(own ? Number(own[2]) : 0, status === 0 ? 0 : 1);
  total.passed += passed;
  total.failed += failed;
  const counts = own ? `${own[0]}, ` : "";
  console.log(`${step} … ${failed > 0 ? "FAILED" : "ok"} (${counts}${seconds} s)`);
  if (failed > 0) console.log(`$ ${command}\n${output}${errors}`);
}
