// The result as a table for people.

import type { Summary } from "./tally.ts";

export function table(files: Summary, questions: Summary): string {
  const number = (value: number): string => Math.round(value).toLocaleString("en");
  const time = (ms: number): string => `${ms.toFixed(1)} ms`;
  const row = (label: string, show: (summary: Summary) => string): string[] => [
    label,
    show(files),
    show(questions),
  ];
  const rows = [
    ["", "files", "questions"],
    ["opened by", "client", "server"],
    row("streams", ({ streams }) => number(streams)),
    row("bytes sent", ({ bytesSent }) => number(bytesSent)),
    row("bytes received", ({ bytesReceived }) => number(bytesReceived)),
    row("streams per second", ({ streamsPerSecond }) => number(streamsPerSecond)),
    row("median latency", ({ median }) => time(median)),
    row("99th percentile", ({ p99 }) => time(p99)),
    row("mismatches", ({ mismatches }) => number(mismatches)),
  ];
  return rows
    .map(
      ([label = "", ...cells]) =>
        label.padEnd(18) + cells.map((cell) => cell.padStart(14)).join(""),
    )
    .join("\n");
}
