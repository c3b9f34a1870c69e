import { expect, test } from "vitest";
import { extractSnippets } from "./extract.mjs";

const page = `# Title

\`\`\`ts
const answer = 42;
console.log(answer);
\`\`\`

\`\`\`text output
42
\`\`\`

<!-- given
declare const answer: number;
-->

\`\`\`ts no-run
answer;
\`\`\`

\`\`\`ts illustration
connect(…)
\`\`\`

\`\`\`\`md
\`\`\`ts
not a program
\`\`\`
\`\`\`\`

\`\`\`sh
npm test
\`\`\`

\`\`\`js
console.log();
\`\`\`
prose
\`\`\`text output
not of the program above
\`\`\`
`;

test("finds programs, fragments and outputs", () => {
  expect(extractSnippets(page)).toMatchObject([
    { line: 3, language: "ts", runs: true, output: "42\n" },
    { line: 16, language: "ts", runs: false, output: undefined },
    { line: 34, language: "js", runs: true, output: undefined },
  ]);
});

test("keeps every line at its line number in the page, with the given code", () => {
  const [whole, fragment] = extractSnippets(page);
  expect(whole?.program.split("\n")).toEqual([
    "",
    "",
    "",
    "const answer = 42;",
    "console.log(answer);",
  ]);
  const lines = page.split("\n").map((line, n) => (n === 12 || n === 16 ? line : ""));
  expect(fragment?.program).toBe(lines.slice(0, 17).join("\n"));
});

test("refuses a block that is never closed", () => {
  expect(() => extractSnippets("text\n```ts\ncode")).toThrow("line 2");
});
