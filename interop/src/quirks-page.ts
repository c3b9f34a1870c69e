// QUIRKS.md: the quirks as a table for readers. The table is made from the quirks, and a test checks that it is
// current.

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
  const hidden = quirks.filter(
    ({ run, shown }) => run === undefined && !shown.startsWith("by "),
  ).length;
  const versions = peers.map(({ version }) => `\`${version}\``).join(", ");
  return [
    "# Quirks",
    "",
    "<!-- Made by `pnpm run interop --page`. -->",
    "",
    `This page lists the quirks of these peers: ${versions}. The numbers are those of the appendices of the specifications, of [muxado](../docs/spec/muxado.md#appendix-a-known-peers) and of [yamux](../docs/spec/yamux.md#appendix-a-known-peers), which say what an implementation should do about each. \`pnpm run interop\` reproduces them in the smallest way, with us in both roles, except for ${hidden} that cannot be seen from outside or happen too rarely. The mark says how our own side of it is held:`,
    "",
    `- *tested* (${count("tested")}): the scenario or test in the last column shows that our sessions live with it;`,
    `- *by construction* (${count("by construction")}): our sessions never do what provokes it;`,
    `- *open* (${count("open")}): nothing that our sessions send or do can help.`,
    "",
    ...section("Go", "G"),
    ...section("Rust", "R"),
    ...section("Both", "B"),
    ...section("Yamux in Go", "H"),
    ...section("Yamux in Rust", "Y"),
    ...section("Yamux in JavaScript", "L"),
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
  const quirk = row(id, does, shown, mark, ours);
  if (older === undefined) return [quirk];
  return [quirk, row(`${id}, 2.0.1`, older.does, older.shown, mark, "")];
}

function row(...cells: string[]): string {
  return `|${cells.map((cell) => ` ${cell.replaceAll("|", "\\|")} `.replace("  ", " ")).join("|")}|`;
}

function count(wanted: Quirk["mark"]): number {
  return quirks.filter(({ mark }) => mark === wanted).length;
}
