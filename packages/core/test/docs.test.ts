// The documentation of core, compared with core: every error code, every option with its default, every file.

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { ErrorCode } from "@muxado/frame";
import { describe, expect, it } from "vitest";
import type { MuxadoErrorCode } from "../src/base/errors.ts";
import { resolveOptions, type SessionOptions } from "../src/options.ts";
import {
  effectOf,
  nextState,
  StreamEffect,
  StreamInput,
  StreamState,
} from "../src/life/stream-state.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const page = (file: string): string => readFileSync(path.join(root, file), "utf8");

/** The text below the heading `title`, up to the next heading of the same depth or less. */
function section(markdown: string, title: string): string {
  const [, marks = "", rest = ""] = new RegExp(`^(#+) ${title}$([^]*)`, "m").exec(markdown) ?? [];
  expect(marks, `a heading "${title}"`).not.toBe("");
  return rest.split(new RegExp(`^#{1,${marks.length}} `, "m"))[0]!;
}

/** The cells of the rows of a table whose first cell is code. */
function rows(markdown: string): string[][] {
  return markdown
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.split("|").map((cell) => cell.trim()));
}

describe("docs/guides/errors.md", () => {
  /** The compiler makes sure that none is missing here. */
  const local: Record<Exclude<MuxadoErrorCode, keyof typeof ErrorCode>, true> = {
    UNKNOWN_CODE: true,
    TRANSPORT_FAILED: true,
    CONNECT_FAILED: true,
    DRAIN_TIMEOUT: true,
    HEARTBEAT_TIMEOUT: true,
    TYPE_MISSING: true,
    STREAM_LIMIT: true,
    WRITE_AFTER_END: true,
    READ_PENDING: true,
  };
  const codes = [...Object.keys(ErrorCode), ...Object.keys(local)];
  const explained = section(page("docs/guides/errors.md"), "The codes");

  it("has a heading for each code, and for nothing else", () => {
    const headings = [...explained.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(codes);
  });

  it.each(codes.filter((code) => code !== "NO_ERROR"))(
    "the guide explains for %s when it happens, who causes it, and what to do",
    (code) => {
      const text = section(explained, code);
      for (const part of ["**When.** ", "**Whose doing.** ", "**What to do.** "]) {
        expect(text).toContain(part);
      }
    },
  );
});

describe("packages/core/README.md", () => {
  const table = rows(section(page("packages/core/README.md"), "Options"));
  const defaults = resolveOptions("client", {});
  /** The compiler makes sure that none is missing here. */
  const options: Record<keyof SessionOptions, unknown> = defaults;

  it("lists every option, once", () => {
    const listed = table.map(([, name]) => name!.replaceAll("`", ""));
    const derived = ["role", "windowLimit"];
    const known = Object.keys(options).filter((name) => !derived.includes(name));
    expect([...listed].sort()).toEqual(known.sort());
  });

  it.each(table.map(([, name, value]) => [name!.replaceAll("`", ""), value!]))(
    "tells the default of %s: %s",
    (name, value) => {
      const actual = options[name as keyof SessionOptions];
      if (typeof actual !== "number") return;
      const [number = ""] = /^(Infinity|[\d ]*\d)/.exec(value) ?? [];
      expect(Number(number.replaceAll(" ", ""))).toBe(actual);
    },
  );
});

describe("docs/architecture.md", () => {
  const architecture = page("docs/architecture.md");

  it("draws every move of the state table, and no other", () => {
    const [, diagram = ""] = /```mermaid\nstateDiagram-v2\n([^`]*)```/.exec(architecture) ?? [];
    const drawn = [...diagram.matchAll(/^ *(\w+) --> (\w+) : (.+)$/gm)].flatMap(
      ([, from, to, inputs]) => inputs!.split(", ").map((input) => `${from} ${input} ${to}`),
    );
    const moves: string[] = [];
    for (const [from, state] of Object.entries(StreamState)) {
      for (const [input, number] of Object.entries(StreamInput)) {
        const next = nextState(state, number);
        if (next === state || effectOf(state, number) === StreamEffect.never) continue;
        const [to] = Object.entries(StreamState).find(([, other]) => other === next)!;
        moves.push(`${from} ${input} ${to}`);
      }
    }
    expect([...drawn].sort()).toEqual(moves.sort());
  });

  it("lists every room of core, once", () => {
    const listed = rows(section(architecture, "The rooms of core")).map(([, room]) => room);
    const rooms = readdirSync(path.join(root, "packages/core/src"), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `\`${name}/\``);
    expect([...listed].sort()).toEqual(rooms.sort());
  });

  it("speaks of no file that is not there", () => {
    const mentioned = [...architecture.matchAll(/`((?:packages|docs|tools)\/[^`*…]+\.\w+)`/g)];
    for (const [, file] of mentioned) {
      expect(() => readFileSync(path.join(root, file!)), file).not.toThrow();
    }
  });
});
