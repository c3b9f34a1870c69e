// Finds time limits in the text of tests: those of vitest's tests, hooks and waits, and signals that abort after a
// time. It recognizes a limit by its place. Other numbers of milliseconds are the subject of a test, such as a timeout
// of the product or a delay of a link.

/** The shortest allowed limit, in milliseconds: a busy machine needs time. */
export const SHORTEST = 60_000;

/** A number, or the name of a number. */
const VALUE = String.raw`([\w.]+)`;

const shapes = [
  // A setting.
  `\\b(?:test|hook|teardown)Timeout: ${VALUE}`,
  // The options of a test, in front of its body.
  `\\{[^{}]*\\btimeout: ${VALUE}[^{}]*\\},\\s*(?:async\\b|function\\b|\\(|run\\b)`,
  // The options of a wait. Its condition is an expression, is a block, or is missing.
  `\\b(?:waitFor|waitUntil|poll)\\([^;]*?\\btimeout: ${VALUE}`,
  `\\},\\s*\\{[^{}]*\\btimeout: ${VALUE}[^{}]*\\},?\\s*\\)`,
  `\\bAbortSignal\\.timeout\\(${VALUE}\\)`,
].map((shape) => new RegExp(shape, "g"));

/** The functions that take a limit as their last argument. */
const TAKES_LIMIT =
  /^\s*(?:it|test|describe|before(?:All|Each)|after(?:All|Each)|onTestF\w+|vi\.wait\w+|await vi\.wait\w+)\b/;

/** That argument, on the last line of the call or on the line before. */
const LAST_ARGUMENT = /^(\s*)(?:\}, ([\w.]+)|[^\n]*\n\s+([\d_]+),\n\1)\);?$/gm;

/**
 * Returns the short limits of one file, with their lines.
 * @param {string} text
 */
export function findShortLimits(text) {
  /** @type {{ line: number, limit: string }[]} */
  const found = [];
  /**
   * @param {number} at position in the text
   * @param {string | undefined} limit
   */
  function judge(at, limit) {
    if (limit !== undefined && valueOf(limit, text) < SHORTEST)
      found.push({ line: text.slice(0, at).split("\n").length, limit });
  }
  for (const shape of shapes) {
    for (const match of text.matchAll(shape)) judge(match.index + match[0].length - 1, match[1]);
  }
  for (const match of text.matchAll(LAST_ARGUMENT)) {
    if (TAKES_LIMIT.test(openerOf(text.slice(0, match.index), match[1] ?? "")))
      judge(match.index + match[0].length - 1, match[2] ?? match[3]);
  }
  return found;
}

/**
 * Returns milliseconds, or infinity if the text does not contain the number.
 * @param {string} limit
 * @param {string} text
 */
function valueOf(limit, text) {
  const literal = /^\d/.test(limit)
    ? limit
    : new RegExp(`\\bconst ${limit}\\b[^=\\n]*= ([\\d_]+);`).exec(text)?.[1];
  return literal === undefined ? Infinity : Number(literal.replaceAll("_", ""));
}

/**
 * Returns the first line of a call whose last line has the given indentation.
 * @param {string} before the text before the call's last line
 * @param {string} indentation
 */
function openerOf(before, indentation) {
  const lines = before.split("\n").slice(0, -1).reverse();
  return (
    lines.find((line) => /^\s*\w/.test(line) && line.search(/\S/) === indentation.length) ?? ""
  );
}
