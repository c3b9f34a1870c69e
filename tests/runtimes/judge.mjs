// Judges a run of the suites on one runtime: finds the known failures, the new ones, and the known ones that do not
// occur any more.

/**
 * @typedef {object} KnownFailure
 * @property {string} runtime
 * @property {string} file from the repository's root
 * @property {string} [test] the full name; without it, the whole file fails to load
 * @property {boolean} [hangs] the test is not run: it would only reach its timeout, or fail outside of itself
 * @property {string} why
 * @property {string} reproduction a program in reproductions/ that shows the cause in the runtime
 */

/** @typedef {{ file: string, test?: string, problem: string }} Problem */

/**
 * @param {any} report the report of vitest's json reporter, if there is one
 * @param {{ exitCode: number | null, root: string, known: readonly KnownFailure[], unhandled: readonly string[] |
 * undefined }} run
 * @returns {{ passed: number, known: number, skipped: number, problems: Problem[] }}
 */
export function judge(report, { exitCode, root, known, unhandled }) {
  if (!Array.isArray(report?.testResults) || unhandled === undefined) {
    const problem = `vitest left no report, and ended with ${exitCode}`;
    return { passed: 0, known: 0, skipped: 0, problems: [{ file: "", problem }] };
  }
  /** @type {Problem[]} */
  const problems = unhandled.map((error) => ({ file: "", problem: `outside of tests: ${error}` }));
  /** @type {Set<KnownFailure>} */
  const met = new Set();
  const counts = { passed: 0, known: 0, skipped: 0 };

  /** @param {string} file @param {string | undefined} test @param {string} problem */
  const fail = (file, test, problem) => {
    const entry = known.find((one) => one.file === file && one.test === test);
    if (entry === undefined) problems.push({ file, ...(test !== undefined && { test }), problem });
    else {
      met.add(entry);
      counts.known++;
    }
  };

  for (const { name, status, message, assertionResults } of report.testResults) {
    const file = relative(root, name);
    let failures = 0;
    for (const { fullName, status, failureMessages } of assertionResults) {
      if (status === "failed") {
        failures++;
        fail(file, fullName, String(failureMessages?.[0] ?? "failed"));
      } else if (status === "passed") counts.passed++;
      else {
        counts.skipped++;
        const entry = known.find((one) => one.hangs && one.file === file && one.test === fullName);
        if (entry) {
          met.add(entry);
          counts.known++;
        }
      }
    }
    // A hook or the module itself has failed. Such an error belongs to no test.
    if (status === "failed" && failures === 0) fail(file, undefined, String(message || "failed"));
  }
  for (const entry of known) {
    if (met.has(entry)) continue;
    const problem = "stale: listed as a known failure, and has passed or is no more";
    problems.push({ file: entry.file, ...(entry.test && { test: entry.test }), problem });
  }
  if (counts.passed === 0) problems.push({ file: "", problem: "no test has passed" });
  // Vitest can fail for other reasons as well. It passes with failures only by mistake.
  const explained = counts.known > 0 || problems.length > 0;
  if (exitCode !== 0 && !explained) {
    problems.push({ file: "", problem: `vitest ended with ${exitCode}, and does not say why` });
  }
  return { ...counts, problems };
}

/** @param {string} root @param {string} name */
function relative(root, name) {
  const path = name.replaceAll("\\", "/");
  const prefix = `${root.replaceAll("\\", "/")}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : path;
}
