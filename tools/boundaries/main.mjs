// Reads every source under packages/ and prints the violations, one a line.

import { readdirSync, readFileSync } from "node:fs";
import { findStale, findViolations } from "./boundaries.mjs";

const files = readdirSync("packages", { recursive: true, encoding: "utf8" })
  .map((file) => `packages/${file.replaceAll("\\", "/")}`)
  .filter((file) => /^packages\/[^/]+\/(src|test)\/.*\.ts$/.test(file));
const sources = new Map(files.map((file) => [file, readFileSync(file, "utf8")]));
const violations = [...findViolations(sources), ...findStale(sources)];

for (const { file, line, rule, message } of violations) {
  console.error(`${file}:${line}: ${rule}: ${message}`);
}
console.log(`${files.length} files, ${violations.length} violations`);
process.exitCode = violations.length > 0 || files.length === 0 ? 1 : 0;
