// The promises of the fuzzer: a seed is one case, and faults of a session are seen.

import { runCase } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { firstSeed } from "./seeds.ts";

/** Every step of a case, as text. */
async function storyOf(seed: number, steps?: number): Promise<string[]> {
  const story: string[] = [];
  await runCase(seed, { steps, log: (line) => story.push(line) });
  return story;
}

describe(`the fuzzer, seeds ${firstSeed} to ${firstSeed + 49}`, () => {
  it("plays the same case twice", async () => {
    for (let seed = firstSeed; seed < firstSeed + 50; seed++) {
      const once = await storyOf(seed);
      const again = await storyOf(seed);
      expect(again, `seed ${seed}`).toEqual(once);
    }
  });

  it("plays a beginning of a case as the case begins", async () => {
    for (let seed = firstSeed; seed < firstSeed + 50; seed++) {
      const whole = await storyOf(seed);
      const beginning = await storyOf(seed, 3);
      const end = beginning.indexOf("the end:");
      expect(beginning.slice(0, end), `seed ${seed}`).toEqual(whole.slice(0, end));
    }
  });
});
