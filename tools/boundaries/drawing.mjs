// The drawing of core's rooms in docs/architecture.md, made from the imports in the code.

import path from "node:path";
import { importsOfAll, targetOf } from "./imports.mjs";
import { isInCircle, ROOT, roomOf, roomsBelow } from "./rooms.mjs";

/** The lines before and after the drawing in its page. */
const START = "<!-- The drawing is written by `pnpm run drawing`. -->\n";
const END = "<!-- The end of the drawing. -->\n";

/**
 * Returns the page with a drawing of `sources` in place of its present drawing.
 * @param {string} page
 * @param {Map<string, string>} sources
 * @param {string[][]} circles
 */
export function withDrawing(page, sources, circles) {
  const start = page.indexOf(START) + START.length;
  const end = page.indexOf(END);
  if (start < START.length || end < start) throw new Error("the page has no place for a drawing");
  const drawing = drawingOf(sources, circles);
  return `${page.slice(0, start)}\n\`\`\`mermaid\n${drawing}\n\`\`\`\n\n${page.slice(end)}`;
}

/**
 * Returns a mermaid flowchart. Each room is a node with its files, and an arrow leads to each room that it imports. The
 * files of a circle have a node of their own inside their room, and dotted arrows between these nodes.
 * @param {Map<string, string>} sources
 * @param {string[][]} circles
 */
function drawingOf(sources, circles) {
  const rooms = Object.keys(roomsBelow);
  const inCircle = (/** @type {string} */ file) => isInCircle(file, file, circles);
  const files = [...sources.keys()].filter((file) => roomOf(file) !== undefined);

  const nodes = rooms.flatMap((room) => {
    const own = files.filter((file) => roomOf(file) === room);
    const free = own
      .filter((file) => !inCircle(file))
      .map(nameOf)
      .sort();
    const circle = own.filter(inCircle).map(nameOf).sort();
    const title = room === ROOT ? room : `${room}/`;
    if (circle.length === 0)
      return [`  ${idOf(room)}["<b>${title}</b><br/>${free.join("<br/>")}"]`];
    return [
      `  subgraph ${idOf(room)}["<b>${title}</b>"]`,
      `    ${idOf(room)}Files["${free.join("<br/>")}"]`,
      `    ${idOf(room)}Circle(["${circle.join("<br/>")}"])`,
      "  end",
    ];
  });

  /** @type {Set<string>} */
  const arrows = new Set();
  for (const [file, imports] of importsOfAll(sources)) {
    for (const { specifier } of imports) {
      const target = targetOf(file, specifier) ?? "";
      const [from, to] = [roomOf(file), roomOf(target)];
      if (from === undefined || to === undefined || from === to) continue;
      const isDotted = isInCircle(file, target, circles);
      arrows.add(
        isDotted
          ? `  ${idOf(from)}Circle -.-> ${idOf(to)}Circle`
          : `  ${idOf(from)} --> ${idOf(to)}`,
      );
    }
  }
  return ["flowchart TB", ...nodes, ...[...arrows].sort()].join("\n");
}

/** @param {string} room */
function idOf(room) {
  return room === ROOT ? "root" : room;
}

/** @param {string} file */
function nameOf(file) {
  return path.basename(file, ".ts");
}
