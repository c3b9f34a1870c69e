// Builds programs with the tools of their languages, and says which peers a run has to do without. Whoever has none of
// the tools can still run whatever needs no program.

import { spawnSync } from "node:child_process";
import type { Program } from "./programs.ts";

/** What became of the programs that this process was asked for. */
const outcomes = new Map<Program, string | undefined>();

/** Why a program cannot be had; undefined once it has been built. Each is built once in a process. */
export function build(program: Program): string | undefined {
  if (!outcomes.has(program)) outcomes.set(program, outcomeOf(program));
  return outcomes.get(program);
}

function outcomeOf({ recipe }: Program): string | undefined {
  if (recipe === undefined) return undefined;
  const { tool, args, folder } = recipe;
  const { status, error, stderr } = spawnSync(tool, args, {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (isMissing(error)) return notInstalled(tool);
  if (error !== undefined) return error.message;
  return status === 0 ? undefined : `${tool} ${args[0]} failed:\n${stderr}`;
}

/** Why a program cannot be built here, as far as its tool is the reason. Nothing is built. */
export function missingTool({ recipe }: Program): string | undefined {
  if (recipe === undefined) return undefined;
  const { tool } = recipe;
  return isMissing(spawnSync(tool, ["version"]).error) ? notInstalled(tool) : undefined;
}

/**
 * What a run says aloud about the peers that it has to do without.
 * @param reasons why each of them cannot be had, by its name
 */
export function notRun(reasons: ReadonlyMap<string, string>): string {
  return [...new Set(reasons.values())]
    .map((reason) => {
      const names = [...reasons].filter(([, its]) => its === reason).map(([name]) => name);
      return `NOT RUN: ${names.join(", ")}\n  because ${reason}`;
    })
    .join("\n");
}

function notInstalled(tool: string): string {
  return `${tool} is not installed`;
}

function isMissing(error: Error | undefined): boolean {
  return error !== undefined && "code" in error && error.code === "ENOENT";
}
