// Tables of the specifications as rows of cells, for tests that compare sessions with them.

import { readFileSync } from "node:fs";
import path from "node:path";
import type { Wire } from "@muxado/core";
import { expect } from "vitest";

/** Returns the text of a wire's specification. */
export function specOf(wire: Wire): string {
  const file = path.resolve(import.meta.dirname, `../../../../docs/spec/${wire.name}.md`);
  return readFileSync(file, "utf8");
}

/** Returns the rows of the first table whose head is `head`. The words of the head are the keys of the cells. */
export function tableOf(markdown: string, head: string): Record<string, string>[] {
  const lines = markdown.split("\n");
  const start = lines.indexOf(head);
  expect(start, head).toBeGreaterThan(0);
  const cellsOf = (line: string): string[] =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
  const names = cellsOf(head);
  const end = lines.findIndex((line, index) => index > start && !line.startsWith("|"));
  return lines
    .slice(start + 2, end)
    .map((line) => Object.fromEntries(cellsOf(line).map((cell, index) => [names[index]!, cell])));
}
