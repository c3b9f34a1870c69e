// The programs: the tool that builds each, the command that starts it, and the versions of its libraries. This file
// runs nothing.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** How a tool builds a program. */
interface Recipe {
  readonly tool: "go" | "cargo";
  readonly args: readonly string[];
  /** The folder in which the tool runs. */
  readonly folder: string;
}

/** A program of a peer. */
export interface Program {
  /** Undefined if nothing must be built. */
  readonly recipe: Recipe | undefined;
  /** The command that starts the program: a path, and the arguments that it always has. */
  readonly command: readonly [string, ...string[]];
  readonly versions: Versions;
}

/** Where to find the versions of a program's libraries. */
interface Versions {
  readonly file: string;
  /** The text in the file just before the version of a library. */
  readonly before: (library: string) => string;
}

/** The folder peers/, both from src/ and from dist/. */
const root = fileURLToPath(new URL("..", import.meta.url));

/** The folder of all built programs. */
const output = `${root}.build`;

/** A command of the only Go module. A file other than `go.mod` builds it with other versions. */
function goProgram(command: string, suffix: "" | "-2.0.1" = ""): Program {
  const path = `${output}/go/${command}${suffix}`;
  const module = `go${suffix}.mod`;
  return {
    recipe: {
      tool: "go",
      args: [
        "build",
        "-trimpath",
        "-mod=readonly",
        `-modfile=${module}`,
        "-o",
        path,
        `./cmd/${command}`,
      ],
      folder: `${root}go`,
    },
    command: [path],
    versions: { file: `${root}go/${module}`, before: (library) => `\t${library} ` },
  };
}

/** A program of the only Rust package. `Cargo.toml` has the profiles, with the reasons for their settings. */
function rustProgram(bin: string, profile: "release" | "interop"): Program {
  const target = `${output}/rust`;
  return {
    recipe: {
      tool: "cargo",
      args: [
        "build",
        "--profile",
        profile,
        "--locked",
        "--quiet",
        "--target-dir",
        target,
        "--bin",
        bin,
      ],
      folder: `${root}rust`,
    },
    command: [`${target}/${profile}/${bin}`],
    versions: {
      file: `${root}rust/Cargo.lock`,
      before: (library) => `name = "${library}"\nversion = "`,
    },
  };
}

/** A peer of the interop runner. */
export const goInterop: Program = goProgram("interop-peer");

/** The same peer with a release of muxado that is still in use. */
export const goInteropOlder: Program = goProgram("interop-peer", "-2.0.1");

/** The Go peers of the benchmark. */
export const goBench: Program = goProgram("bench-peer");

/** A peer of the interop runner. */
export const rustInterop: Program = rustProgram("interop-peer", "interop");

/** The Rust peers of the benchmark. */
export const rustBench: Program = rustProgram("bench-peer", "release");

/** A peer of the interop runner, on the Node that runs the runner. */
export const jsInterop: Program = {
  recipe: undefined,
  command: [process.execPath, `${root}js/interop-peer/main.mjs`],
  versions: { file: `${root}package.json`, before: (library) => `"${library}": "` },
};

/** The version of a library with which a program is built, in the notation of its language. */
export function versionOf({ versions: { file, before } }: Program, library: string): string {
  const [, after] = readFileSync(file, "utf8").split(before(library));
  if (after === undefined) throw new Error(`${file} has no ${library}`);
  return /^[^"\s]+/.exec(after)![0];
}
