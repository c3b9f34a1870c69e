// Circles of relative imports. Owns the definition of a circle, and knows neither rooms nor packages.

import path from "node:path";
import { targetOf } from "./imports.mjs";

/** @typedef {import("./imports.mjs").Import} Import */
/** @typedef {import("./boundaries.mjs").Violation} Violation */

/**
 * Returns one violation for each circle, at the import that closes the circle. At run time, no circle is allowed. With
 * type imports, a circle is allowed if all its files are in the same known circle.
 * @param {Map<string, Import[]>} imports
 * @param {string[][]} known
 * @returns {Violation[]}
 */
export function findCycles(imports, known) {
  const atRunTime = circlesOf(arrowsOf(imports, false));
  const arrows = arrowsOf(imports, true);
  const withTypes = circlesOf(arrows).filter(
    (circle) =>
      !known.some((files) => circle.every((file) => files.includes(file))) &&
      !atRunTime.some((reported) => reported.every((file) => circle.includes(file))),
  );
  return [
    ...atRunTime.map((circle) => asViolation(arrowsOf(imports, false), circle, [])),
    ...withTypes.map((circle) => asViolation(arrows, circle, known.flat())),
  ];
}

/**
 * Returns the files of known circles that are in no circle any more.
 * @param {Map<string, Import[]>} imports
 * @param {string[][]} known
 */
export function outOfCircle(imports, known) {
  const inCircle = new Set(circlesOf(arrowsOf(imports, true)).flat());
  return known.flat().filter((file) => !inCircle.has(file));
}

/**
 * For each file, the line of its first import of each target.
 * @typedef {Map<string, Map<string, number>>} Arrows
 */

/**
 * @param {Map<string, Import[]>} imports
 * @param {boolean} withTypes
 * @returns {Arrows}
 */
function arrowsOf(imports, withTypes) {
  return new Map(
    [...imports].map(([file, found]) => {
      /** @type {Map<string, number>} */
      const lines = new Map();
      for (const { specifier, line, typeOnly } of found) {
        const target = targetOf(file, specifier);
        if (target === undefined || !imports.has(target) || (typeOnly && !withTypes)) continue;
        if (!lines.has(target)) lines.set(target, line);
      }
      return [file, lines];
    }),
  );
}

/**
 * Returns the largest sets of files in which each file leads to each other file (Tarjan's strongly connected
 * components). The files of a set are in the order of `arrows`.
 * @param {Arrows} arrows
 * @returns {string[][]}
 */
function circlesOf(arrows) {
  /** @type {string[][]} */
  const circles = [];
  /** @type {Map<string, number>} */
  const seen = new Map();
  /** @type {string[]} */
  const open = [];

  /** @param {string} file @returns {number} the earliest open file that `file` leads to */
  const visit = (file) => {
    const at = seen.size;
    let earliest = at;
    seen.set(file, at);
    open.push(file);
    for (const target of arrows.get(file)?.keys() ?? []) {
      const before = seen.get(target);
      if (before === undefined) earliest = Math.min(earliest, visit(target));
      else if (open.includes(target)) earliest = Math.min(earliest, before);
    }
    if (earliest === at) {
      const circle = open.splice(open.indexOf(file));
      if (circle.length > 1 || arrows.get(file)?.has(file)) circles.push(circle);
    }
    return earliest;
  };
  for (const file of arrows.keys()) if (!seen.has(file)) visit(file);
  const order = [...arrows.keys()];
  return circles.map((circle) => circle.sort((a, b) => order.indexOf(a) - order.indexOf(b)));
}

/**
 * @param {Arrows} arrows
 * @param {string[]} circle
 * @param {string[]} known files at which the round starts only if the circle has no other
 * @returns {Violation}
 */
function asViolation(arrows, circle, known) {
  const start = circle.find((file) => !known.includes(file)) ?? circle[0] ?? "";
  const round = shortestRound(arrows, start);
  const file = round.at(-1) ?? start;
  const line = arrows.get(file)?.get(start) ?? 1;
  const message = [...round, start].map((one) => path.basename(one)).join(" → ");
  return { file, line, rule: "cycle", message };
}

/**
 * Returns the files on the shortest path from a file back to itself.
 * @param {Arrows} arrows
 * @param {string} start
 */
function shortestRound(arrows, start) {
  const ways = [[start]];
  const seen = new Set([start]);
  for (const way of ways) {
    for (const target of arrows.get(way.at(-1) ?? start)?.keys() ?? []) {
      if (target === start) return way;
      if (seen.has(target)) continue;
      seen.add(target);
      ways.push([...way, target]);
    }
  }
  return [start];
}
