// Runs the suites of the packages for every runtime on Node, Bun and Deno, or only on the named runtimes. The last line
// is "N passed, N failed": each test counts once for each runtime, and so does each reproduction of a known failure.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { judge } from "./judge.mjs";
import { knownFailures } from "./known-failures.mjs";
import { runtimes } from "./runtimes.mjs";
import { omittedFiles, suites, systemOmission, systemSuites } from "./suites.mjs";

/** Time allowed for one runtime. It needs about a minute; a busy machine needs a few times as long. */
const TIMEOUT = 10 * 60_000;

const root = path.join(import.meta.dirname, "../..");
const vitest = path.join(root, "node_modules/vitest/vitest.mjs");
const isCI = process.env["CI"] === "true";
const own = `node${process.versions.node.split(".")[0]}`;

const named = process.argv.slice(2);
const unknown = named.find((name) => !runtimes.some((one) => one.name === name));
if (unknown) {
  throw new RangeError(
    `no runtime "${unknown}" among ${runtimes.map(({ name }) => name).join(", ")}`,
  );
}

const total = { passed: 0, failed: 0 };
const folder = mkdtempSync(path.join(tmpdir(), "muxado-"));
try {
  for (const runtime of runtimes) {
    if (named.length > 0 ? !named.includes(runtime.name) : runtime.name === own) {
      // `npm test` already runs its tests.
      if (named.length === 0)
        console.log(`${runtime.name}: left to npm test, which runs on it here`);
      continue;
    }
    await run(runtime);
  }
} finally {
  rmSync(folder, { recursive: true });
}
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;

/** @param {import("./runtimes.mjs").Runtime} runtime */
async function run(runtime) {
  const { name, flags, isBetween } = runtime;
  const identity = identify(runtime);
  if (typeof identity === "string") {
    console.log(`${name}: NOT RUN: ${identity}`);
    if (isCI) total.failed++;
    return;
  }
  const { program, version } = identity;
  const known = knownFailures.filter((one) => one.runtime === name);
  const isSystem = isBetween && named.length === 0;
  const omitted = known.flatMap(({ hangs, test }) => (hangs && test ? [`${escaped(test)}$`] : []));
  if (isSystem) omitted.push(systemOmission);
  const report = path.join(folder, `${name}.json`);
  const unhandled = path.join(folder, `${name}-unhandled.json`);
  const start = performance.now();
  const { exitCode, output } = await outcome(
    program,
    [
      ...flags,
      vitest,
      "run",
      ...(isSystem ? systemSuites : suites),
      ...omittedFiles.flatMap(({ what }) => ["--exclude", what]),
      ...(omitted.length > 0 ? ["--testNamePattern", `^(?!${omitted.join("|")})`] : []),
      "--reporter=json",
      `--outputFile.json=${report}`,
      `--reporter=${path.join(import.meta.dirname, "unhandled-reporter.mjs")}`,
    ],
    // A schedule that fails the model test on one runtime fails on all. So few are enough here: `npm test` runs many.
    { MUXADO_RUNS: "20", ...process.env, MUXADO_UNHANDLED: unhandled },
  );
  const verdict = judge(read(report), { exitCode, root, known, unhandled: read(unhandled) });
  const problems = [...verdict.problems, ...(await reproduce(program, flags, known))];
  total.passed += verdict.passed;
  total.failed += problems.length;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    `${name}: ${version}: ${verdict.passed} passed, ${problems.length} failed, ` +
      `${verdict.known} known failures, ${verdict.skipped} not run, ${seconds} s`,
  );
  for (const { file, test, problem } of problems) {
    console.log(`✗ ${[name, file, test].filter(Boolean).join(" | ")}\n${problem}`);
  }
  if (verdict.passed === 0) console.log(output);
}

/**
 * Returns the version and the path of the runtime in npx's cache, or the reason why there is none.
 * @param {import("./runtimes.mjs").Runtime} runtime
 */
function identify({ package: name, flags }) {
  const script = path.join(import.meta.dirname, "identity.mjs");
  const { stdout, stderr, error } = spawnSync("npx", ["--yes", name, ...flags, script], {
    encoding: "utf8",
    timeout: 3 * 60_000,
    shell: process.platform === "win32",
  });
  try {
    return /** @type {{ program: string, version: string }} */ (JSON.parse(stdout));
  } catch {
    return `npx cannot get ${name}: ${error?.message ?? stderr.trim().split("\n").pop()}`;
  }
}

/**
 * Runs the reproductions of the known failures. A program that does not reproduce its failure is a problem.
 * @param {string} program
 * @param {string[]} flags
 * @param {readonly import("./judge.mjs").KnownFailure[]} known
 */
async function reproduce(program, flags, known) {
  const problems = [];
  for (const name of new Set(known.map(({ reproduction }) => reproduction))) {
    const file = path.join(import.meta.dirname, "reproductions", name);
    const { exitCode, output } = await outcome(program, [...flags, file], process.env, 60_000);
    if (exitCode === 0 && output.trimEnd().endsWith("reproduced")) continue;
    const problem = `does not reproduce: exit ${exitCode}\n${output}`;
    problems.push({ file: `reproductions/${name}`, test: undefined, problem });
  }
  return problems;
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ exitCode: number | null, output: string }>}
 */
async function outcome(program, args, env, timeout = TIMEOUT) {
  const child = spawn(program, args, {
    cwd: root,
    env,
    timeout,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => (output += chunk));
  }
  const [exitCode] = await once(child, "close");
  return { exitCode, output };
}

/** @param {string} file */
function read(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** @param {string} text any text. The result is a regular expression that matches it */
function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
