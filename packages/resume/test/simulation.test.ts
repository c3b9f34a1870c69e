// Random schedules of connections that break, checked byte by byte. MUXADO_SEED fixes the first seed, and MUXADO_RUNS
// the count. A failure says the seed that replays it.

import { Random } from "@muxado/testkit";
import { afterEach, expect, test, vi } from "vitest";
import { runSchedule } from "./schedule.ts";

const runs = Number(process.env["MUXADO_RUNS"] ?? 150);
const firstSeed = Number(process.env["MUXADO_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

afterEach(() => vi.restoreAllMocks());

test(`${runs} schedules from seed ${firstSeed}`, { timeout: 7_200_000 }, async () => {
  const sums = { connections: 0, replays: 0, bytes: 0 };
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    // The pauses between attempts are random. The seed must choose them, too.
    const random = new Random(seed);
    vi.spyOn(Math, "random").mockImplementation(() => random.next());
    try {
      const facts = await runSchedule(seed);
      for (const name of ["connections", "replays", "bytes"] as const) sums[name] += facts[name];
    } catch (error) {
      throw new Error(`replay it with MUXADO_SEED=${seed} MUXADO_RUNS=1`, { cause: error });
    }
  }
  console.log(`${runs} schedules from seed ${firstSeed}:`, sums);
  expect(sums.bytes).toBeGreaterThan(0);
});
