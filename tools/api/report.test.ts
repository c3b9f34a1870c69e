import { describe, expect, test } from "vitest";
import { difference, reportOf } from "./report.mjs";

/** A page as API Extractor writes it. */
function extracted(...paragraphs: string[]): string {
  return `## API Report File for "p"\n\n\`\`\`ts\n\n${paragraphs.join("\n\n")}\n\n// (No @packageDocumentation comment for this package)\n\n\`\`\`\n`;
}

function codeOf(report: string): string {
  return /```ts\n(.*)\n```\n$/s.exec(report)?.[1] ?? "";
}

const session = `// @public\nexport class Session {\n    // (undocumented)\n    close(how: How): void;\n}`;
const how = `// @public (undocumented)\ntype How = "fast" | "slow";`;
const main = extracted(session, how);

describe("a report", () => {
  test("has signatures, and no remarks on tags and docstrings", () => {
    expect(codeOf(reportOf("p", main, undefined))).toBe(
      `export class Session {\n    close(how: How): void;\n}\n\ntype How = "fast" | "slow";`,
    );
  });

  test("changes with the signature of a member", () => {
    const changed = extracted(session.replace("how: How", "how?: How"), how);
    expect(difference(reportOf("p", main, undefined), reportOf("p", changed, undefined))).toEqual([
      "-     close(how: How): void;",
      "+     close(how?: How): void;",
    ]);
  });

  test("changes with a type that is not exported but is part of an exported signature", () => {
    const changed = extracted(session, how.replace("slow", "never"));
    expect(difference(reportOf("p", main, undefined), reportOf("p", changed, undefined))).toEqual([
      `- type How = "fast" | "slow";`,
      `+ type How = "fast" | "never";`,
    ]);
  });

  test("only names the declarations that the main entry point has as well", () => {
    const layers = extracted(
      "// @public\nexport function watch(session: Session): Watched;",
      session.replace("export ", ""),
      how,
      "// @public\ninterface Watched {\n    stop(): void;\n}",
    );
    expect(codeOf(reportOf("p/layers", layers, main))).toBe(
      [
        "// As in the report of the package's main entry point: Session.",
        "export function watch(session: Session): Watched;",
        "interface Watched {\n    stop(): void;\n}",
      ].join("\n\n"),
    );
  });

  test("has a declaration that a second entry point exports again", () => {
    expect(codeOf(reportOf("p/again", extracted(how, session), main))).toContain(
      "export class Session",
    );
  });

  test("has the imports that its declarations mention", () => {
    const page = extracted(
      "import * as net from 'node:net';\nimport { Role as Role_2 } from 'q';\nimport type { Unused } from 'q';",
      "// @public\nexport function role(socket: net.Socket): Role_2;",
    );
    expect(codeOf(reportOf("p", page, undefined))).toBe(
      [
        "import * as net from 'node:net';\nimport { Role as Role_2 } from 'q';",
        "export function role(socket: net.Socket): Role_2;",
      ].join("\n\n"),
    );
  });

  test("is not made from a page without code", () => {
    expect(() => reportOf("p", "```ts\r\n\r\n```\r\n", undefined)).toThrow(/no code/);
  });
});
