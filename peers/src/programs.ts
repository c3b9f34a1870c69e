// The programs: what builds each of them, what starts it, and which versions of the libraries it has. Nothing is run
// here.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** How a tool builds a program. */
interface Recipe {
  readonly tool: "go" | "cargo";
  readonly args: readonly string[];
  /** Where the tool is run. */
  readonly folder: string;
}

/** A program of a peer's. */
export interface Program {
  /** Undefined if nothing has to be built. */
  readonly recipe: Recipe | undefined;
  /** What starts the program: a path, and the arguments that it always has. */
  readonly command: readonly [string, ...string[]];
  readonly versions: Versions;
}

/** Where the versions of a program's libraries stand. */
interface Versions {
  readonly file: string;
  /** What stands in the file just before the version of a library. */
  readonly before: (library: string) => string;
}

/** Of peers/, from both src/ and dist/. */
const root = fileURLToPath(new URL("..", import.meta.url));

/** Whatever is built lies here. */
const output = `${root}.build`;

/** A command of the one Go module. Another file than `go.mod` builds it with other versions. */
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

/** A program of the one Rust package. The profiles stand in `Cargo.toml`, with the reasons for what they say. */
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

/** Obeys the interop runner. */
export const goInterop: Program = goProgram("interop-peer");

/** The same with a release of muxado that is still in use. */
export const goInteropOlder: Program = goProgram("interop-peer", "-2.0.1");

/** Carries the workloads of the benchmark. */
export const goBench: Program = goProgram("bench-peer");

/** Obeys the interop runner. */
export const rustInterop: Program = rustProgram("interop-peer", "interop");

/** Carries the workloads of the benchmark. */
export const rustBench: Program = rustProgram("bench-peer", "release");

/** Obeys the interop runner, on the Node that runs it. */
export const jsInterop: Program = {
  recipe: undefined,
  command: [process.execPath, `${root}js/interop-peer/main.mjs`],
  versions: { file: `${root}package.json`, before: (library) => `"${library}": "` },
};

/** The version of a library that a program is built with, as its language writes it. */
export function versionOf({ versions: { file, before } }: Program, library: string): string {
  const [, after] = readFileSync(file, "utf8").split(before(library));
  if (after === undefined) throw new Error(`${file} has no ${library}`);
  return /^[^"\s]+/.exec(after)![0];
}
