// The text of a report, and the difference between two reports. Knows neither files nor the compiler.

/**
 * Returns the report of one entry point, made from API Extractor's report. It has only signatures, one paragraph for
 * each declaration. A declaration without `export` is part of another one's signature. If the package's main entry
 * point has the same declaration, the report only names it.
 * @param {string} entry as users import it
 * @param {string} extracted
 * @param {string | undefined} main API Extractor's report of the main entry point, unless `entry` is the main one
 */
export function reportOf(entry, extracted, main) {
  const ofMain = new Set(main === undefined ? [] : declarationsOf(main).map(withoutExport));
  const all = declarationsOf(extracted);
  const own = all.filter((one) => one.startsWith("export ") || !ofMain.has(one));
  const used = (/** @type {string} */ name) => own.some((one) => mentions(one, name));
  const shared = all
    .filter((one) => !own.includes(one))
    .map(nameOf)
    .filter(used);
  const imports = importsOf(extracted).filter((line) => used(localNameOf(line)));
  const sharedLine = `// As in the report of the package's main entry point: ${shared.join(", ")}.`;
  const code = [
    ...(imports.length > 0 ? [imports.join("\n")] : []),
    ...(shared.length > 0 ? [sharedLine] : []),
    ...own,
  ].join("\n\n");
  return `# ${entry}

The signatures of all exports. \`pnpm run api\` writes this page.

\`\`\`ts
${code}
\`\`\`
`;
}

/**
 * Returns the lines that only one of two reports has: "-" marks those of `before`, "+" those of `after`.
 * @param {string} before
 * @param {string} after
 */
export function difference(before, after) {
  const [old, now] = [before, after].map((text) => text.split("\n"));
  const gone = old?.filter((line) => !now?.includes(line)) ?? [];
  const come = now?.filter((line) => !old?.includes(line)) ?? [];
  return [...gone.map((line) => `- ${line}`), ...come.map((line) => `+ ${line}`)];
}

/** @param {string} extracted */
function declarationsOf(extracted) {
  return paragraphsOf(extracted).filter((one) => one !== "" && !one.startsWith("import "));
}

/** @param {string} extracted */
function importsOf(extracted) {
  return paragraphsOf(extracted)
    .filter((one) => one.startsWith("import "))
    .flatMap((one) => one.split("\n"));
}

/**
 * Returns the code of API Extractor's page, without remarks on release tags and docstrings, which other tools check.
 * @param {string} extracted
 */
function paragraphsOf(extracted) {
  const [, code] = /```ts\n(.*)```/s.exec(extracted) ?? [];
  if (code === undefined) throw new Error("API Extractor's page has no code");
  return code
    .replace("// (No @packageDocumentation comment for this package)", "")
    .replace(/^ *\/\/ (@public|\(undocumented\)|@public \(undocumented\))\n/gm, "")
    .split(/\n{2,}/)
    .map((one) => one.trim());
}

/** @param {string} declaration */
function withoutExport(declaration) {
  return declaration.replace(/^export /, "");
}

/** @param {string} declaration */
function nameOf(declaration) {
  const words = /^(?:abstract |declare )*(?:class|const|enum|function|interface|let|type) (\w+)/;
  return words.exec(declaration)?.[1] ?? declaration;
}

/**
 * Returns the name that an import line declares in its file.
 * @param {string} line
 */
function localNameOf(line) {
  return /(\w+)(?: \})? from /.exec(line)?.[1] ?? line;
}

/**
 * @param {string} declaration
 * @param {string} name
 */
function mentions(declaration, name) {
  return new RegExp(`\\b${name}\\b`).test(declaration);
}
