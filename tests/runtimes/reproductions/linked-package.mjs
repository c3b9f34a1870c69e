// A module outside of node_modules loads like any other if a link in node_modules leads to it.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

const folder = mkdtempSync(path.join(tmpdir(), "linked-package-"));
try {
  const [user, linked] = [path.join(folder, "node_modules/user"), path.join(folder, "linked")];
  for (const made of [user, linked]) {
    mkdirSync(made, { recursive: true });
    const name = path.basename(made);
    const manifest = { name, version: "1.0.0", type: "module", exports: "./index.mjs" };
    writeFileSync(path.join(made, "package.json"), JSON.stringify(manifest));
  }
  symlinkSync(linked, path.join(folder, "node_modules/linked"), "dir");
  writeFileSync(path.join(linked, "index.mjs"), "export const answer = 42;\n");
  writeFileSync(path.join(user, "index.mjs"), 'export { answer } from "linked";\n');
  try {
    const { answer } = await import(pathToFileURL(path.join(user, "index.mjs")).href);
    console.log(answer === 42 ? "gone" : "reproduced");
  } catch (error) {
    console.log(String(error));
    console.log("reproduced");
  }
} finally {
  rmSync(folder, { recursive: true });
}
