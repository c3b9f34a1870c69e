// The imports of files, read from the syntax: so strings and comments do not count.

import { posix as path } from "node:path";
import { parseSync, Visitor } from "oxc-parser";

/** @typedef {{ specifier: string, line: number, typeOnly: boolean }} Import */

/**
 * Returns the imports of each file.
 * @param {Map<string, string>} sources text by path
 */
export function importsOfAll(sources) {
  return new Map([...sources].map(([file, text]) => [file, importsOf(file, text)]));
}

/**
 * Returns every import of a file: static, re-exporting, dynamic and in a type.
 * @param {string} file
 * @param {string} text
 * @returns {Import[]}
 */
function importsOf(file, text) {
  const { program, errors } = parseSync(file, text);
  if (errors[0]) throw new SyntaxError(`${file}: ${errors[0].message}`);
  /** @type {Import[]} */
  const found = [];
  /** @param {{ type: string, value?: unknown, start: number } | null} source */
  const add = (source, typeOnly = false) => {
    if (typeof source?.value !== "string") return;
    const line = text.slice(0, source.start).split("\n").length;
    found.push({ specifier: source.value, line, typeOnly });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source, node.importKind === "type"),
    ExportNamedDeclaration: (node) => add(node.source, node.exportKind === "type"),
    ExportAllDeclaration: (node) => add(node.source, node.exportKind === "type"),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source, true),
  }).visit(program);
  return found;
}

/**
 * Returns the file that a relative import leads to; `undefined` for an import by name.
 * @param {string} file
 * @param {string} specifier
 */
export function targetOf(file, specifier) {
  return specifier.startsWith(".") ? path.join(path.dirname(file), specifier) : undefined;
}

/**
 * Returns whether the file is a test, or is used by tests only.
 * @param {string} file
 */
export function isTest(file) {
  return /^packages\/[^/]+\/test\//.test(file) || file.endsWith(".test.ts");
}
