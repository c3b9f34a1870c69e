// The promises of a session about its traffic, over a link with a rate, in virtual time. Streams share the link, small
// requests do not queue behind bulk traffic, one stream fills a long pipe, and no peer uses more memory than it is
// given.

import {
  fairnessIndex,
  fillWindows,
  longestWait,
  measureRequests,
  measureShares,
  measureThroughput,
  Random,
  type RequestOptions,
  starveWriters,
  type ThroughputOptions,
  type ThroughputSample,
} from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { firstSeed } from "./seeds.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

const seeds = Array.from({ length: 5 }, (_, count) => firstSeed + count);

describe("streams that all have more to send", () => {
  it.each(seeds)("share the link equally (seed %i)", async (seed) => {
    const count = new Random(seed).between(2, 24);
    const shares = await measureShares(Array<number>(count).fill(16), 100);
    expect(fairnessIndex(shares)).toBeGreaterThanOrEqual(0.99);
  });

  it.each(seeds)("share it by their weights, several at once (seed %i)", async (seed) => {
    const random = new Random(seed);
    const weights = Array.from({ length: random.between(2, 6) }, () => random.between(8, 64));
    const shares = await measureShares(weights, 200);
    const [carried, weight] = [sum(shares), sum(weights)];
    for (const [at, share] of shares.entries()) {
      const due = (carried * weights[at]!) / weight;
      expect(Math.abs(share / due - 1), `weight ${weights[at]} of ${weights.join()}`).toBeLessThan(
        0.05,
      );
    }
  });

  it("share it by their weights, from the least to the most", async () => {
    const weights = [1, 16, 256];
    const shares = await measureShares(weights, 400);
    const due = weights.map((weight) => (sum(shares) * weight) / sum(weights));
    for (const at of weights.keys()) expect(shares[at]! / due[at]!).toBeCloseTo(1, 1);
  });
});

describe("an urgent request of 64 bytes amid 8 bulk streams", () => {
  const link = { bandwidth: 12.5e6, roundTrip: 20, bulkStreams: 8, requests: 40, requestSize: 64 };
  const cases = [16, 64, 256].flatMap((budget) =>
    [0, 64].map((buffer, at) => ({ budget, buffer, seed: seeds[at]! })),
  );

  it.each(cases)(
    "waits for one frame and the drain of a budget of $budget KiB, with $buffer KiB in the transport (seed $seed)",
    async ({ budget, buffer, seed }) => {
      const transport = { transportBudget: budget * KIB, buffer: buffer * KIB };
      const options: RequestOptions = { ...link, ...transport, priority: { urgency: 0 }, seed };
      const requests = await measureRequests(options);
      expect(requests).toHaveLength(link.requests);
      const slowest = Math.max(...requests.map(({ arrived }) => arrived));
      expect(slowest).toBeLessThanOrEqual(longestWait(options));
      // The answer has the other direction alone.
      for (const { arrived, answered } of requests) expect(answered - arrived).toBeLessThan(11);
    },
  );

  it("would wait for a turn of each of them without its urgency", async () => {
    const options = { ...link, transportBudget: 64 * KIB, buffer: 0, seed: seeds[0]! };
    const typical = async (urgency: number): Promise<number> => {
      const requests = await measureRequests({ ...options, priority: { urgency } });
      return sum(requests.map(({ arrived }) => arrived)) / requests.length;
    };
    const turns = (8 * 16 * KIB * 1000) / link.bandwidth;
    expect((await typical(3)) - (await typical(0))).toBeGreaterThan(turns / 2);
  });
});

describe("one stream, at 1 Gbit/s and a round trip of 100 ms", () => {
  const pipe: ThroughputOptions = { bandwidth: 125e6, roundTrip: 100, duration: 3000, step: 100 };
  const share = (samples: readonly ThroughputSample[]): number =>
    sum(samples.map(({ bytes }) => bytes)) / ((samples.length * pipe.step * pipe.bandwidth) / 1000);

  it("reaches 90 % of the link as its window tunes itself, and soon", async () => {
    const samples = await measureThroughput(pipe);
    expect(share(samples.slice(10))).toBeGreaterThanOrEqual(0.9);
    expect(share(samples)).toBeGreaterThanOrEqual(0.7);
    expect(samples.at(-1)!.window).toBeLessThanOrEqual(16 * MIB);
  });

  it("reaches what a window carries in a round trip, if that is fixed", async () => {
    const windowSize = 256 * KIB;
    const samples = await measureThroughput({ ...pipe, session: { windowSize } });
    expect(share(samples.slice(10))).toBeCloseTo(windowSize / (pipe.bandwidth / 10), 2);
    expect(samples.at(-1)!.window).toBe(windowSize);
  });
});

describe("ten thousand streams of a peer that means harm", () => {
  const attack = { streams: 10_000, memoryBudget: 64 * MIB };

  it("fill their windows, and take no more than the budget", async () => {
    const { peak, attempted, resets, asked, answered } = await fillWindows(attack);
    expect(attempted).toBeGreaterThan(30 * attack.memoryBudget);
    expect(peak).toBeLessThanOrEqual(attack.memoryBudget);
    expect(peak).toBeGreaterThan(attack.memoryBudget * 0.9);
    expect(resets).toBeLessThan(attack.streams);
    // A stream that holds little is never reset.
    expect(answered).toBe(asked);
  });

  it("ask for answers and give no credit for them, and take no more than the budget", async () => {
    const { peak, attempted, asked, answered } = await starveWriters(attack);
    expect(attempted).toBeGreaterThan(4 * attack.memoryBudget);
    expect(peak).toBeLessThanOrEqual(attack.memoryBudget);
    expect(answered).toBe(asked);
  });
});

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
