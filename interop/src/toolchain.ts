// The tools that build the peers: are they there, and do they work. Whoever has none of them still gets the
// tests of the recordings; CI must have them.

import { spawnSync } from "node:child_process";
import type { Peer } from "./peers.ts";

/** Why a peer cannot be had; undefined once it has been built. */
export function build({ tool, build, folder }: Peer): string | undefined {
  if (tool === undefined) return undefined;
  const { status, error, stderr } = spawnSync(tool, build, {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (isMissing(error)) return `${tool} is not installed`;
  if (error !== undefined) return error.message;
  return status === 0 ? undefined : `${tool} ${build[0]} failed:\n${stderr}`;
}

/** Those of the tools that are not installed. */
export function missingTools(tools: readonly string[]): string[] {
  return tools.filter((tool) => isMissing(spawnSync(tool, ["version"]).error));
}

function isMissing(error: Error | undefined): boolean {
  return error !== undefined && "code" in error && error.code === "ENOENT";
}
