import { expect, test } from "vitest";
import { ownProcessorTime, processorTimeOf } from "./processor-time.ts";

test.runIf(process.platform === "linux")(
  "Linux tells of a process what the process knows of itself",
  () => {
    const told = processorTimeOf(process.pid);
    if (told === undefined) return; // This Linux does not count.
    const [before, until] = [ownProcessorTime(), ownProcessorTime() + 200];
    while (ownProcessorTime() < until);
    const [own, seen] = [ownProcessorTime() - before, processorTimeOf(process.pid)! - told];
    expect(seen / own).toBeGreaterThan(0.8);
    expect(seen / own).toBeLessThan(1.25);
  },
);

test("nothing is known of a process that does not exist", () => {
  expect(processorTimeOf(2 ** 30)).toBeUndefined();
});
