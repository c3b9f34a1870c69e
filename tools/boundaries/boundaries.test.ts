import { describe, expect, test } from "vitest";
import { findViolations } from "./boundaries.mjs";

/** Violations of the given files, as "file:line: rule". */
function broken(sources: Record<string, string>): string[] {
  const found = findViolations(new Map(Object.entries(sources)));
  return found.map(({ file, line, rule }) => `${file}:${line}: ${rule}`);
}

const kept: [why: string, file: string, text: string][] = [
  ["an arrow", "packages/core/src/a.ts", `import { encode } from "@muxado/frame";`],
  ["a Node module in node", "packages/node/src/a.ts", `import net from "node:net";`],
  ["a Node module in a test", "packages/frame/src/a.test.ts", `import fs from "node:fs";`],
  ["testkit in a test", "packages/core/src/a.test.ts", `import { pair } from "@muxado/testkit";`],
  ["the own name in a test", "packages/core/test/a.test.ts", `import "@muxado/core";`],
  ["the own index in a test", "packages/core/src/a.test.ts", `import "./index.ts";`],
  [
    "a Node module in the server's half of ws",
    "packages/ws/src/server/a.ts",
    `import "node:http";`,
  ],
  [
    "ws in its server's half",
    "packages/ws/src/server/a.ts",
    `import { WebSocketServer } from "ws";`,
  ],
  ["the other half of ws", "packages/ws/src/server/a.ts", `import { attach } from "../attach.ts";`],
  ["a specifier inside a string", "packages/frame/src/a.ts", `const s = 'import "node:fs"';`],
];

const refused: [why: string, rule: string, file: string, text: string][] = [
  ["frame on anything", "arrow", "packages/frame/src/a.ts", `import "@muxado/core";`],
  ["core on an adapter", "arrow", "packages/core/src/a.ts", `import "@muxado/node";`],
  ["node past core", "arrow", "packages/node/src/a.ts", `import "@muxado/frame";`],
  ["ws on node", "arrow", "packages/ws/src/a.ts", `import "@muxado/node";`],
  ["typed on frame", "arrow", "packages/typed/src/a.ts", `import "@muxado/frame";`],
  ["heartbeat on an adapter", "arrow", "packages/heartbeat/src/a.ts", `import "@muxado/node";`],
  ["yamux on frame", "arrow", "packages/yamux/src/a.ts", `import "@muxado/frame";`],
  ["testkit on an adapter", "arrow", "packages/testkit/src/a.ts", `import "@muxado/node";`],
  ["testkit in a source", "arrow", "packages/core/src/a.ts", `import "@muxado/testkit";`],
  ["a test against an arrow", "arrow", "packages/core/src/a.test.ts", `import "@muxado/node";`],
  ["an unknown package", "arrow", "packages/new/src/a.ts", `import "@muxado/core";`],
  ["a third party", "arrow", "packages/core/src/a.ts", `import "left-pad";`],
  ["a subpath", "arrow", "packages/frame/src/a.ts", `import "@muxado/core/deep";`],
  [
    "a path into another package",
    "arrow",
    "packages/core/src/a.ts",
    `import "../../frame/src/b.ts";`,
  ],
  ["a re-export", "arrow", "packages/frame/src/a.ts", `export * from "@muxado/core";`],
  ["a dynamic import", "arrow", "packages/frame/src/a.ts", `await import("@muxado/core");`],
  ["a type import", "arrow", "packages/frame/src/a.ts", `import type { S } from "@muxado/core";`],
  ["an import in a type", "arrow", "packages/frame/src/a.ts", `let s: import("@muxado/core").S;`],
  ["a Node module in frame", "runtime", "packages/frame/src/a.ts", `import "node:fs";`],
  ["a Node module in core", "runtime", "packages/core/src/a.ts", `import "node:fs/promises";`],
  ["a Node module in typed", "runtime", "packages/typed/src/a.ts", `import "node:fs";`],
  ["a Node module in heartbeat", "runtime", "packages/heartbeat/src/a.ts", `import "node:fs";`],
  ["a Node module in yamux", "runtime", "packages/yamux/src/a.ts", `import "node:fs";`],
  ["a Node module in ws", "runtime", "packages/ws/src/a.ts", `import "node:http";`],
  ["ws in its neutral half", "arrow", "packages/ws/src/a.ts", `import { WebSocket } from "ws";`],
  ["its server's half in ws", "runtime", "packages/ws/src/a.ts", `import "./server/server.ts";`],
  ["a Node module by its bare name", "arrow", "packages/core/src/a.ts", `import "fs";`],
  ["the own name", "own index", "packages/core/src/a.ts", `import "@muxado/core";`],
  ["the own index", "own index", "packages/core/src/deep/a.ts", `import "../index.ts";`],
  ["a file importing itself", "cycle", "packages/core/src/a.ts", `import "./a.ts";`],
];

describe("boundaries", () => {
  test.each(kept)("allow %s", (_why, file, text) => {
    expect(broken({ [file]: text })).toEqual([]);
  });

  test.each(refused)("refuse %s", (_why, rule, file, text) => {
    expect(broken({ [file]: `// first line\n${text}` })).toEqual([`${file}:2: ${rule}`]);
  });

  test("refuse a cycle once, at the import that closes it", () => {
    const sources = {
      "packages/core/src/a.ts": `import "./b.ts";`,
      "packages/core/src/b.ts": `\nimport "./c.ts";`,
      "packages/core/src/c.ts": `\n\nexport { a } from "./a.ts";`,
    };
    expect(broken(sources)).toEqual(["packages/core/src/c.ts:3: cycle"]);
    expect(findViolations(new Map(Object.entries(sources)))[0]?.message).toBe(
      "a.ts → b.ts → c.ts → a.ts",
    );
  });

  test("do not take a type import for a cycle", () => {
    const sources = {
      "packages/core/src/a.ts": `import { b } from "./b.ts";`,
      "packages/core/src/b.ts": `import type { A } from "./a.ts";`,
    };
    expect(broken(sources)).toEqual([]);
  });
});
