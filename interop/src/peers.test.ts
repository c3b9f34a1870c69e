// The versions that the matrix names are those that are built.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type Peer, peers } from "./peers.ts";

it.each(peers)("$version is pinned", (peer) => {
  const [file, line] = pinOf(peer);
  expect(readFileSync(`${peer.folder}/${file}`, "utf8")).toContain(line);
});

/** The file that pins a version, and how. */
function pinOf({ tool, version, build }: Peer): [file: string, line: string] {
  const [name, number] = version.split(" ");
  if (tool === "go") return [goModule(build), `\t${name} ${number}\n`];
  if (tool === "cargo") return ["Cargo.lock", `name = "${name}"\nversion = "${number}"\n`];
  return ["package.json", `"${name}": "${number}"`];
}

function goModule(build: readonly string[]): string {
  return build.find((argument) => argument.startsWith("-modfile="))!.slice("-modfile=".length);
}
