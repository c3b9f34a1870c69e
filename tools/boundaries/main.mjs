// Checks every source under packages/ and prints the violations, one on each line. Then compares the drawing of the
// rooms in the documentation with the sources. With `--write` it writes that drawing.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { findStale, findViolations } from "./boundaries.mjs";
import { withDrawing } from "./drawing.mjs";
import { exceptions } from "./exceptions.mjs";

const PAGE = "docs/architecture.md";

const files = readdirSync("packages", { recursive: true, encoding: "utf8" })
  .map((file) => `packages/${file.replaceAll("\\", "/")}`)
  .filter((file) => /^packages\/[^/]+\/(src|test)\/.*\.ts$/.test(file));
const sources = new Map(files.map((file) => [file, readFileSync(file, "utf8")]));
const violations = [...findViolations(sources), ...findStale(sources)];
for (const { file, line, rule, message } of violations) {
  console.error(`${file}:${line}: ${rule}: ${message}`);
}
console.log(`${files.length} files, ${violations.length} violations`);

const page = readFileSync(PAGE, "utf8");
const drawn = withDrawing(page, sources, exceptions.circles);
const isWriting = process.argv.includes("--write");
const isStale = drawn !== page && !isWriting;
if (isWriting) writeFileSync(PAGE, drawn);
if (isStale)
  console.error(`${PAGE} does not have the drawing that \`pnpm run drawing\` would write`);

process.exitCode = violations.length > 0 || isStale || files.length === 0 ? 1 : 0;
