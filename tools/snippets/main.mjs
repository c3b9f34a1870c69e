// Type-checks every program in the documentation against the built packages, as users do: once without the types of a
// page, once with them. Then runs each program in its own process. Run it from the root of the repository, after a
// build.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { extractSnippets } from "./extract.mjs";

const timeoutMs = 60_000;

// Inside this package, because its dependencies are the packages that the documentation mentions.
const out = path.join(import.meta.dirname, "out");
const tsconfig = {
  compilerOptions: {
    target: "es2022",
    lib: ["es2022", "esnext.disposable"],
    types: ["node"],
    module: "nodenext",
    moduleDetection: "force",
    strict: true,
    exactOptionalPropertyTypes: true,
    allowJs: true,
    checkJs: true,
    rootDir: ".",
    outDir: "run",
  },
  include: ["*"],
};
const withDom = {
  extends: "./tsconfig.json",
  compilerOptions: {
    lib: [...tsconfig.compilerOptions.lib, "dom", "dom.iterable", "dom.asynciterable"],
    noEmit: true,
  },
  include: ["*"],
};

rmSync(out, { recursive: true, force: true });
mkdirSync(out);
writeFileSync(path.join(out, "tsconfig.json"), JSON.stringify(tsconfig));
writeFileSync(path.join(out, "tsconfig.dom.json"), JSON.stringify(withDom));
const snippets = pages().flatMap((page) =>
  extractSnippets(readFileSync(page, "utf8")).map((snippet) => {
    const name = `${page.replaceAll("/", ".")}.${snippet.line}`;
    writeFileSync(path.join(out, `${name}.${snippet.language}`), snippet.program);
    return { ...snippet, name, where: `${page}:${snippet.line}` };
  }),
);

const compilations = ["tsconfig.json", "tsconfig.dom.json"].map((config) => {
  const args = ["-p", config, "--pretty", "false"];
  const compilation = spawnSync("tsc", args, { cwd: out, encoding: "utf8" });
  const lines = (compilation.stdout ?? "").trim().split(/\n(?=\S)/);
  return { config, ...compilation, lines };
});
const diagnostics = compilations.flatMap(({ config, lines }) =>
  lines.map((text) => `${text}${config === "tsconfig.json" ? "" : " (with dom)"}`),
);
// Libraries in the documentation may need the types of a browser, or another compiler. Their errors do not count.
const isForeign = (/** @type {string} */ line) => line.includes("node_modules/.pnpm/");
let passed = 0;
let failed = 0;

for (const { name, where, language, runs, output } of snippets) {
  const errors = diagnostics.filter((line) => line.startsWith(`${name}.${language}(`));
  const problem =
    errors.length > 0
      ? errors.join("\n")
      : runs && run(path.join(out, "run", `${name}.js`), output);
  if (problem) failed++;
  else passed++;
  console.log(problem ? `✗ ${where}\n${problem}` : `✓ ${where}${runs ? "" : " (types only)"}`);
}
for (const { status, error, stdout, lines } of compilations) {
  if (status === 0 || failed > 0 || lines.every(isForeign)) continue;
  failed++;
  console.log(error ?? stdout);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

/** Returns the pages whose programs must work. */
function pages() {
  const readmes = ["packages", "examples"].flatMap((folder) =>
    readdirSync(folder).map((name) => `${folder}/${name}/README.md`),
  );
  const docs = readdirSync("docs", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name.replaceAll("\\", "/")}`);
  return ["README.md", ...readmes, ...docs.sort()].filter((page) => existsSync(page));
}

/**
 * Runs the program. Returns a description of the failure, or `undefined`.
 * @param {string} program
 * @param {string | undefined} output
 */
function run(program, output) {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [program], {
    encoding: "utf8",
    timeout: timeoutMs,
  });
  if (status !== 0) return `exit ${status ?? signal}\n${stdout}${stderr}`;
  if (output !== undefined && stdout !== output) return `printed\n${stdout}instead of\n${output}`;
  return undefined;
}
