// Writes the errors outside of tests to a file, because vitest's json reporter leaves them out.

import { writeFileSync } from "node:fs";

// If a reporter is a file, vitest takes the default export.
export default class UnhandledReporter {
  /**
   * @param {unknown} _modules
   * @param {readonly { name?: string, message?: string }[]} errors
   */
  onTestRunEnd(_modules, errors) {
    const texts = errors.map(({ name, message }) => `${name ?? "Error"}: ${message ?? ""}`);
    writeFileSync(/** @type {string} */ (process.env["MUXADO_UNHANDLED"]), JSON.stringify(texts));
  }
}
