// The runtimes on which the suites run. Each comes from its package in the registry, at a fixed version.

/**
 * @typedef {object} Runtime
 * @property {string} name what it is asked for by
 * @property {string} package what npx gets
 * @property {string[]} flags between the program of the runtime and a script
 * @property {boolean} [isBetween] an older and a newer version of the same engine run all suites
 */

/** @type {Runtime[]} */
export const runtimes = [
  { name: "node20", package: "node@20.20.2", flags: [] },
  { name: "node22", package: "node@22.23.3", flags: [], isBetween: true },
  { name: "node24", package: "node@24.21.0", flags: [], isBetween: true },
  { name: "node26", package: "node@26.10.0", flags: [] },
  // Without --bun, Bun runs a script with Node if the script's first line names Node.
  { name: "bun", package: "bun@1.4.5", flags: ["--bun"] },
  { name: "deno", package: "deno@2.9.6", flags: ["run", "-A"] },
];
