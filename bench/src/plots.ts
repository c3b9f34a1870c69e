// The plots of a run: memory and cost over the number of open streams, and how many streams each peer opens.

import type { Measurement, Point } from "./measurement.ts";
import { drawBars, drawLines, type Line, marksUpTo, MOST_LINES } from "./plot.ts";
import { median } from "./statistics.ts";

/** The SVG of each plot for which there are enough measurements, by file name. */
export function plotsOf(measurements: readonly Measurement[]): Map<string, string> {
  const plots = new Map<string, string>();
  const of = (name: string): Measurement[] =>
    measurements.filter(({ workload }) => workload.name === name);
  const idle = of("idle");
  if (idle.length > 0) plots.set("idle.svg", idlePlot(idle));
  for (const name of ["scale-1", "scale-64"]) {
    const scale = of(name);
    if (scale.length > 1) plots.set(`${name}.svg`, scalePlot(scale));
  }
  const [open] = of("open-64");
  if (open !== undefined) plots.set("open-64.svg", openPlot(open));
  return plots;
}

/** The peers that the lines compare. Others follow while there is room. */
const COMPARED = ["muxado", "muxado-duplex", "http2", "go-muxado", "libp2p-yamux", "yamux"];

/** The names for which to draw lines. */
function comparedFirst(names: readonly string[]): string[] {
  const first = COMPARED.filter((name) => names.includes(name));
  const rest = names.filter((name) => !first.includes(name));
  return [...first, ...rest].slice(0, MOST_LINES);
}

const MEGABYTE = 1e6;

function idlePlot(measurements: readonly Measurement[]): string {
  const rss = measurements.filter(({ unit }) => unit.includes("RSS"));
  const names = comparedFirst(Object.keys(rss[0]!.growth!));
  const lines = names.map((name): Line => {
    const sides = rss.map(({ growth }) => growth![name]!);
    // Freed memory can leave a process with less memory than at the start.
    const points = sides[0]!.map(([streams], at): Point => {
      const bytes = sides.reduce((sum, side) => sum + side[at]![1], 0);
      return [streams, Math.max(0, bytes / MEGABYTE)];
    });
    return { name, points };
  });
  const all = lines.flatMap(({ points }) => points);
  return drawLines({
    title: "Memory of open idle streams, client and server together",
    description: "The memory that both processes have more in RAM, by the number of open streams.",
    x: { label: "open streams", marks: marksUpTo(Math.max(...all.map(([x]) => x))) },
    y: { label: "MB of RAM", marks: marksUpTo(Math.max(1, ...all.map(([, y]) => y))) },
    lines,
  });
}

/** The least top of the axis. If few and many streams cost the same, there must still be room above the line. */
const LEAST_COST_SHOWN = 2;

function scalePlot(measurements: readonly Measurement[]): string {
  const { streams } = measurements[0]!.workload;
  const names = comparedFirst(Object.keys(measurements[0]!.values));
  const lines = names.map((name): Line => {
    const least = median(measurements[0]!.values[name]!);
    const own = measurements.filter(({ values }) => values[name] !== undefined);
    return {
      name,
      points: own.map(({ others = 0, values }): Point => [others, least / median(values[name]!)]),
    };
  });
  const most = Math.max(
    LEAST_COST_SHOWN,
    ...lines.flatMap(({ points }) => points.map(([, y]) => y)),
  );
  const others = measurements.map((one) => one.others ?? 0);
  return drawLines({
    title: `What a stream costs amid others that are open, ${streams} at a time`,
    description: "Time to open, use and close a stream, as a multiple of that with few others.",
    x: { label: "other streams open", marks: others, isLogarithmic: true },
    y: { label: `cost, with ${others[0]} others = 1`, marks: marksUpTo(most) },
    lines,
  });
}

function openPlot({ workload, values }: Measurement): string {
  const bars = Object.entries(values)
    .map(([name, rounds]) => ({ name, value: median(rounds) }))
    .sort((one, other) => other.value - one.value);
  return drawBars({
    title: `Streams opened, used for 64 bytes each way and closed, ${workload.streams} at a time`,
    description: bars.map(({ name, value }) => `${name}: ${thousands(value)}`).join(", "),
    bars: bars.map(({ name, value }) => ({
      name,
      value,
      note: `${thousands(value)} a second`,
      isOurs: name.startsWith("muxado") || name === "yamux",
    })),
  });
}

function thousands(value: number): string {
  return (Math.round(value / 100) * 100).toLocaleString("en").replaceAll(",", " ");
}
