// Finds the programs in a Markdown page. CONTRIBUTING.md has the rules for writers.

/**
 * @typedef {object} Snippet
 * @property {number} line where its fence opens, counted from 1
 * @property {"ts" | "js"} language
 * @property {string} program its code and the code given above it, each line at its line number in the page
 * @property {boolean} runs true for a whole program, false for a fragment that is only type-checked
 * @property {string | undefined} output the text that it must print
 */

/**
 * @param {string} page
 * @returns {Snippet[]}
 */
export function extractSnippets(page) {
  const lines = page.split("\n");
  /** @type {Snippet[]} */
  const snippets = [];
  /** @type {{ start: number, end: number } | undefined} */
  let given;
  /** @type {Snippet | undefined} */
  let previous;

  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if (line === "<!-- given") {
      given = { start: at + 1, end: lines.indexOf("-->", at) };
      at = given.end;
      continue;
    }
    const [, fence, info = ""] = /^(`{3,})(.*)$/.exec(line) ?? [];
    if (!fence) {
      if (line.trim() !== "") previous = given = undefined;
      continue;
    }
    const end = lines.indexOf(fence, at + 1);
    if (end < 0) throw new SyntaxError(`line ${at + 1}: the code block is never closed`);
    const [language, ...words] = info.trim().split(/\s+/);

    if (words.includes("output") && previous) {
      previous.output = `${lines.slice(at + 1, end).join("\n")}\n`;
    }
    previous = undefined;
    if ((language === "ts" || language === "js") && !words.includes("illustration")) {
      const inside = { start: at + 1, end };
      const program = lines
        .slice(0, end)
        .map((text, n) => (within(n, inside) || (given && within(n, given)) ? text : ""))
        .join("\n");
      const runs = !words.includes("no-run");
      previous = { line: at + 1, language, program, runs, output: undefined };
      snippets.push(previous);
    }
    given = undefined;
    at = end;
  }
  return snippets;
}

/** @param {number} n @param {{ start: number, end: number }} range */
const within = (n, range) => n >= range.start && n < range.end;
