import { expect, test } from "vitest";
import { judge, type KnownFailure } from "./judge.mjs";

const passing = { fullName: "a sum", status: "passed" };
const failing = { fullName: "a product", status: "failed", failureMessages: ["not 6"] };
const skipped = { fullName: "a product", status: "skipped" };

function file(...assertionResults: { status: string }[]) {
  const failed = assertionResults.some(({ status }) => status === "failed");
  return {
    name: "/home/packages/a.test.ts",
    status: failed ? "failed" : "passed",
    assertionResults,
  };
}

const broken = { ...file(), name: "/home/packages/b.test.ts", status: "failed", message: "no gc" };

const reasons = { runtime: "bun", why: "it cannot", reproduction: "it.mjs" };
const product: KnownFailure = { ...reasons, file: "packages/a.test.ts", test: "a product" };
const unloadable: KnownFailure = { ...reasons, file: "packages/b.test.ts" };

interface Run {
  readonly exitCode?: number;
  readonly known?: readonly KnownFailure[];
  readonly unhandled?: readonly string[];
}

function verdict(testResults: object[], { exitCode = 0, known = [], unhandled = [] }: Run = {}) {
  const run = { exitCode, root: "/home", known, unhandled };
  const { problems, ...counts } = judge({ testResults }, run);
  return { ...counts, problems: problems.map(({ problem }) => problem) };
}

const stale = "stale: listed as a known failure, and has passed or is no more";

test.each<[string, object[], Run, object]>([
  ["a good run", [file(passing)], {}, { passed: 1, known: 0, problems: [] }],
  [
    "an unknown failure",
    [file(passing, failing)],
    { exitCode: 1 },
    { passed: 1, known: 0, problems: ["not 6"] },
  ],
  [
    "a known failure",
    [file(passing, failing)],
    { exitCode: 1, known: [product] },
    { passed: 1, known: 1, problems: [] },
  ],
  [
    "the same name in another file",
    [{ ...file(passing, failing), name: "/home/packages/c.test.ts" }],
    { exitCode: 1, known: [product] },
    { passed: 1, known: 0, problems: ["not 6", stale] },
  ],
  [
    "a known failure that has passed",
    [file(passing, { ...failing, status: "passed" })],
    { known: [product] },
    { passed: 2, known: 0, problems: [stale] },
  ],
  [
    "a known failure whose test does not exist any more",
    [file(passing)],
    { known: [product] },
    { passed: 1, known: 0, problems: [stale] },
  ],
  [
    "a known failure that was skipped without being listed as one that hangs",
    [file(passing, skipped)],
    { known: [product] },
    { passed: 1, known: 0, skipped: 1, problems: [stale] },
  ],
  [
    "a test that hangs and was not run",
    [file(passing, skipped)],
    { known: [{ ...product, hangs: true }] },
    { passed: 1, known: 1, skipped: 1, problems: [] },
  ],
  [
    "a file that does not load",
    [file(passing), broken],
    { exitCode: 1 },
    { passed: 1, known: 0, problems: ["no gc"] },
  ],
  [
    "a known file that does not load",
    [file(passing), broken],
    { exitCode: 1, known: [unloadable] },
    { passed: 1, known: 1, problems: [] },
  ],
  [
    "an error outside of the tests, beside a known failure",
    [file(passing, failing)],
    { exitCode: 1, known: [product], unhandled: ["oh"] },
    { passed: 1, known: 1, problems: ["outside of tests: oh"] },
  ],
  [
    "an exit code that nothing explains",
    [file(passing)],
    { exitCode: 1 },
    { passed: 1, known: 0, problems: ["vitest ended with 1, and does not say why"] },
  ],
  ["nothing at all", [], {}, { passed: 0, known: 0, problems: ["no test has passed"] }],
])("judges %s", (_what, testResults, run, expected) => {
  expect(verdict(testResults, run)).toMatchObject(expected);
});

test.each([
  ["vitest's report", undefined, []],
  ["the report of errors outside of tests", { testResults: [file(passing)] }, undefined],
])("judges a run without %s", (_what, report, unhandled) => {
  const { problems } = judge(report, { exitCode: 139, root: "/home", known: [], unhandled });
  expect(problems).toEqual([{ file: "", problem: "vitest left no report, and ended with 139" }]);
});
