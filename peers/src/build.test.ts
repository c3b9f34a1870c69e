// The output of a run where a tool or a library is missing. These tests build nothing; the tests of interop do.

import { expect, it, vi } from "vitest";
import { build, missingTool, notRun } from "./build.ts";
import { goBench, jsInterop, rustBench, versionOf } from "./programs.ts";

it("a program whose tool is not installed is not built, and the reason names the tool", () => {
  vi.stubEnv("PATH", "");
  try {
    expect(build(goBench)).toBe("go is not installed");
    expect(build(rustBench)).toBe("cargo is not installed");
    expect(missingTool(goBench)).toBe("go is not installed");
  } finally {
    vi.unstubAllEnvs();
  }
});

it("a program in JavaScript needs no tool", () => {
  expect(missingTool(jsInterop)).toBe(undefined);
  expect(build(jsInterop)).toBe(undefined);
});

it("peers that cannot be had are named, with a reason for all that it concerns", () => {
  const reasons = new Map([
    ["go", "go is not installed"],
    ["rust", "cargo is not installed"],
    ["yamux-go", "go is not installed"],
  ]);
  expect(notRun(reasons)).toBe(
    [
      "NOT RUN: go, yamux-go",
      "  because go is not installed",
      "NOT RUN: rust",
      "  because cargo is not installed",
    ].join("\n"),
  );
});

it("a library that a program does not have is named", () => {
  expect(() => versionOf(goBench, "no/such/module")).toThrow("no/such/module");
});
