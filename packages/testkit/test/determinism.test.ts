// The same inputs give the same bytes, so that whatever has failed once can be made to fail again.

import { runSchedule } from "@muxado/testkit";
import { expect, test } from "vitest";
import { firstSeed } from "./seeds.ts";

/** Both sides' output of one schedule, write by write. */
async function outputOf(seed: number): Promise<string[]> {
  const writes: string[] = [];
  await runSchedule(seed, {
    tap: (from, bytes) => writes.push(`${from} ${Buffer.from(bytes).toString("latin1")}`),
  });
  return writes;
}

test(`a schedule gives the same bytes twice, seeds ${firstSeed} to ${firstSeed + 99}`, async () => {
  for (let seed = firstSeed; seed < firstSeed + 100; seed++) {
    const once = await outputOf(seed);
    const again = await outputOf(seed);
    expect(again.length, `seed ${seed}`).toBe(once.length);
    expect(
      once.findIndex((write, at) => write !== again[at]),
      `seed ${seed}`,
    ).toBe(-1);
  }
});
