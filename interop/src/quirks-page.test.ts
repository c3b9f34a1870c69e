// The QUIRKS.md in the repository must equal the page that the quirks make.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { quirks } from "./quirks.ts";
import { page, pageText } from "./quirks-page.ts";
import { scenarios } from "./scenarios.ts";

it("QUIRKS.md is up to date: pnpm run interop --page", () => {
  expect(readFileSync(page, "utf8")).toBe(pageText());
});

it("every number is given once", () => {
  const ids = quirks.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

it("what makes a scenario impossible is a quirk that is shown", () => {
  const blamed = scenarios.flatMap(({ impossible = {} }) =>
    Object.values(impossible).map(([quirk]) => quirk),
  );
  const shown = quirks.filter(({ run }) => run !== undefined).map(({ id }) => id);
  expect(shown).toEqual(expect.arrayContaining(blamed));
});
