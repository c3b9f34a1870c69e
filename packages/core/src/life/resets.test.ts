// Resets that a peer provokes: how many of them may wait for a write.

import { describe, expect, it, vi } from "vitest";
import { systemClock } from "../base/clock.ts";
import { Counters } from "./counters.ts";
import { Resets } from "./resets.ts";

function bench(maxWaitingResets: number) {
  const outbound = { writes: 0, putReset: () => {} };
  const flooded = vi.fn();
  const resets = new Resets({
    clock: systemClock,
    counters: new Counters(),
    outbound,
    table: { get: () => undefined, rememberReset: () => {} },
    options: { maxProvokedResets: Infinity, maxWaitingResets, streamCloseTimeout: Infinity },
    flooded,
  });
  return { outbound, resets, flooded };
}

describe("resets that the peer has provoked", () => {
  it("are counted until a write carries them", () => {
    const { outbound, resets, flooded } = bench(3);
    for (let count = 0; count < 3; count++) resets.chargePeer();
    expect(flooded).not.toHaveBeenCalled();
    resets.chargePeer();
    expect(flooded).toHaveBeenCalledTimes(1);
    outbound.writes++;
    for (let count = 0; count < 3; count++) resets.chargePeer();
    expect(flooded).toHaveBeenCalledTimes(1);
  });
});
