// The walls between packages and files, as one pure function from sources to violations.
// Only packages/ is walled; examples, benchmarks and tools are users like any other.

import { posix as path } from "node:path";
import { parseSync, Visitor } from "oxc-parser";

/**
 * What the sources of a package may import from outside it. Whatever is not listed is refused, so
 * a package without "node:" runs on any JavaScript runtime, and one missing here imports nothing.
 * @type {Record<string, string[]>}
 */
const arrows = {
  frame: [],
  core: ["@muxado/frame"],
  node: ["@muxado/core", "node:"],
  ws: ["@muxado/core"],
  typed: ["@muxado/core"],
  heartbeat: ["@muxado/core", "@muxado/typed"],
  yamux: ["@muxado/core"],
  testkit: ["@muxado/core", "@muxado/frame", "@muxado/yamux", "vitest", "fast-check"],
};

/**
 * What one folder of a package may import besides: an entry point of its own for one runtime. The rest of the
 * package may not import it.
 * @type {Record<string, string[]>}
 */
const forFolder = {
  "packages/ws/src/server/": ["ws", "node:"],
  "packages/testkit/src/codec/": ["node:"],
  "packages/testkit/src/processes/": ["esbuild", "node:"],
};

/** What a test may import besides: it runs on Node, and is a user of its own package. */
const forTests = ["@muxado/testkit", "vitest", "fast-check", "node:"];

/**
 * What the tests of one package may import besides: the layers and adapters that it has to work with, and the suite
 * that others hold it to.
 * @type {Record<string, string[]>}
 */
const forTestsOf = {
  node: ["express", "fastify", "readable-stream", "streamx", "undici", "ws"],
  ws: ["ws"],
  yamux: [
    "@muxado/node",
    "@muxado/typed",
    "@libp2p/interface",
    "@libp2p/interface-compliance-tests",
    "@libp2p/utils",
    "uint8arraylist",
  ],
};

/** @typedef {{ specifier: string, line: number, typeOnly: boolean }} Import */
/** @typedef {{ file: string, line: number, rule: string, message: string }} Violation */

/**
 * @param {Map<string, string>} sources text by path from the repository's root, with forward slashes
 * @returns {Violation[]}
 */
export function findViolations(sources) {
  const imports = new Map([...sources].map(([file, text]) => [file, importsOf(file, text)]));
  const violations = [...imports].flatMap(([file, found]) =>
    found.flatMap((one) => {
      const broken = ruleBroken(file, one.specifier);
      return broken ? [{ file, line: one.line, ...broken }] : [];
    }),
  );
  return [...violations, ...findCycles(imports)];
}

/**
 * @param {string} file
 * @param {string} specifier
 */
function ruleBroken(file, specifier) {
  const [, home = "", rest = ""] = /^packages\/([^/]+)\/(.+)$/.exec(file) ?? [];
  const isTest = rest.startsWith("test/") || rest.endsWith(".test.ts");

  if (specifier.startsWith(".")) {
    const target = path.join(path.dirname(file), specifier);
    if (!target.startsWith(`packages/${home}/`)) {
      return { rule: "arrow", message: `"${specifier}" leaves the package: import it by its name` };
    }
    if (target === `packages/${home}/src/index.ts` && !isTest) {
      return { rule: "own index", message: "import the file that owns the name, not the index" };
    }
    const wall = Object.keys(forFolder).find((folder) => target.startsWith(folder));
    if (wall !== undefined && !file.startsWith(wall) && !isTest) {
      return { rule: "runtime", message: `${wall} is not for any runtime` };
    }
    return undefined;
  }

  const imported = /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
  if (imported === `@muxado/${home}`) {
    if (isTest) return undefined;
    return { rule: "own index", message: "import the file that owns the name, not the package" };
  }
  const [, inFolder = []] =
    Object.entries(forFolder).find(([folder]) => file.startsWith(folder)) ?? [];
  const allowed = [
    ...(arrows[home] ?? []),
    ...inFolder,
    ...(isTest ? [...forTests, ...(forTestsOf[home] ?? [])] : []),
  ];
  if (allowed.includes(imported)) return undefined;
  if (specifier.startsWith("node:")) {
    if (allowed.includes("node:")) return undefined;
    return { rule: "runtime", message: `${home} runs on any runtime, "${specifier}" on Node only` };
  }
  return { rule: "arrow", message: `${home} may not import "${specifier}"` };
}

/**
 * Cycles of relative imports, each reported once, at the import that closes it. A type import
 * is gone at run time and closes no cycle.
 * @param {Map<string, Import[]>} imports
 * @returns {Violation[]}
 */
function findCycles(imports) {
  /** @type {Violation[]} */
  const cycles = [];
  /** @type {Set<string>} */
  const done = new Set();
  /** @type {string[]} */
  const trail = [];

  /** @param {string} file */
  const visit = (file) => {
    trail.push(file);
    for (const { specifier, line, typeOnly } of imports.get(file) ?? []) {
      if (typeOnly || !specifier.startsWith(".")) continue;
      const target = path.join(path.dirname(file), specifier);
      if (trail.includes(target)) {
        const round = [...trail.slice(trail.indexOf(target)), target];
        const message = round.map((one) => path.basename(one)).join(" → ");
        cycles.push({ file, line, rule: "cycle", message });
      } else if (!done.has(target)) {
        visit(target);
      }
    }
    trail.pop();
    done.add(file);
  };
  for (const file of imports.keys()) if (!done.has(file)) visit(file);
  return cycles;
}

/**
 * Every import of a file: static, re-exporting, dynamic and in a type.
 * @param {string} file
 * @param {string} text
 * @returns {Import[]}
 */
function importsOf(file, text) {
  const { program, errors } = parseSync(file, text);
  if (errors[0]) throw new SyntaxError(`${file}: ${errors[0].message}`);
  /** @type {Import[]} */
  const found = [];
  /** @param {{ type: string, value?: unknown, start: number } | null} source */
  const add = (source, typeOnly = false) => {
    if (typeof source?.value !== "string") return;
    const line = text.slice(0, source.start).split("\n").length;
    found.push({ specifier: source.value, line, typeOnly });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source, node.importKind === "type"),
    ExportNamedDeclaration: (node) => add(node.source, node.exportKind === "type"),
    ExportAllDeclaration: (node) => add(node.source, node.exportKind === "type"),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source, true),
  }).visit(program);
  return found;
}
