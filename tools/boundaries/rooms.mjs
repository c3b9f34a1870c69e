// The rooms of core and the arrows between them (decision 34). A room is a folder of packages/core/src, with all its
// folders. Tests are users of every room, and stand outside of this.

import { isTest, targetOf } from "./imports.mjs";

const CORE = "packages/core/src/";

/** The room of the files that lie in no folder. */
export const ROOT = "the root";

/**
 * What each room may import besides its own files.
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

/** The files that own a session and a stream. The rest of core does without them. */
const owners = [`${CORE}session.ts`, `${CORE}stream.ts`];

/** Files that import those to make and export them; so does the circle, which knows itself. */
const makers = [`${CORE}attach.ts`, `${CORE}index.ts`];

/**
 * The room of a file of core's sources; nothing for any other file.
 * @param {string} file
 */
export function roomOf(file) {
  if (!file.startsWith(CORE) || isTest(file)) return undefined;
  const [folder = "", ...rest] = file.slice(CORE.length).split("/");
  return rest.length === 0 ? ROOT : folder;
}

/**
 * The rule that an import between rooms breaks, if it breaks one.
 * @param {string} file
 * @param {string} specifier
 * @param {string[][]} circles whose files may import each other
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
 * Whether both files are in one circle.
 * @param {string} file
 * @param {string} target
 * @param {string[][]} circles
 */
export function isInCircle(file, target, circles) {
  return circles.some((circle) => circle.includes(file) && circle.includes(target));
}
