// Lets time pass for a pair whose link never becomes idle, as under bulk traffic.

import type { Pair } from "../pair.ts";
import { settle } from "../turns.ts";

/** Lets `ms` milliseconds pass, with everything that is due in them. Bytes that are then under way stay under way. */
export async function elapse(pair: Pair, ms: number): Promise<void> {
  const { clock, turns } = pair;
  const end = clock.now() + ms;
  for (;;) {
    await settle();
    if (turns.end()) continue;
    if ((clock.nextDue ?? Infinity) > end) break;
    clock.runNext();
  }
  clock.advance(Math.max(0, end - clock.now()));
}
