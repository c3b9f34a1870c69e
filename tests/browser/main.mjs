// Runs the tests of this folder, or only the files that match the arguments: `pnpm run browser`. The last line of
// output is the number of passed and failed tests.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { tally } from "../../tools/check/tally.mjs";

const root = path.join(import.meta.dirname, "../..");
const vitest = path.join(
  path.dirname(createRequire(import.meta.url).resolve("vitest/package.json")),
  "vitest.mjs",
);
const folder = mkdtempSync(path.join(tmpdir(), "muxado-"));
const file = path.join(folder, "report.json");
try {
  const { status } = spawnSync(
    process.execPath,
    [
      vitest,
      "run",
      "--config=tests/browser/vitest.config.ts",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${file}`,
      ...process.argv.slice(2),
    ],
    { cwd: root, stdio: "inherit" },
  );
  const { passed, failed } = verdict(status ?? 1);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true });
}

/** @param {number} exitCode vitest's exit code */
function verdict(exitCode) {
  /** @type {{ numTotalTests: number } | undefined} */
  let report;
  try {
    report = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    // A run without a report counts as failed.
  }
  // Vitest succeeds without tests only if there is no browser. Its configuration has printed that.
  if (exitCode === 0 && report?.numTotalTests === 0) return { passed: 0, failed: 0 };
  return tally(report, exitCode);
}
