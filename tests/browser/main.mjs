// Runs the tests of this folder, all or those whose files are like the arguments, and prints how many as the last line:
// `pnpm run browser`.

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

/** @param {number} exitCode vitest's */
function verdict(exitCode) {
  /** @type {{ numTotalTests: number } | undefined} */
  let report;
  try {
    report = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    // A runner that left no report has failed.
  }
  // Vitest succeeds without tests where there is no browser, and only there: its configuration has said so.
  if (exitCode === 0 && report?.numTotalTests === 0) return { passed: 0, failed: 0 };
  return tally(report, exitCode);
}
