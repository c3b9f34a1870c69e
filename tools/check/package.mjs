// Checks the package in the current folder as it will be published: packs it, then judges the
// archive, so that what is looked at is what users get.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const folder = mkdtempSync(path.join(tmpdir(), "muxado-"));
try {
  run("pnpm", "pack", "--pack-destination", folder);
  const [archive = ""] = readdirSync(folder);
  run("publint", "--strict", path.join(folder, archive));
  run("attw", "--profile", "esm-only", "--format", "ascii", path.join(folder, archive));
} finally {
  rmSync(folder, { recursive: true });
}

/** @param {string} program @param {string[]} args */
function run(program, ...args) {
  const { status } = spawnSync(program, args, { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
