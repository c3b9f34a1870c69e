// Reports the signatures of everything that the packages export. `pnpm run api` writes them to packages/*/api, one page
// for each entry point. With `--check` it writes nothing and fails if a page differs. It reads the built declarations,
// as users do. Run it from the root of the repository, after a build.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  CompilerState,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
} from "@microsoft/api-extractor";
import { difference, reportOf } from "./report.mjs";

const silent = { logLevel: ExtractorLogLevel.None };

/** @typedef {{ name: string, folder: string, types: string, page: string, main: EntryPoint | undefined }} EntryPoint */

const temporary = mkdtempSync(path.join(tmpdir(), "muxado-api-"));
try {
  const pages = extractAll(entryPoints());
  const old = oldPages();
  if (process.argv.includes("--check")) check(pages, old);
  else write(pages, old);
} finally {
  rmSync(temporary, { recursive: true });
}

/**
 * Returns every entry point of every published package. The main entry point of a package comes first.
 * @returns {EntryPoint[]}
 */
function entryPoints() {
  return readdirSync("packages").flatMap((name) => {
    const folder = path.resolve("packages", name);
    const manifest = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
    if (manifest.private) return [];
    /** @type {EntryPoint | undefined} */
    let main;
    return Object.entries(manifest.exports).flatMap(([subpath, { types }]) => {
      if (types === undefined) return [];
      const entry = {
        name: `${manifest.name}${subpath.slice(1)}`,
        folder,
        types: path.join(folder, types),
        page: `packages/${name}/api/${subpath === "." ? "index" : subpath.slice(2)}.api.md`,
        main,
      };
      main ??= entry;
      return [entry];
    });
  });
}

/**
 * Returns the pages of the entry points, by their path. One program holds all of them, since reading takes most time.
 * @param {EntryPoint[]} entries
 */
function extractAll(entries) {
  /** @type {CompilerState | undefined} */
  let compilerState;
  /** @type {Map<EntryPoint, string>} */
  const extracted = new Map();
  for (const entry of entries) {
    const config = configOf(entry);
    compilerState ??= CompilerState.create(config, {
      additionalEntryPoints: entries.map(({ types }) => types),
    });
    const result = Extractor.invoke(config, {
      compilerState,
      localBuild: true,
      messageCallback: (message) => {
        message.handled = true;
        const { logLevel, sourceFilePath, text } = message;
        if (logLevel !== ExtractorLogLevel.Error) return;
        console.error(`${sourceFilePath ?? entry.name}: ${text}`);
      },
    });
    if (result.errorCount > 0)
      throw new Error(`${entry.name} has declarations that do not compile`);
    extracted.set(entry, readFileSync(config.reportTempFilePath, "utf8"));
  }
  return new Map(
    [...extracted].map(([{ name, page, main }, text]) => [
      page,
      reportOf(name, text, main && extracted.get(main)),
    ]),
  );
}

/** @param {EntryPoint} entry */
function configOf({ folder, types }) {
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: path.join(folder, "package.json"),
    configObject: {
      newlineKind: "lf",
      projectFolder: folder,
      mainEntryPointFilePath: types,
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: "es2022",
            lib: ["es2022", "dom", "dom.iterable", "dom.asynciterable", "esnext.disposable"],
            module: "nodenext",
            types: ["node"],
            strict: true,
            exactOptionalPropertyTypes: true,
          },
          files: [types],
        },
      },
      apiReport: {
        enabled: true,
        // A type that is not exported can be part of an exported signature. Its changes reach users too.
        includeForgottenExports: true,
        reportFolder: temporary,
        reportTempFolder: temporary,
        reportFileName: "extracted",
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: { default: silent },
        tsdocMessageReporting: { default: silent },
      },
    },
  });
}

/** Returns the existing pages, by their path. */
function oldPages() {
  const files = readdirSync("packages").flatMap((name) =>
    readdirSync(`packages/${name}`).includes("api")
      ? readdirSync(`packages/${name}/api`).map((file) => `packages/${name}/api/${file}`)
      : [],
  );
  return new Map(files.map((file) => [file, readFileSync(file, "utf8")]));
}

/**
 * @param {Map<string, string>} pages
 * @param {Map<string, string>} old
 */
function write(pages, old) {
  for (const [page, text] of pages) {
    mkdirSync(path.dirname(page), { recursive: true });
    writeFileSync(page, text);
  }
  for (const page of old.keys()) if (!pages.has(page)) rmSync(page);
  console.log(`written: ${[...pages.keys()].join(", ")}`);
}

/**
 * @param {Map<string, string>} pages
 * @param {Map<string, string>} old
 */
function check(pages, old) {
  const all = [...new Set([...pages.keys(), ...old.keys()])];
  const stale = all.filter((page) => pages.get(page) !== old.get(page));
  for (const page of stale) {
    console.error(`${page} is not what \`pnpm run api\` would write:`);
    console.error(difference(old.get(page) ?? "", pages.get(page) ?? "").join("\n"));
  }
  console.log(`${all.length - stale.length} passed, ${stale.length} failed`);
  process.exitCode = stale.length > 0 ? 1 : 0;
}
