// Runs a script of package.json with the version of pnpm that package.json names, for users who have only npm. All
// arguments after the name of the script go to the script.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const { packageManager } = JSON.parse(readFileSync("package.json", "utf8"));
const { status } = spawnSync("npx", ["--yes", packageManager, "run", ...process.argv.slice(2)], {
  stdio: "inherit",
  // On Windows, npx is a script of the shell.
  shell: process.platform === "win32",
});
process.exitCode = status ?? 1;
