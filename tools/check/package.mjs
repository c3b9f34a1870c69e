// Checks the package in the current folder as users get it: packs it, then checks the archive.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const folder = mkdtempSync(path.join(tmpdir(), "muxado-"));
try {
  run("pnpm", "pack", "--pack-destination", folder);
  const [archive = ""] = readdirSync(folder);
  run("publint", "--strict", path.join(folder, archive));
  run("attw", "--profile", "esm-only", "--format", "ascii", path.join(folder, archive));
  run("tar", "-xzf", path.join(folder, archive), "-C", folder);
  checkMaps(path.join(folder, "package", "dist"));
} finally {
  rmSync(folder, { recursive: true });
}

/**
 * Maps must lead to sources that are in the archive, because editors and debuggers show these sources.
 * @param {string} dist
 */
function checkMaps(dist) {
  const files = readdirSync(dist, { recursive: true, encoding: "utf8" });
  for (const file of files.filter((name) => /\.(js|d\.ts)$/.test(name))) {
    const map = path.join(dist, `${file}.map`);
    /** @type {string[]} */
    const sources = existsSync(map) ? JSON.parse(readFileSync(map, "utf8")).sources : [];
    if (
      sources.length > 0 &&
      sources.every((source) => existsSync(path.resolve(map, "..", source)))
    ) {
      continue;
    }
    console.error(`${file} has no map to a source that is packed`);
    process.exitCode = 1;
  }
}

/** @param {string} program @param {string[]} args */
function run(program, ...args) {
  const { status } = spawnSync(program, args, { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
