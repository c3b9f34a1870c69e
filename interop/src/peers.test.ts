// The versions that the matrix names are those that are built.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { peers } from "./peers.ts";

it.each(peers)("$version is pinned", ({ library, version, folder, build }) => {
  const file = library === "go" ? goModule(build) : "Cargo.lock";
  const text = readFileSync(`${folder}/${file}`, "utf8");
  const [name, number] = version.split(" ");
  const pinned =
    library === "go" ? `require ${name} ${number}\n` : `name = "${name}"\nversion = "${number}"\n`;
  expect(text).toContain(pinned);
});

function goModule(build: readonly string[]): string {
  return build.find((argument) => argument.startsWith("-modfile="))!.slice("-modfile=".length);
}
