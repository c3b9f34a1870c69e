// The results, as tables for people and as JSON for programs.

import type { Measurement, ProcessorTime } from "./measurement.ts";
import type { Peer } from "./peer.ts";
import { median, pairedRatio } from "./statistics.ts";
import { boundOf, findings, labelOf, outcomes } from "./targets.ts";
import type { Sizes } from "./workload.ts";

/** The complete result of one run. */
export interface Results {
  readonly versions: Record<string, string>;
  readonly peers: readonly Peer[];
  readonly rounds: number;
  readonly sizes: Sizes;
  readonly measurements: readonly Measurement[];
  /** Workloads that were wanted but not measured, because the run ended early. */
  readonly missing: readonly string[];
}

/** The machine-readable form: the value of every round, and the values that the tables show. */
export function asJson(results: Results): string {
  const { versions, peers, rounds, sizes, measurements, missing } = results;
  const tables = measurements.map((measurement) => {
    const { workload, unit, lessIsBetter, values, others, growth, processorTime } = measurement;
    return {
      workload: workload.name,
      description: workload.description,
      unit,
      lessIsBetter,
      others,
      processorTime: processorTime && `ms per ${processorTime.per}`,
      peers: Object.fromEntries(
        Object.entries(values).map(([name, own]) => [
          name,
          {
            ...summary(own, values),
            rounds: own,
            growth: growth?.[name],
            processorTime: processorTime && timesOf(processorTime, name),
          },
        ]),
      ),
    };
  });
  const described = Object.fromEntries(peers.map(({ name, description }) => [name, description]));
  const wanted = outcomes(measurements).map(({ target, found, isMet }) => ({
    workload: target.of.workload,
    what: labelOf(target),
    atLeast: target.atLeast,
    atMost: target.atMost,
    found,
    isMet,
  }));
  return JSON.stringify(
    { versions, rounds, sizes, peers: described, results: tables, targets: wanted, missing },
    undefined,
    2,
  );
}

/** The tables. */
export function asText(results: Results): string {
  const { versions, peers, measurements } = results;
  const lines = measurements.flatMap((measurement) => ["", ...table(measurement, peers)]);
  lines.push("", ...targetLines(measurements));
  lines.push("", ...extent(results));
  lines.push("", "peers");
  for (const { name, description } of peers) lines.push(`  ${name.padEnd(NAME)}${description}`);
  lines.push("", "versions");
  for (const [name, version] of Object.entries(versions)) {
    lines.push(`  ${name.padEnd(NAME)}${version}`);
  }
  return lines.join("\n");
}

/** The extent of the measurements, in sentences. */
export function extent({ rounds, sizes, missing }: Results): string[] {
  const { openSeconds, bulkBytes } = sizes;
  return [
    `Rounds: ${rounds}, of idle and echo at most 5; open: ${openSeconds} s each; bulk: ${bulkBytes / 2 ** 30} GiB each.`,
    ...(missing.length > 0 ? [`The run ended early, without ${missing.join(", ")}.`] : []),
  ];
}

const NAME = 24;
const NUMBER = 12;
const WORKLOAD = 20;
const TARGET = 76;

function table(measurement: Measurement, peers: readonly Peer[]): string[] {
  const { workload, unit, lessIsBetter, values } = measurement;
  const [ours = ""] = Object.keys(values);
  const heads = ["median", "min", "max", `  ${ours} ÷ it`, ...sidesOf(measurement)];
  return [
    `${workload.name}: ${unit}${lessIsBetter ? " (less is better)" : ""}${timeUnit(measurement)}`,
    `  ${workload.description}`,
    `  ${"".padEnd(NAME)}${heads.map((head) => head.padStart(NUMBER)).join("")}`,
    ...Object.entries(values).map(([name, rounds]) => {
      const { median: middle, min, max, ratio } = summary(rounds, values);
      const numbers = [
        ...[middle, min, max].map(readable),
        ratio.toFixed(2).padStart(heads[3]!.length),
        ...timeCells(measurement, name),
      ];
      const cells = numbers.map((text) => text.padStart(NUMBER)).join("");
      const note = workload.kind === "idle" ? `  ${idleNote(peers, name)}` : "";
      return `  ${name.padEnd(NAME)}${cells}${note}`;
    }),
  ];
}

/** The sides whose processor time the table shows, one column for each. */
export function sidesOf({ processorTime }: Measurement): string[] {
  return Object.keys(processorTime?.sides ?? {});
}

/** The unit of those columns, to stand behind the unit of the rate. */
export function timeUnit(measurement: Measurement): string {
  const sides = sidesOf(measurement).join(", ");
  return sides === ""
    ? ""
    : `; ${sides}: ms of processor time per ${measurement.processorTime!.per}`;
}

/** The cells of those columns, for one peer. */
export function timeCells({ processorTime }: Measurement, name: string): string[] {
  return Object.values(processorTime?.sides ?? {}).map(({ [name]: rounds }) =>
    rounds === undefined ? "–" : readable(median(rounds)),
  );
}

/** The processor time of each side for one peer, for programs. */
function timesOf({ sides }: ProcessorTime, name: string): Record<string, object | undefined> {
  return Object.fromEntries(
    Object.entries(sides).map(([side, { [name]: rounds }]) => [
      side,
      rounds && { median: median(rounds), rounds },
    ]),
  );
}

/** The number of idle streams that were measured for a peer, as a note. */
export function idleNote(peers: readonly Peer[], name: string): string {
  const peer = peers.find((one) => one.name === name);
  return peer === undefined ? "" : `at ${readable(peer.idleStreams)} streams`;
}

function targetLines(measurements: readonly Measurement[]): string[] {
  return [
    "targets",
    ...findings(measurements).map(({ target, found, isMet }) => {
      const what = `${target.of.workload.padEnd(WORKLOAD)}${labelOf(target)}`;
      const numbers = `${readable(found).padStart(NUMBER)}${boundOf(target).padStart(NUMBER)}`;
      return `  ${what.padEnd(TARGET)}${numbers}  ${isMet ? "met" : "not met"}`;
    }),
  ];
}

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** The value of the first peer divided by the value of this one. */
  readonly ratio: number;
}

export function summary(rounds: readonly number[], values: Record<string, number[]>): Summary {
  const [ours = []] = Object.values(values);
  return {
    median: median(rounds),
    min: Math.min(...rounds),
    max: Math.max(...rounds),
    ratio: pairedRatio(ours, rounds),
  };
}

/** Below this, a figure is shown with decimals. */
const SMALL = 100;

/** Whole numbers in groups of three digits. Small numbers have decimals. */
export function readable(value: number): string {
  if (Math.abs(value) < SMALL && !Number.isInteger(value)) {
    return value.toFixed(Math.abs(value) < SMALL / 10 ? 2 : 1);
  }
  return Math.round(value).toLocaleString("en").replaceAll(",", " ");
}
