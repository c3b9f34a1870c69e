// Checks that the repository is in order. A step is the script check:<step> of package.json, or the script <step>. All
// steps run, or only the named ones: `npm run check -- types size`. `--without=size` leaves one out. A step passes if
// it exits with 0. If a step prints a line "N passed, N failed", these numbers count; any other step counts as one.

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

const steps = [
  "format",
  "lint",
  "boundaries",
  "types",
  "unused",
  "docstrings",
  "api",
  "packages",
  "size",
  "counts",
  "consumer",
  "snippets",
  "examples",
  "recipes",
  "figures",
  "interop",
  "runtimes",
  "browser",
  "coverage",
];

const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
const commands = new Map(steps.map((step) => [step, scripts[`check:${step}`] ?? scripts[step]]));

const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    report: { type: "string" },
    without: { type: "string", multiple: true, default: [] },
  },
});
const unknown = [...wanted, ...values.without].find((name) => !steps.includes(name));
if (unknown) throw new RangeError(`no step "${unknown}" among ${steps.join(", ")}`);

const total = { passed: 0, failed: 0 };
for (const step of wanted.length > 0 ? wanted : steps) {
  if (values.without.includes(step)) continue;
  process.stdout.write(`${step} … `);
  const command = commands.get(step);
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(command, {
    shell: true,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1" },
    maxBuffer: Number.POSITIVE_INFINITY,
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);

  const own = /^(\d+) passed, (\d+) failed$/m.exec(stdout);
  const passed = own ? Number(own[1]) : status === 0 ? 1 : 0;
  const failed = Math.max(own ? Number(own[2]) : 0, status === 0 ? 0 : 1);
  total.passed += passed;
  total.failed += failed;
  console.log(`${failed > 0 ? "FAILED" : "ok"} (${own ? `${own[0]}, ` : ""}${seconds} s)`);
  if (failed > 0) console.log(`$ ${command}\n${stdout}${stderr}`);
}
console.log(`${total.passed} passed, ${total.failed} failed`);
if (values.report) writeFileSync(values.report, JSON.stringify(total));
process.exitCode = total.failed > 0 ? 1 : 0;
