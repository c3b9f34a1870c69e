// Documents every published package. Everything that a package exports must have a docstring.

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");
const published = readdirSync(path.join(root, "packages"))
  .map((name) => path.join(root, "packages", name))
  .map((folder) => ({ folder, ...JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) }))
  .filter((manifest) => !manifest.private);

/** @type {Partial<import("typedoc").TypeDocOptions>} */
export default {
  name: "muxado",
  tsconfig: path.join(root, "tsconfig.json"),
  entryPoints: published.flatMap(({ folder, exports }) =>
    Object.values(exports).flatMap((target) =>
      target["@muxado/source"] === undefined ? [] : [path.join(folder, target["@muxado/source"])],
    ),
  ),
  out: path.join(import.meta.dirname, "out"),
  readme: "none",
  disableSources: true,
  excludeInternal: true,
  excludePrivate: true,
  // Methods that our classes inherit from Node's have docstrings of Node's types. Symbols in them get no link.
  externalSymbolLinkMappings: { "@types/node": { "*": "#" } },
  packagesRequiringDocumentation: published.map(({ name }) => name),
  validation: { notExported: true, invalidLink: true, notDocumented: true },
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
};
