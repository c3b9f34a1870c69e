// The same inputs give the same bytes, so that every failure can be repeated.

import type { Wire } from "@muxado/core";
import { runSchedule, wires } from "@muxado/testkit";
import { expect, test } from "vitest";
import { firstSeed } from "./seeds.ts";

/** The output of both sides in one schedule, write by write. */
async function outputOf(seed: number, wire: Wire): Promise<string[]> {
  const writes: string[] = [];
  await runSchedule(seed, {
    wire,
    tap: (from, bytes) => writes.push(`${from} ${Buffer.from(bytes).toString("latin1")}`),
  });
  return writes;
}

const title = `a schedule gives the same bytes twice on $name, seeds ${firstSeed} to ${firstSeed + 99}`;

test.each(wires)(title, async ({ wire }) => {
  for (let seed = firstSeed; seed < firstSeed + 100; seed++) {
    const once = await outputOf(seed, wire);
    const again = await outputOf(seed, wire);
    expect(again.length, `seed ${seed}`).toBe(once.length);
    expect(
      once.findIndex((write, at) => write !== again[at]),
      `seed ${seed}`,
    ).toBe(-1);
  }
});
