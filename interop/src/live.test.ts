// A few scenarios with the real peers, if Go and Rust are installed. `pnpm run interop` runs all of them.

import { build, missingTool, notRun } from "@muxado/peers";
import { beforeAll, describe, expect, it } from "vitest";
import { peers, type Wire } from "./peers.ts";
import { runCell } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";

const chosen: Record<Wire, readonly Scenario[]> = {
  muxado: named(
    "echo of 64 KiB",
    "half-close by us first",
    "1 000 types each way",
    "heartbeats each way",
  ),
  yamux: named("echo of 64 KiB", "half-close by us first", "pings each way"),
};

function named(...names: string[]): Scenario[] {
  return names.map((name) => scenarios.find((scenario) => scenario.name === name)!);
}

const BUILD_TIMEOUT = 600_000;

const newest = peers.filter(({ isOlder }) => !isOlder);
const missing = new Map<string, string>();
for (const { name, program } of newest) {
  const reason = missingTool(program);
  if (reason !== undefined) missing.set(name, reason);
}
const require = process.env.CI === "true";
if (missing.size > 0 && !require) console.warn(notRun(missing));

for (const peer of newest) {
  describe.skipIf(missing.has(peer.name) && !require)(`with ${peer.version}`, () => {
    beforeAll(() => expect(build(peer.program)).toBe(undefined), BUILD_TIMEOUT);

    for (const role of ["client", "server"] as const) {
      it.each(chosen[peer.wire])(`$name, we as the ${role}`, async (scenario) => {
        const result = await runCell(scenario, peer, role);
        expect(result.verdict === "failed" ? result.report : undefined).toBe(undefined);
      });
    }
  });
}
