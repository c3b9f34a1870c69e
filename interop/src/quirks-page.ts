// QUIRKS.md: the quirks as a table for readers. It is made from them, and a test keeps it so.

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { peers } from "./peers.ts";
import { quirks } from "./quirks.ts";
import type { Quirk } from "./scenario.ts";

export const page: string = fileURLToPath(new URL("../QUIRKS.md", import.meta.url));

export function writePage(): void {
  writeFileSync(page, pageText());
}

export function pageText(): string {
  const versions = peers.map(({ version }) => `\`${version}\``).join(", ");
  return [
    "# Quirks",
    "",
    "<!-- Made by `npm run interop -- --page`. -->",
    "",
    `What the peers do in their own way, each in its smallest reproduction, with us in both roles, as \`npm run interop\` runs it: ${versions}. The numbers are those of the appendix of the [specification](../docs/spec/muxado.md). The last column names the scenario or test that shows how our sessions live with it, or says why they cannot meet it.`,
    "",
    ...section("Go", "G"),
    ...section("Rust", "R"),
    ...section("Both", "B"),
  ].join("\n");
}

function section(title: string, letter: string): string[] {
  return [
    `## ${title}`,
    "",
    "| | what it does | shown by | ours |",
    "|---|---|---|---|",
    ...quirks.filter(({ id }) => id.startsWith(letter)).flatMap(rows),
    "",
  ];
}

function rows({ id, does, shown, ours, older }: Quirk): string[] {
  const row = `| ${id} | ${does} | ${shown} | ${ours} |`;
  return older === undefined ? [row] : [row, `| ${id}, 2.0.1 | ${older.does} | ${older.shown} | |`];
}
