// Finds the programs of servers. Debian keeps some of them where only root's PATH leads, and PostgreSQL's in a folder
// for each version.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const postgres = "/usr/lib/postgresql";

/** Returns the path of `program`; undefined if it is not installed. */
export function findProgram(program: string): string | undefined {
  const versions = existsSync(postgres) ? readdirSync(postgres).sort(newestFirst) : [];
  const folders = [
    ...(process.env["PATH"] ?? "").split(path.delimiter),
    "/usr/local/sbin",
    "/usr/sbin",
    ...versions.map((version) => path.join(postgres, version, "bin")),
  ];
  return folders.map((folder) => path.join(folder, program)).find((file) => existsSync(file));
}

/** Returns the path of `program`. Throws if it is not installed: the runner checks this before it starts a recipe. */
export function programAt(program: string): string {
  const found = findProgram(program);
  if (found === undefined) throw new Error(`${program} is not installed`);
  return found;
}

/** Returns the Debian package that contains `program`, from `programs.txt`. */
export function packageOf(program: string): string {
  const list = readFileSync(new URL("../../programs.txt", import.meta.url), "utf8");
  const line = list.split("\n").find((one) => one.startsWith(`${program} `));
  if (line === undefined) throw new Error(`${program} is not in programs.txt`);
  return line.slice(program.length + 1);
}

function newestFirst(one: string, other: string): number {
  return Number(other) - Number(one);
}
