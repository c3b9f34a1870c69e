// The import rules of packages and files, as one pure function from sources to violations. The rules apply to packages/
// only. Examples, benchmarks and tools use the packages as any user does.

import { findCycles, outOfCircle } from "./cycles.mjs";
import { exceptions } from "./exceptions.mjs";
import { importsOfAll, isTest, targetOf } from "./imports.mjs";
import { roomRuleBroken } from "./rooms.mjs";
import { findOversized, shortAgain } from "./sizes.mjs";

/**
 * The imports from outside that the sources of a package may have. Any import that is not listed is refused. So a
 * package without "node:" runs on any JavaScript runtime, and a package that is missing here imports nothing.
 * @type {Record<string, string[]>}
 */
const arrows = {
  frame: [],
  core: ["@muxado/frame"],
  node: ["@muxado/core", "node:"],
  ws: ["@muxado/core"],
  typed: ["@muxado/core"],
  heartbeat: ["@muxado/core", "@muxado/typed"],
  resume: ["@muxado/core"],
  yamux: ["@muxado/core"],
  testkit: ["@muxado/core", "@muxado/frame", "@muxado/yamux", "vitest", "fast-check"],
};

/**
 * Further imports that one folder of a package may have. Such a folder is an entry point for one runtime. The rest of
 * the package may not import the folder.
 * @type {Record<string, string[]>}
 */
const forFolder = {
  "packages/ws/src/server/": ["ws", "node:"],
  "packages/testkit/src/codec/": ["node:"],
  "packages/testkit/src/processes/": ["esbuild", "node:"],
};

/** Further imports that a test may have. A test runs on Node, and uses its own package as a user does. */
const forTests = ["@muxado/testkit", "vitest", "fast-check", "node:"];

/**
 * Further imports that the tests of one package may have: the layers and adapters that it has to work with, and the
 * compliance suite of others that it has to pass.
 * @type {Record<string, string[]>}
 */
const forTestsOf = {
  node: ["express", "fastify", "readable-stream", "streamx", "undici", "ws"],
  ws: ["ws"],
  resume: ["@muxado/node", "@muxado/ws", "ws"],
  yamux: [
    "@muxado/node",
    "@muxado/peers",
    "@muxado/typed",
    "@libp2p/interface",
    "@libp2p/interface-compliance-tests",
    "@libp2p/utils",
    "uint8arraylist",
  ],
};

/** @typedef {{ file: string, line: number, rule: string, message: string }} Violation */

/**
 * @param {Map<string, string>} sources text by path from the repository's root, with forward slashes
 * @param {import("./exceptions.mjs").Exceptions} known
 * @returns {Violation[]}
 */
export function findViolations(sources, known = exceptions) {
  const imports = importsOfAll(sources);
  const violations = [...imports].flatMap(([file, found]) =>
    found.flatMap(({ specifier, line }) => {
      const broken =
        packageRuleBroken(file, specifier) ?? roomRuleBroken(file, specifier, known.circles);
      return broken ? [{ file, line, ...broken }] : [];
    }),
  );
  return [
    ...violations,
    ...findCycles(imports, known.circles),
    ...findOversized(sources, known.longFiles),
  ];
}

/**
 * Returns the exceptions that are not needed any more.
 * @param {Map<string, string>} sources all sources
 * @param {import("./exceptions.mjs").Exceptions} known
 * @returns {Violation[]}
 */
export function findStale(sources, known = exceptions) {
  const outside = outOfCircle(importsOfAll(sources), known.circles);
  const short = shortAgain(sources, known.longFiles);
  const line = 1;
  const rule = "exception";
  return [
    ...outside.map((file) => ({
      file,
      line,
      rule,
      message: "is in no circle: drop the exception",
    })),
    ...short.map((file) => ({ file, line, rule, message: "is not too long: drop the exception" })),
  ];
}

/**
 * @param {string} file
 * @param {string} specifier
 */
function packageRuleBroken(file, specifier) {
  const [, home = ""] = /^packages\/([^/]+)\//.exec(file) ?? [];
  const inTest = isTest(file);

  const target = targetOf(file, specifier);
  if (target !== undefined) {
    if (!target.startsWith(`packages/${home}/`)) {
      return { rule: "arrow", message: `"${specifier}" leaves the package: import it by its name` };
    }
    if (target === `packages/${home}/src/index.ts` && !inTest) {
      return { rule: "own index", message: "import the file that owns the name, not the index" };
    }
    const wall = Object.keys(forFolder).find((folder) => target.startsWith(folder));
    if (wall !== undefined && !file.startsWith(wall) && !inTest) {
      return { rule: "runtime", message: `${wall} is not for any runtime` };
    }
    return undefined;
  }

  const imported = /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
  if (imported === `@muxado/${home}`) {
    if (inTest) return undefined;
    return { rule: "own index", message: "import the file that owns the name, not the package" };
  }
  const [, inFolder = []] =
    Object.entries(forFolder).find(([folder]) => file.startsWith(folder)) ?? [];
  const allowed = [
    ...(arrows[home] ?? []),
    ...inFolder,
    ...(inTest ? [...forTests, ...(forTestsOf[home] ?? [])] : []),
  ];
  if (allowed.includes(imported)) return undefined;
  if (specifier.startsWith("node:")) {
    if (allowed.includes("node:")) return undefined;
    return { rule: "runtime", message: `${home} runs on any runtime, "${specifier}" on Node only` };
  }
  return { rule: "arrow", message: `${home} may not import "${specifier}"` };
}
