// Time that passes for a pair while its link is never at rest, as under bulk traffic.

import type { Pair } from "../pair.ts";
import { settle } from "../turns.ts";

/** Lets `ms` milliseconds pass with all that falls due in them; what is under way then stays under way. */
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
