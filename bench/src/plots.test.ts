import { expect, test } from "vitest";
import type { Measurement } from "./measurement.ts";
import { drawLines, marksUpTo } from "./plot.ts";
import { plotsOf } from "./plots.ts";
import { workloads } from "./workload.ts";

function measurement(name: string, rest: Partial<Measurement>): Measurement {
  const workload = workloads.find((one) => one.name === name)!;
  return { workload, unit: "", lessIsBetter: false, values: {}, ...rest };
}

/** The `d` of each line of a plot. */
function paths(svg: string): string[] {
  return [...svg.matchAll(/class="line line\d" d="(M[^"h]+)"/g)].map(([, path]) => path!);
}

test("marks are round, begin with 0, and leave room for the most", () => {
  expect(marksUpTo(100_000)).toEqual([0, 20_000, 40_000, 60_000, 80_000, 100_000]);
  expect(marksUpTo(2)).toEqual([0, 0.5, 1, 1.5, 2]);
  expect(marksUpTo(143.2)).toEqual([0, 50, 100, 150]);
  expect(marksUpTo(0.3)).toEqual([0, 0.1, 0.2, 0.3]);
});

test("lines run from corner to corner of their area", () => {
  const axis = { label: "", marks: [0, 10] };
  const plot = { title: "a < b & c", description: "", x: axis, y: axis };
  const svg = drawLines({
    ...plot,
    lines: [
      {
        name: "",
        points: [
          [0, 0],
          [5, 5],
          [10, 10],
        ],
      },
    ],
  });
  expect(paths(svg)).toEqual(["M80 368L380 230L680 92"]);
  expect(svg).toContain("a &lt; b &amp; c");
  expect(svg).toContain("prefers-color-scheme: dark");
});

test("on a logarithmic axis, equal factors are equal distances", () => {
  const x = { label: "", marks: [10, 100, 1000], isLogarithmic: true };
  const y = { label: "", marks: [0, 1] };
  const svg = drawLines({
    title: "",
    description: "",
    x,
    y,
    lines: [
      {
        name: "",
        points: [
          [10, 0],
          [100, 0],
          [1000, 1],
        ],
      },
    ],
  });
  expect(paths(svg)).toEqual(["M80 368L380 368L680 92"]);
});

test("idle is drawn as the memory of both sides", () => {
  const side = (unit: string, bytes: number): Measurement =>
    measurement("idle", {
      unit,
      growth: {
        muxado: [
          [0, 0],
          [100_000, bytes],
        ],
      },
    });
  const plots = plotsOf([
    side("bytes of heap, client", 1),
    side("bytes of RSS, client", 40_000_000),
    side("bytes of RSS, server", 60_000_000),
  ]);
  // 100 MB at 100 000 streams: from the lower left corner to the upper right one.
  expect(paths(plots.get("idle.svg")!)).toEqual(["M80 368L680 92"]);
});

test("scale is drawn as the cost, a multiple of that with the fewest others", () => {
  const amid = (others: number, rate: number): Measurement =>
    measurement("scale-64", { others, values: { muxado: [rate] } });
  const plots = plotsOf([amid(10, 100), amid(1_000, 100), amid(100_000, 50)]);
  expect([...plots.keys()]).toEqual(["scale-64.svg"]);
  expect(paths(plots.get("scale-64.svg")!)).toEqual(["M80 230L380 230L680 92"]);
});

test("open is drawn as bars, the longest first, and ours stand out", () => {
  const values = { http2: [500], muxado: [1_000], tcp: [250] };
  const svg = plotsOf([measurement("open-64", { values })]).get("open-64.svg")!;
  const bars = [...svg.matchAll(/class="(bar[^"]*)" .*? width="([^"]+)"/g)];
  expect(bars.map(([, style, width]) => [style, width])).toEqual([
    ["bar ours", "390"],
    ["bar", "195"],
    ["bar", "97.5"],
  ]);
});

test("what was not measured is not drawn", () => {
  expect(plotsOf([]).size).toBe(0);
});
