import { expect, test } from "vitest";
import { tally } from "./tally.mjs";

const passing = { status: "passed", assertionResults: [{ status: "passed" }] };
const failing = {
  status: "failed",
  assertionResults: [{ status: "passed" }, { status: "failed" }],
};
const broken = { status: "failed", assertionResults: [] };

function vitest(numPassedTests: number, numFailedTests: number, ...testResults: object[]) {
  return { numPassedTests, numFailedTests, testResults };
}

test.each([
  ["a good run", vitest(1, 0, passing), 0, { passed: 1, failed: 0 }],
  ["a failed test", vitest(2, 1, passing, failing), 1, { passed: 2, failed: 1 }],
  ["a file that does not load", vitest(1, 0, passing, broken), 1, { passed: 1, failed: 1 }],
  ["an error outside of the tests", vitest(1, 0, passing), 1, { passed: 1, failed: 1 }],
  ["no test at all", vitest(0, 0), 0, { passed: 0, failed: 1 }],
  ["a check in order", { passed: 12, failed: 0 }, 0, { passed: 12, failed: 0 }],
  ["a check with failures", { passed: 9, failed: 3 }, 1, { passed: 9, failed: 3 }],
  ["a runner that left no report", undefined, 0, { passed: 0, failed: 1 }],
])("counts %s", (_what, report, exitCode, expected) => {
  expect(tally(report, exitCode)).toEqual(expected);
});
