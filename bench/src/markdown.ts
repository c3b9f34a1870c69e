// The results in the form of docs/performance: first the targets, then all measurements.

import type { Measurement } from "./measurement.ts";
import type { Peer } from "./peer.ts";
import {
  extent,
  idleNote,
  readable,
  type Results,
  sidesOf,
  summary,
  timeCells,
  timeUnit,
} from "./report.ts";
import { median } from "./statistics.ts";
import { boundOf, findings, labelOf } from "./targets.ts";

/** Markdown tables with their headings. */
export function asMarkdown(results: Results): string {
  const { versions, peers, measurements } = results;
  const echoes = measurements.filter(({ workload }) => workload.kind === "echo");
  const others = measurements.filter(({ workload }) => workload.kind !== "echo");
  return [
    ...section("Targets", targetTable(measurements)),
    ...others.flatMap((measurement) => {
      const { workload, unit, lessIsBetter } = measurement;
      const better = lessIsBetter ? "; less is better" : "";
      return section(`${workload.name}: ${unit}`, [
        `${capitalized(workload.description)}${better}${timeUnit(measurement)}.`,
        "",
        ...peerTable(measurement, peers),
      ]);
    }),
    ...(echoes.length > 0 ? section("Echo", echoTable(echoes)) : []),
    ...section(
      "Peers",
      rows(
        ["peer", ""],
        peers.map(({ name, description }) => [name, description]),
      ),
    ),
    ...section("Versions", [...extent(results), "", ...rows(["", ""], Object.entries(versions))]),
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string[] {
  return [`### ${title}`, "", ...lines, ""];
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function targetTable(measurements: readonly Measurement[]): string[] {
  return rows(
    ["workload", "what", "target", "measured", ""],
    findings(measurements).map(({ target, found, isMet }) => [
      target.of.workload,
      labelOf(target),
      boundOf(target),
      readable(found),
      isMet ? "met" : "**not met**",
    ]),
  );
}

function peerTable(measurement: Measurement, peers: readonly Peer[]): string[] {
  const { workload, values } = measurement;
  const [ours = ""] = Object.keys(values);
  const isIdle = workload.kind === "idle";
  return rows(
    [
      "peer",
      "median",
      "min",
      "max",
      `${ours} ÷ it`,
      ...sidesOf(measurement),
      ...(isIdle ? [""] : []),
    ],
    Object.entries(values).map(([name, own]) => {
      const { median: middle, min, max, ratio } = summary(own, values);
      const note = isIdle ? [idleNote(peers, name)] : [];
      const numbers = [middle, min, max, ratio].map(readable);
      return [name, ...numbers, ...timeCells(measurement, name), ...note];
    }),
  );
}

/** The matrix of echoes: one row for each workload, one column for each peer. */
function echoTable(echoes: readonly Measurement[]): string[] {
  const names = [...new Set(echoes.flatMap(({ values }) => Object.keys(values)))];
  return rows(
    ["payload and streams", "unit", ...names],
    echoes.map(({ workload, unit, values }) => [
      workload.name.replace("echo-", "").replace("-", " × "),
      unit,
      ...names.map((name) => (values[name] === undefined ? "–" : readable(median(values[name])))),
    ]),
  );
}

function rows(heads: readonly string[], cells: readonly (readonly string[])[]): string[] {
  const line = (row: readonly string[]): string => `| ${row.join(" | ")} |`;
  return [line(heads), `|${"---|".repeat(heads.length)}`, ...cells.map(line)];
}
