import { describe, expect, test } from "vitest";
import { findStale, findViolations } from "./boundaries.mjs";
import { withDrawing } from "./drawing.mjs";

/** Returns the violations of the given files, as "file:line: rule". */
function broken(sources: Record<string, string>): string[] {
  return findViolations(asMap(sources)).map(asText);
}

function asMap(sources: Record<string, string>): Map<string, string> {
  return new Map(Object.entries(sources));
}

function asText({ file, line, rule }: { file: string; line: number; rule: string }): string {
  return `${file}:${line}: ${rule}`;
}

function lines(count: number): string {
  return "//\n".repeat(count);
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
  [
    "an import of ws's server by the rest of ws",
    "runtime",
    "packages/ws/src/a.ts",
    `import "./server/server.ts";`,
  ],
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

  test("refuse a cycle with some type imports", () => {
    const sources = {
      "packages/frame/src/a.ts": `import { b } from "./b.ts";`,
      "packages/frame/src/b.ts": `\nimport type { A } from "./a.ts";`,
    };
    expect(broken(sources)).toEqual(["packages/frame/src/b.ts:2: cycle"]);
  });

  test("allow a known circle of type imports, and no other file in it", () => {
    const known = {
      circles: [["packages/frame/src/a.ts", "packages/frame/src/b.ts"]],
      longFiles: [],
    };
    const a = `import type { B } from "./b.ts";`;
    const b = `import type { A } from "./a.ts";`;
    const c = `\nimport type { B } from "./b.ts";`;
    const circle = { "packages/frame/src/a.ts": a, "packages/frame/src/b.ts": b };
    expect(findViolations(asMap(circle), known)).toEqual([]);
    const wider = asMap({
      "packages/frame/src/a.ts": `${a}\nimport type { C } from "./c.ts";`,
      "packages/frame/src/b.ts": b,
      "packages/frame/src/c.ts": c,
    });
    const [found, ...others] = findViolations(wider, known);
    expect(others).toEqual([]);
    expect(found?.message).toBe("c.ts → b.ts → a.ts → c.ts");
  });

  test("refuse a cycle at run time in a known circle of types", () => {
    const sources = asMap({
      "packages/frame/src/a.ts": `import { b } from "./b.ts";`,
      "packages/frame/src/b.ts": `import { a } from "./a.ts";`,
    });
    const known = { circles: [[...sources.keys()]], longFiles: [] };
    expect(findViolations(sources, known).map(asText)).toEqual([
      "packages/frame/src/b.ts:1: cycle",
    ]);
  });

  test("report a known file that is in no circle any more", () => {
    const sources = asMap({
      "packages/frame/src/a.ts": `import type { B } from "./b.ts";`,
      "packages/frame/src/b.ts": `import type { A } from "./a.ts";`,
      "packages/frame/src/c.ts": `import type { A } from "./a.ts";`,
    });
    const known = { circles: [[...sources.keys()]], longFiles: [] };
    expect(findStale(sources, known).map(asText)).toEqual(["packages/frame/src/c.ts:1: exception"]);
  });
});

describe("rooms of core", () => {
  const keptInCore: [why: string, file: string, text: string][] = [
    ["life on seams", "life/a.ts", `import { b } from "../seams/b.ts";`],
    ["receiving on life", "receiving/a.ts", `import { b } from "../life/b.ts";`],
    ["sending on base", "sending/a.ts", `import { b } from "../base/b.ts";`],
    ["the root on a room", "a.ts", `import { b } from "./sending/b.ts";`],
    ["a folder of a room on its room", "life/deep/a.ts", `import { b } from "../b.ts";`],
    ["recording on the root", "recording/a.ts", `import type { O } from "../options.ts";`],
    ["attach on a session", "attach.ts", `import { Session } from "./session.ts";`],
    ["a test on any room", "base/a.test.ts", `import { b } from "../receiving/b.ts";`],
    ["a test on a session", "base/a.test.ts", `import { Session } from "../session.ts";`],
    ["the circle on itself", "sending/send-side.ts", `import type { S } from "../stream.ts";`],
    [
      "the circle across the halves",
      "sending/send-side.ts",
      `import type { R } from "../receiving/receive-side.ts";`,
    ],
  ];

  const refusedInCore: [why: string, file: string, text: string][] = [
    ["base on seams", "base/a.ts", `import { b } from "../seams/b.ts";`],
    ["seams on life", "seams/a.ts", `import { b } from "../life/b.ts";`],
    ["life on receiving", "life/a.ts", `import { b } from "../receiving/b.ts";`],
    ["life on sending", "life/deep/a.ts", `import { b } from "../../sending/b.ts";`],
    ["sending on receiving", "sending/a.ts", `import { b } from "../receiving/b.ts";`],
    ["receiving on sending", "receiving/a.ts", `import { b } from "../sending/b.ts";`],
    ["a room on the root", "receiving/a.ts", `import { b } from "../options.ts";`],
    ["the root on recording", "a.ts", `import { b } from "./recording/b.ts";`],
    ["a type import", "base/a.ts", `import type { B } from "../life/b.ts";`],
    ["an import in a type", "base/a.ts", `let b: import("../life/b.ts").B;`],
    ["a re-export", "base/a.ts", `export type { B } from "../life/b.ts";`],
    ["a folder that is no room", "other/a.ts", `import { b } from "../base/b.ts";`],
    ["a folder that is no room, from the root", "a.ts", `import { b } from "./other/b.ts";`],
    ["a session in the root", "a.ts", `import type { Session } from "./session.ts";`],
    ["a stream in the root", "layers.ts", `export type { Stream } from "./stream.ts";`],
    ["a stream in recording", "recording/a.ts", `import type { S } from "../stream.ts";`],
    ["the circle on another file", "sending/send-side.ts", `import "../muxado-wire.ts";`],
    ["another file on the circle", "sending/a.ts", `import type { O } from "../options.ts";`],
  ];

  test.each(keptInCore)("allow %s", (_why, file, text) => {
    expect(broken({ [`packages/core/src/${file}`]: text })).toEqual([]);
  });

  test.each(refusedInCore)("refuse %s", (_why, file, text) => {
    expect(broken({ [`packages/core/src/${file}`]: `// first line\n${text}` })).toEqual([
      `packages/core/src/${file}:2: room`,
    ]);
  });
});

describe("sizes", () => {
  test("allow a source of 400 lines and a test of 600", () => {
    expect(broken({ "packages/frame/src/a.ts": lines(400) })).toEqual([]);
    expect(broken({ "packages/frame/src/a.test.ts": lines(600) })).toEqual([]);
    expect(broken({ "packages/frame/test/a.ts": lines(600) })).toEqual([]);
  });

  test("refuse a source of more than 400 lines and a test of more than 600", () => {
    expect(broken({ "packages/frame/src/a.ts": lines(401) })).toEqual([
      "packages/frame/src/a.ts:401: size",
    ]);
    expect(broken({ "packages/frame/src/a.test.ts": lines(601) })).toEqual([
      "packages/frame/src/a.test.ts:601: size",
    ]);
    expect(broken({ "packages/frame/test/a.ts": lines(601) })).toEqual([
      "packages/frame/test/a.ts:601: size",
    ]);
  });

  test("allow a known long file, and report it when it is short or missing", () => {
    const file = "packages/frame/src/a.ts";
    const known = { circles: [], longFiles: [file] };
    const long = asMap({ [file]: lines(401) });
    expect(findViolations(long, known)).toEqual([]);
    expect(findStale(long, known)).toEqual([]);
    const short = asMap({ [file]: lines(400) });
    expect(findStale(short, known).map(asText)).toEqual([`${file}:1: exception`]);
    expect(findStale(new Map(), known).map(asText)).toEqual([`${file}:1: exception`]);
  });

  test("allow a folder of core with 12 sources and any number of tests", () => {
    expect(broken(folderOf(12, "packages/core/src/base/"))).toEqual([]);
    expect(broken(folderOf(20, "packages/node/src/"))).toEqual([]);
  });

  test("refuse a folder of core with more than 12 sources", () => {
    for (const folder of ["packages/core/src/", "packages/core/src/life/deep/"]) {
      expect(broken(folderOf(13, folder))).toEqual([`${folder}12.ts:1: size`]);
    }
  });

  /** Returns a folder of `count` sources, each with a test. */
  function folderOf(count: number, folder: string): Record<string, string> {
    const names = Array.from({ length: count }, (_, at) => `${folder}${at}`);
    return Object.fromEntries(
      names.flatMap((name) => [
        [`${name}.ts`, ""],
        [`${name}.test.ts`, ""],
      ]),
    );
  }
});

describe("the drawing of the rooms", () => {
  const page = `before
<!-- The drawing is written by \`pnpm run drawing\`. -->
an old drawing
<!-- The end of the drawing. -->
after
`;
  const sources = {
    "packages/core/src/life/a.ts": `import type { B } from "../base/b.ts";`,
    "packages/core/src/base/b.ts": "",
    "packages/core/src/base/b.test.ts": `import { A } from "../life/a.ts";`,
    "packages/core/src/c.ts": `import type { D } from "./sending/d.ts";\nimport "./life/a.ts";`,
    "packages/core/src/sending/d.ts": `import type { C } from "../c.ts";`,
  };
  const circles = [["packages/core/src/c.ts", "packages/core/src/sending/d.ts"]];
  const drawn = withDrawing(page, asMap(sources), circles);

  test("has an arrow for imports between two rooms, and a dotted arrow for imports inside the circle", () => {
    const arrows = drawn.split("\n").filter((line) => /> \w/.test(line));
    expect(arrows).toEqual([
      "  life --> base",
      "  root --> life",
      "  rootCircle -.-> sendingCircle",
      "  sendingCircle -.-> rootCircle",
    ]);
  });

  test("replaces the previous drawing, and nothing else", () => {
    expect(drawn).toMatch(/^before\n<!-- The drawing/);
    expect(drawn).toMatch(/The end of the drawing. -->\nafter\n$/);
    expect(drawn).not.toContain("an old drawing");
    expect(withDrawing(drawn, asMap(sources), circles)).toBe(drawn);
  });

  test("changes with the imports", () => {
    const without = { ...sources, "packages/core/src/life/a.ts": "" };
    expect(withDrawing(page, asMap(without), circles)).not.toContain("life --> base");
  });

  test("needs a place in its page", () => {
    expect(() => withDrawing("a page", asMap(sources), circles)).toThrow(/no place/);
  });
});
