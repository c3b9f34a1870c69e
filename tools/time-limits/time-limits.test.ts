import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test, vi } from "vitest";
import { findShortLimits, SHORTEST } from "./short-limits.mjs";
import { HANG, WAIT } from "./time-limits.mjs";

const ROOT = path.join(import.meta.dirname, "../..");
const FOLDERS = [
  "packages",
  "bench",
  "tests/browser",
  "examples",
  "interop",
  "peers",
  "tests/runtimes",
  "tools",
];

/** Returns the tests, and the files that only tests use. This file is left out: it has short limits as examples. */
function testSources(): string[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" }).map(
      (file) => `${folder}/${file.replaceAll("\\", "/")}`,
    ),
  ).filter(
    (file) =>
      !/(^|\/)(node_modules|dist)\/|^tools\/time-limits\//.test(file) &&
      (/\.test\.ts$/.test(file) ||
        /^(packages\/[^/]+\/test|packages\/testkit\/src|tests\/browser)\/.*\.ts$/.test(file)),
  );
}

test("no test has a time limit that a busy machine could reach", () => {
  const files = ["vitest.config.ts", ...testSources()];
  expect(files.length).toBeGreaterThan(100);
  const found = files.flatMap((file) =>
    findShortLimits(readFileSync(path.join(ROOT, file), "utf8")).map(
      ({ line, limit }) => `${file}:${line}: ${limit}`,
    ),
  );
  expect(found).toEqual([]);
  expect(Math.min(HANG, WAIT)).toBeGreaterThanOrEqual(SHORTEST);
});

test("a condition may take longer than the second that vitest waits", async () => {
  let isTrue = false;
  setTimeout(() => (isTrue = true), 1_100);
  await Promise.all([
    vi.waitFor(() => expect(isTrue).toBe(true)),
    expect.poll(() => isTrue).toBe(true),
  ]);
});

test.each([
  ["vitest.config.ts", 1],
  ["tests/browser/vitest.config.ts", 2],
])("every project of %s has the common time limits", (file, projects) => {
  const text = readFileSync(path.join(ROOT, file), "utf8");
  expect(text.match(/\.\.\.timeLimits,\n +setupFiles\b/g)).toHaveLength(projects);
});

describe("a short limit", () => {
  test.each([
    ["of a file", "vi.setConfig({ testTimeout: 30_000 });"],
    ["of a project", "test: {\n  hookTimeout: 5000,\n}"],
    ["behind a test", `test("a", async () => {\n  await b();\n}, 30_000);`],
    ["behind a hook", `  beforeAll(() => {\n    b();\n  }, 10_000);`],
    [
      "behind a table's test",
      `test.each([\n  1,\n])(\n  "a",\n  () => {\n    b();\n  },\n  500,\n);`,
    ],
    ["in front of a test", `test("a", { timeout: 500 }, async () => {});`],
    ["among options", `it("a", { retry: 1, timeout: 500 }, () => {});`],
    ["over lines", `it("a", {\n  timeout: 500,\n}, async () => {});`],
    ["of a group", `describe("a", { timeout: 500 }, () => {});`],
    ["with a name", `const LIMIT = 30_000;\nit("a", { timeout: LIMIT }, run);`],
    ["of a wait", "await vi.waitFor(() => expect(a).toBe(1), { timeout: 500 });"],
    ["of a wait with a block", "await vi.waitFor(() => {\n  a();\n  b();\n}, { timeout: 500 });"],
    ["of a poll", "await expect.poll(() => a, { timeout: 500 }).toBe(1);"],
    ["of a page's element", `await page.locator("a").waitFor({ timeout: 500 });`],
    ["of a signal", "await a({ signal: AbortSignal.timeout(500) });"],
  ])("is found: %s", (_, text) => {
    expect(findShortLimits(text)).toHaveLength(1);
  });

  test.each([
    ["a long limit", `test("a", { timeout: 60_000 }, async () => {});`],
    ["a long one behind a test", `test("a", () => {\n  b();\n}, 600_000);`],
    ["a limit from elsewhere", `test("a", { timeout: HANG }, async () => {});`],
    ["a deadline of the product's", "await session.close({ timeout: 30 });"],
    ["one behind another statement", "await vi.waitFor(a);\nawait session.close({ timeout: 30 });"],
    ["a timer", "  setTimeout(() => {\n    a();\n  }, 10);"],
    ["a timer in a test", `test("a", () => {\n  setTimeout(() => {\n    b();\n  }, 10);\n});`],
    ["a number among others", `  f(\n    a,\n    500,\n  );`],
  ])("is not %s", (_, text) => {
    expect(findShortLimits(text)).toEqual([]);
  });
});
