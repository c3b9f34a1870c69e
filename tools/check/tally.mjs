// Adds up the reports of CI's runners and prints the verdict. A runner counts as one failure if it failed without
// reporting a failure, left no report, or ran nothing.
//
//   node tools/check/tally.mjs <vitest's report> <its exit code> <check's report> <its exit code>

import { readFileSync } from "node:fs";

/**
 * @param {unknown} report
 * @param {number} exitCode
 * @returns {{ passed: number, failed: number }}
 */
export function tally(report, exitCode) {
  const { passed, failed } = counts(report);
  const isSilent = failed === 0 && (exitCode !== 0 || passed === 0);
  return { passed, failed: isSilent ? 1 : failed };
}

/** @param {any} report vitest's, or the check's */
function counts(report) {
  if (!Array.isArray(report?.testResults)) {
    return { passed: report?.passed ?? 0, failed: report?.failed ?? 0 };
  }
  // A file that fails before any of its tests runs is in neither of vitest's sums.
  const files = report.testResults.filter(
    (/** @type {any} */ file) =>
      file.status === "failed" &&
      file.assertionResults.every((/** @type {any} */ test) => test.status !== "failed"),
  );
  return { passed: report.numPassedTests, failed: report.numFailedTests + files.length };
}

/** @param {string} file */
function read(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

if (process.argv[1] === import.meta.filename) {
  const total = { passed: 0, failed: 0 };
  for (const [report = "", exitCode] of [process.argv.slice(2, 4), process.argv.slice(4, 6)]) {
    const { passed, failed } = tally(read(report), Number(exitCode));
    total.passed += passed;
    total.failed += failed;
  }
  console.log(`${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}
