// Programs of other languages that are peers. Nothing of them runs in Node; each is built when it is first asked
// for, and again when it has changed.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ProgramPeer } from "../peer.ts";

/** Of bench/, from both src/ and dist/. */
const root = fileURLToPath(new URL("../..", import.meta.url));

interface Recipe {
  /** The command that builds it, run in the program's folder. */
  readonly tool: string;
  /** Paths among them are relative to the program's folder. */
  readonly args: readonly string[];
  /** Within peers/. */
  readonly folder: string;
  /** Within .build/. */
  readonly program: string;
}

/** One program; several peers may have it. */
export function nativeProgram(recipe: Recipe): Pick<ProgramPeer, "program" | "build"> {
  let built: { readonly failure: string | undefined } | undefined;
  return {
    program: `${root}.build/${recipe.program}`,
    build: () => (built ??= { failure: build(recipe) }).failure,
  };
}

function build({ tool, args, folder }: Recipe): string | undefined {
  const { status, error, stderr } = spawnSync(tool, args, {
    cwd: `${root}peers/${folder}`,
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (error !== undefined) {
    return "code" in error && error.code === "ENOENT" ? `${tool} is not installed` : error.message;
  }
  return status === 0 ? undefined : `${tool} ${args[0]} failed:\n${stderr}`;
}
