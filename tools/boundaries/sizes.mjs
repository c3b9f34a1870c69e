// Limits: lines of a file, and files of a folder of core.

import path from "node:path";
import { isTest } from "./imports.mjs";
import { roomOf } from "./rooms.mjs";

/** @typedef {import("./boundaries.mjs").Violation} Violation */

const LINES_OF_SOURCE = 400;
const LINES_OF_TEST = 600;

/** Most sources in a folder of core. Tests are not counted. */
const FILES_OF_FOLDER = 12;

/**
 * @param {Map<string, string>} sources
 * @param {string[]} known files that may be longer
 * @returns {Violation[]}
 */
export function findOversized(sources, known) {
  const long = longFiles(sources)
    .filter(({ file }) => !known.includes(file))
    .map(({ file, most }) => ({
      file,
      line: most + 1,
      rule: "size",
      message: `a ${isTest(file) ? "test" : "source"} has ${most} lines at most`,
    }));
  return [...long, ...crowdedFolders(sources)];
}

/**
 * Returns the known files that are not too long any more.
 * @param {Map<string, string>} sources
 * @param {string[]} known
 */
export function shortAgain(sources, known) {
  const long = longFiles(sources).map(({ file }) => file);
  return known.filter((file) => !long.includes(file));
}

/** @param {Map<string, string>} sources */
function longFiles(sources) {
  return [...sources].flatMap(([file, text]) => {
    const most = isTest(file) ? LINES_OF_TEST : LINES_OF_SOURCE;
    return text.trimEnd().split("\n").length > most ? [{ file, most }] : [];
  });
}

/**
 * @param {Map<string, string>} sources
 * @returns {Violation[]}
 */
function crowdedFolders(sources) {
  /** @type {Map<string, string[]>} */
  const folders = new Map();
  for (const file of sources.keys()) {
    if (roomOf(file) === undefined) continue;
    const folder = path.dirname(file);
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  return [...folders].flatMap(([folder, files]) => {
    const [file] = files.slice(FILES_OF_FOLDER);
    const message = `${folder} has ${files.length} sources, and ${FILES_OF_FOLDER} at most`;
    return file === undefined ? [] : [{ file, line: 1, rule: "size", message }];
  });
}
