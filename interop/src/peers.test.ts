// The matrix must name the versions that are built.

import { versionOf } from "@muxado/peers";
import { expect, it } from "vitest";
import { peers } from "./peers.ts";

it.each(peers)("$version is pinned", ({ version, program }) => {
  const [name, number] = version.split(" ");
  expect(versionOf(program, name!)).toBe(number);
});
