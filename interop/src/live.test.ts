// A few scenarios with the real peers, where Go and Rust are at hand; `npm run interop` runs all of them.

import { beforeAll, describe, expect, it } from "vitest";
import { peers } from "./peers.ts";
import { runCell } from "./run.ts";
import { scenarios } from "./scenarios.ts";
import { build, missingTools } from "./toolchain.ts";

const chosen = [
  "echo of 64 KiB",
  "half-close by us first",
  "1 000 types each way",
  "heartbeats each way",
].map((name) => scenarios.find((scenario) => scenario.name === name)!);

const BUILD_TIMEOUT = 600_000;

const newest = peers.filter(({ isOlder }) => !isOlder);
const missing = missingTools(newest.map(({ tool }) => tool));
const require = process.env.CI === "true";
if (missing.length > 0 && !require) {
  console.warn(`NOT RUN, because ${missing.join(" and ")} cannot be found: tests with real peers`);
}

for (const peer of newest) {
  describe.skipIf(missing.includes(peer.tool) && !require)(`with ${peer.version}`, () => {
    beforeAll(() => expect(build(peer)).toBe(undefined), BUILD_TIMEOUT);

    for (const role of ["client", "server"] as const) {
      it.each(chosen)(`$name, we as the ${role}`, { timeout: 120_000 }, async (scenario) => {
        const result = await runCell(scenario, peer, role);
        expect(result.verdict === "failed" ? result.report : undefined).toBe(undefined);
      });
    }
  });
}
