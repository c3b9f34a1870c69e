// Builds programs with the tools of their languages, and returns which peers a run must leave out. Without any of the
// tools, the peers that need no program still run.

import { spawnSync } from "node:child_process";
import type { Program } from "./programs.ts";

/** The results for the programs that this process was asked for. */
const outcomes = new Map<Program, string | undefined>();

/** Builds a program, once in a process. Returns why that failed, or undefined if the program is built. */
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

/** Returns why a program cannot be built here, if its tool is missing. Builds nothing. */
export function missingTool({ recipe }: Program): string | undefined {
  if (recipe === undefined) return undefined;
  const { tool } = recipe;
  return isMissing(spawnSync(tool, ["version"]).error) ? notInstalled(tool) : undefined;
}

/**
 * The message of a run about the peers that it leaves out.
 * @param reasons why each of them cannot be built, by its name
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
