// Writes down what vitest's json reporter leaves out: the errors outside of tests.

import { writeFileSync } from "node:fs";

// Vitest takes a reporter from a file as its default export.
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
