import { expect, test } from "vitest";
import { DRAIN_UNIT } from "./measure-latency.ts";
import { scaleUnit } from "./measure-scale.ts";
import type { Measurement } from "./measurement.ts";
import { peers } from "./peers.ts";
import { boundOf, labelOf, outcomes, type Target, targets } from "./targets.ts";
import { workloads } from "./workload.ts";

function measurement(name: string, unit: string, values: Record<string, number[]>): Measurement {
  const workload = workloads.find((one) => one.name === name)!;
  return { workload, unit, lessIsBetter: false, values };
}

const ratio: Target = {
  of: { workload: "open-1", peer: "muxado" },
  over: { workload: "open-1", peer: "tcp" },
  atLeast: 0.85,
};

test("a ratio is that of neighbouring rounds, and judged by its bound", () => {
  const judge = (muxado: number[], tcp: number[]) =>
    outcomes([measurement("open-1", "streams/s", { muxado, tcp })], [ratio])[0]!;
  // The ratio of the medians would be 1.
  expect(judge([90, 10, 100], [100, 10, 90])).toMatchObject({ found: 1, isMet: true });
  expect(judge([90, 90, 8], [100, 100, 10])).toMatchObject({ found: 0.9, isMet: true });
  expect(judge([80, 80, 80], [100, 100, 100])).toMatchObject({ found: 0.8, isMet: false });
});

test("what was not measured is neither met nor not met", () => {
  for (const measurements of [[], [measurement("open-1", "streams/s", { muxado: [1] })]]) {
    expect(outcomes(measurements, [ratio])).toEqual([
      { target: ratio, found: undefined, isMet: undefined },
    ]);
  }
});

test("a figure that stands alone is a median, found by its unit", () => {
  const measurements = [
    measurement("codec", "ns, encode", { muxado: [99] }),
    measurement("codec", "ns, decode", { muxado: [10, 16, 16] }),
  ];
  const found = outcomes(measurements)
    .filter((one) => one.found !== undefined)
    .map(({ target, found, isMet }) => [labelOf(target), boundOf(target), found, isMet]);
  expect(found).toEqual([
    ["muxado, ns, decode", "≤ 15", 16, false],
    ["muxado, ns, encode", "≤ 25", 99, false],
  ]);
});

test("the cost amid many streams is the rate amid few by that amid many", () => {
  const found = outcomes([
    measurement("scale-64", scaleUnit(10), { muxado: [120] }),
    measurement("scale-64", scaleUnit(1_000), { muxado: [1] }),
    measurement("scale-64", scaleUnit(100_000), { muxado: [100] }),
  ]).filter((one) => one.found !== undefined);
  expect(found).toMatchObject([{ found: 1.2, isMet: true }]);
});

test("processor time is compared on one side, and only where the system has told it", () => {
  const cost = (server: Record<string, number[]>) =>
    outcomes([
      {
        ...measurement("open-1", "streams/s", { muxado: [1], tcp: [1] }),
        processorTime: { per: "1 000 streams", sides: { client: {}, server } },
      },
    ])
      .filter(({ target, found }) => target.of.side !== undefined && found !== undefined)
      .map(({ target, found, isMet }) => [labelOf(target), boundOf(target), found, isMet]);
  expect(cost({ muxado: [330, 300, 300], tcp: [300, 300, 300] })).toEqual([
    ["muxado ÷ tcp, processor time of the server", "≤ 1.18", 1, true],
  ]);
  expect(cost({ muxado: [390], tcp: [300] })).toMatchObject([{ 2: 1.3, 3: false }]);
  expect(cost({ muxado: [330] })).toEqual([]);
});

test("requests amid bulk bytes are compared with a congested write of TCP", () => {
  const found = outcomes([
    measurement("mixed", "µs, p50", { muxado: [1], tcp: [1] }),
    measurement("mixed", "µs, p99", { muxado: [800], tcp: [1] }),
    measurement("mixed", DRAIN_UNIT, { tcp: [200] }),
  ]).filter((one) => one.found !== undefined);
  expect(found).toMatchObject([{ found: 4, isMet: false }]);
});

test("every target speaks of a workload and peers that there are", () => {
  const workloadNames = workloads.map(({ name }) => name);
  const peerNames = peers.map(({ name }) => name);
  for (const { of, over = of } of targets) {
    expect(workloadNames).toContain(of.workload);
    expect(workloadNames).toContain(over.workload);
    expect(peerNames).toContain(of.peer);
    expect(peerNames).toContain(over.peer);
  }
});
