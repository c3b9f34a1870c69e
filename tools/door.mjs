// The way in for those who have npm and nothing else: runs a script of package.json with the pnpm that is named there.
// Arguments behind the script's name go to the script.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const { packageManager } = JSON.parse(readFileSync("package.json", "utf8"));
const { status } = spawnSync("npx", ["--yes", packageManager, "run", ...process.argv.slice(2)], {
  stdio: "inherit",
  // npx is a script of the shell on Windows.
  shell: process.platform === "win32",
});
process.exitCode = status ?? 1;
