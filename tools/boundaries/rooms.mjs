// The rooms of core and the allowed imports between them (decision 34). A room is a folder of packages/core/src, with
// all folders inside it. Tests may use every room, and these rules do not apply to them.

import { isTest, targetOf } from "./imports.mjs";

const CORE = "packages/core/src/";

/** The room of the files that are in no folder. */
export const ROOT = "the root";

/**
 * The rooms that each room may import, besides its own files.
 * @type {Record<string, string[]>}
 */
export const roomsBelow = {
  recording: [ROOT, "receiving", "sending", "life", "seams", "base"],
  [ROOT]: ["liveness", "receiving", "sending", "life", "seams", "base"],
  liveness: ["seams", "base"],
  receiving: ["life", "seams", "base"],
  sending: ["life", "seams", "base"],
  life: ["seams", "base"],
  seams: ["base"],
  base: [],
};

/** The files that own a session and a stream. The rest of core does not import them. */
const owners = [`${CORE}session.ts`, `${CORE}stream.ts`];

/**
 * Files that import the owners to make, join and export sessions and streams. The circle's files may import them as
 * well.
 */
const makers = [`${CORE}attach.ts`, `${CORE}relay.ts`, `${CORE}index.ts`];

/**
 * Returns the room of a source file of core; `undefined` for any other file.
 * @param {string} file
 */
export function roomOf(file) {
  if (!file.startsWith(CORE) || isTest(file)) return undefined;
  const [folder = "", ...rest] = file.slice(CORE.length).split("/");
  return rest.length === 0 ? ROOT : folder;
}

/**
 * Returns the rule that an import between rooms breaks, or `undefined`.
 * @param {string} file
 * @param {string} specifier
 * @param {string[][]} circles the files of a circle may import each other
 */
export function roomRuleBroken(file, specifier, circles) {
  const target = targetOf(file, specifier);
  const from = roomOf(file);
  const to = target === undefined ? undefined : roomOf(target);
  if (target === undefined || from === undefined || to === undefined) return undefined;
  if (isInCircle(file, target, circles)) return undefined;
  if (from !== to && !roomsBelow[from]?.includes(to)) {
    return { rule: "room", message: `${from} may not import ${to}` };
  }
  if (owners.includes(target) && !makers.includes(file)) {
    return {
      rule: "room",
      message: `only ${makers.join(", ")} and the circle import "${specifier}"`,
    };
  }
  return undefined;
}

/**
 * Returns whether both files are in the same circle.
 * @param {string} file
 * @param {string} target
 * @param {string[][]} circles
 */
export function isInCircle(file, target, circles) {
  return circles.some((circle) => circle.includes(file) && circle.includes(target));
}
