// Checks that a page's bundle of @muxado/ws has no imports left. It also bundles the server's entry point, where
// `node:http` must be found: that shows that this check can find imports.

import { build } from "esbuild";

const page = await importsOf("packages/ws/dist/index.js");
const server = await importsOf("packages/ws/dist/server/index.js");

for (const name of page) console.error(`the bundle of a page imports ${name}`);
if (!server.includes("node:http")) console.error("an import of node:http was not found");
process.exitCode = page.length > 0 || !server.includes("node:http") ? 1 : 0;

/** @param {string} entry */
async function importsOf(entry) {
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    platform: "browser",
    external: ["node:*", "ws"],
    metafile: true,
    write: false,
  });
  return Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
}
