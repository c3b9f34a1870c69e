// The findings as plots: throughput over time, and durations of requests.

import { drawLines, type Line, marksUpTo } from "@muxado/bench/plot";
import { type Findings, PIPE, type Requests } from "./simulation.ts";

/** Returns the SVG of each plot, by file name. */
export function plotsOf(findings: Findings): Map<string, string> {
  return new Map([
    ["throughput.svg", throughput(findings)],
    ["requests.svg", requests(findings)],
  ]);
}

function throughput({ tuned, fixed }: Findings): string {
  const line = (name: string, samples: Findings["tuned"]): Line => ({
    name,
    points: [[0, 0], ...samples.map(({ at, bytes }) => [at / 1000, megabits(bytes)] as const)],
  });
  return drawLines({
    title: "One stream over 1 Gbit/s with a round trip of 100 ms",
    description:
      "With auto-tuning, throughput rises to all of the link; with a fixed window it stays at 2 %.",
    x: {
      label: "time since the stream was opened, in seconds",
      marks: marksUpTo(PIPE.duration / 1000),
    },
    y: { label: "read, in Mbit/s", marks: marksUpTo(1000) },
    lines: [line("window tuned by itself", tuned), line("fixed window of 256 KiB", fixed)],
  });
}

/** Returns Mbit/s. Whole packets can make a step carry a little more than the link: then it returns the link's rate. */
function megabits(bytes: number): number {
  return Math.min(1000, (bytes * 8) / 1e6 / (PIPE.step / 1000));
}

function requests({ ordinary, urgent, urgentSmall }: Findings): string {
  const lines = [
    distribution("no priority", ordinary),
    distribution("urgency 0", urgent),
    distribution("urgency 0, budget of 64 KiB", urgentSmall),
  ];
  const longest = Math.max(...lines.flatMap(({ points }) => points.map(([ms]) => ms)));
  return drawLines({
    title: "64-byte requests amid 8 bulk streams over 100 Mbit/s, 20 ms there and back",
    description:
      "Requests with urgency 0 are answered sooner, and sooner still with a smaller transport budget.",
    x: { label: "time until the answer, in milliseconds", marks: marksUpTo(longest) },
    y: { label: "requests answered by then, in %", marks: marksUpTo(100) },
    lines,
  });
}

/** Returns the share of requests that were answered within each time. */
function distribution(name: string, { times }: Requests): Line {
  const sorted = times.map(({ answered }) => answered).sort((one, other) => one - other);
  const points = sorted.map((ms, at) => [ms, (100 * (at + 1)) / sorted.length] as const);
  return { name, points: [[sorted[0]!, 0], ...points] };
}
