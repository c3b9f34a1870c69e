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
    `What the peers do in their own way: ${versions}. The numbers are those of the [appendix of the specification](../docs/spec/muxado.md#appendix-a-known-peers), which says what an implementation should do about each. \`npm run interop\` reproduces every one of them in the smallest way, with us in both roles. There is none that could not be reproduced. The mark says how our own side of it is held:`,
    "",
    `- *tested* (${count("tested")}): the scenario or test in the last column shows that our sessions live with it;`,
    `- *by construction* (${count("by construction")}): our sessions never do what provokes it;`,
    `- *open* (${count("open")}): nothing that our sessions send or do can help.`,
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
    "| | what it does | shown by | mark | ours |",
    "|---|---|---|---|---|",
    ...quirks.filter(({ id }) => id.startsWith(letter)).flatMap(rows),
    "",
  ];
}

function rows({ id, does, shown, mark, ours, older }: Quirk): string[] {
  const row = `| ${id} | ${does} | ${shown} | ${mark} | ${ours} |`;
  if (older === undefined) return [row];
  return [row, `| ${id}, 2.0.1 | ${older.does} | ${older.shown} | ${mark} | |`];
}

function count(wanted: Quirk["mark"]): number {
  return quirks.filter(({ mark }) => mark === wanted).length;
}
