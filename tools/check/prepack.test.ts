// Packs a package whose build is missing or out of date. The archive must be complete, or packing must fail.

import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly scripts: Record<string, string>;
  readonly publishConfig?: { readonly exports: Record<string, unknown> };
}

/** Returns a copy of @muxado/frame, which depends on nothing, in the state of a fresh clone. */
function unbuilt(): string {
  const clone = mkdtempSync(path.join(tmpdir(), "muxado-prepack-"));
  onTestFinished(() => rmSync(clone, { recursive: true }));
  const folder = path.join(clone, "packages/frame");
  mkdirSync(path.join(clone, "packages"));
  cpSync(path.join(root, "tsconfig.base.json"), path.join(clone, "tsconfig.base.json"));
  cpSync(path.join(root, "packages/frame"), folder, {
    recursive: true,
    filter: (file) => !/\/dist$|\.tsbuildinfo$/.test(file),
  });
  return folder;
}

function pack(folder: string): { status: number | null; files: string[] } {
  const PATH = `${path.join(root, "node_modules/.bin")}${path.delimiter}${process.env["PATH"]}`;
  const { status, stdout } = spawnSync("npm", ["pack", "--json", "--offline"], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, PATH },
  });
  if (status !== 0) return { status, files: [] };
  // The output of the compiler comes before.
  const [{ files }] = JSON.parse(stdout.slice(stdout.lastIndexOf("\n[") + 1)) as [
    { files: { path: string }[] },
  ];
  return { status, files: files.map((file) => file.path) };
}

test("a package that was never built is built when it is packed", () => {
  const { status, files } = pack(unbuilt());
  expect(status).toBe(0);
  expect(files).toEqual(
    expect.arrayContaining(["dist/index.js", "dist/index.d.ts", "src/index.ts"]),
  );
  expect(files.filter((file) => file.includes(".test."))).toEqual([]);
});

test("a package that does not compile is not packed", () => {
  const folder = unbuilt();
  appendFileSync(path.join(folder, "src/index.ts"), "export const wrong: string = 1;\n");
  expect(pack(folder).status).not.toBe(0);
});

test("every published package has a script that builds it before packing, and exports its manifest", () => {
  const manifests = readdirSync(path.join(root, "packages")).map((name) =>
    JSON.parse(readFileSync(path.join(root, "packages", name, "package.json"), "utf8")),
  ) as Manifest[];
  for (const { name, private: isPrivate, scripts, publishConfig } of manifests) {
    if (isPrivate) continue;
    expect(scripts["prepack"], name).toMatch(/^tsc -b/);
    expect(publishConfig?.exports["./package.json"], name).toBe("./package.json");
  }
});
