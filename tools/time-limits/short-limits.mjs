// Finds limits of time in the text of tests: those of vitest's tests, hooks and waits, and signals that abort by the
// clock. It knows them by their place, since other numbers of milliseconds are what a test is about: a timeout of the
// product's, a delay of a link's.

/** No limit may be shorter, in milliseconds: a busy machine takes its time. */
export const SHORTEST = 60_000;

/** A number, or the name of one. */
const VALUE = String.raw`([\w.]+)`;

const shapes = [
  // A setting.
  `\\b(?:test|hook|teardown)Timeout: ${VALUE}`,
  // The options of a test, in front of its body.
  `\\{[^{}]*\\btimeout: ${VALUE}[^{}]*\\},\\s*(?:async\\b|function\\b|\\(|run\\b)`,
  // The options of a wait, behind a condition of one expression, of a block, or without any.
  `\\b(?:waitFor|waitUntil|poll)\\([^;]*?\\btimeout: ${VALUE}`,
  `\\},\\s*\\{[^{}]*\\btimeout: ${VALUE}[^{}]*\\},?\\s*\\)`,
  `\\bAbortSignal\\.timeout\\(${VALUE}\\)`,
].map((shape) => new RegExp(shape, "g"));

/** What takes a limit as its last argument. */
const TAKES_LIMIT =
  /^\s*(?:it|test|describe|before(?:All|Each)|after(?:All|Each)|onTestF\w+|vi\.wait\w+|await vi\.wait\w+)\b/;

/** That argument, on the last line of the call or on the one before. */
const LAST_ARGUMENT = /^(\s*)(?:\}, ([\w.]+)|[^\n]*\n\s+([\d_]+),\n\1)\);?$/gm;

/**
 * The short limits of one file, by line.
 * @param {string} text
 */
export function findShortLimits(text) {
  /** @type {{ line: number, limit: string }[]} */
  const found = [];
  /**
   * @param {number} at where, in the text
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
 * Milliseconds; infinite if the text does not say how many.
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
 * The line that a call begins with whose last line has that indentation.
 * @param {string} before the call's last line
 * @param {string} indentation
 */
function openerOf(before, indentation) {
  const lines = before.split("\n").slice(0, -1).reverse();
  return (
    lines.find((line) => /^\s*\w/.test(line) && line.search(/\S/) === indentation.length) ?? ""
  );
}
