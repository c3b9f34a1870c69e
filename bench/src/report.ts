// The results, as tables for people and as JSON for programs.

import type { Measurement } from "./measurement.ts";
import type { Peer } from "./peer.ts";
import { median, pairedRatio } from "./statistics.ts";
import { boundOf, labelOf, outcomes } from "./targets.ts";
import type { Sizes } from "./workload.ts";

/** Everything that one run has to say. */
export interface Results {
  readonly versions: Record<string, string>;
  readonly peers: readonly Peer[];
  readonly rounds: number;
  readonly sizes: Sizes;
  readonly measurements: readonly Measurement[];
}

/** The machine-readable form: every round's value, and what the tables show of them. */
export function asJson({ versions, peers, rounds, sizes, measurements }: Results): string {
  const results = measurements.map((measurement) => {
    const { workload, unit, lessIsBetter, values, others, growth } = measurement;
    return {
      workload: workload.name,
      description: workload.description,
      unit,
      lessIsBetter,
      others,
      peers: Object.fromEntries(
        Object.entries(values).map(([name, own]) => [
          name,
          { ...summary(own, values), rounds: own, growth: growth?.[name] },
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
  const all = { versions, rounds, sizes, peers: described, results, targets: wanted };
  return JSON.stringify(all, undefined, 2);
}

/** The tables. */
export function asText({ versions, peers, rounds, sizes, measurements }: Results): string {
  const lines = measurements.flatMap((measurement) => ["", ...table(measurement, peers)]);
  const gib = sizes.bulkBytes / 2 ** 30;
  lines.push("", ...targetLines(measurements));
  lines.push("", `${rounds} rounds; open: ${sizes.openSeconds} s each; bulk: ${gib} GiB each`);
  lines.push("", "peers");
  for (const { name, description } of peers) lines.push(`  ${name.padEnd(NAME)}${description}`);
  lines.push("", "versions");
  for (const [name, version] of Object.entries(versions)) {
    lines.push(`  ${name.padEnd(NAME)}${version}`);
  }
  return lines.join("\n");
}

const NAME = 24;
const NUMBER = 12;

function table(measurement: Measurement, peers: readonly Peer[]): string[] {
  const { workload, unit, lessIsBetter, values } = measurement;
  const [ours = ""] = Object.keys(values);
  const heads = ["median", "min", "max", `  ${ours} ÷ it`];
  return [
    `${workload.name}: ${unit}${lessIsBetter ? " (less is better)" : ""}`,
    `  ${workload.description}`,
    `  ${"".padEnd(NAME)}${heads.map((head) => head.padStart(NUMBER)).join("")}`,
    ...Object.entries(values).map(([name, rounds]) => {
      const { median: middle, min, max, ratio } = summary(rounds, values);
      const numbers = [
        ...[middle, min, max].map(readable),
        ratio.toFixed(2).padStart(heads[3]!.length),
      ];
      const note = workload.kind === "idle" ? idleNote(peers, name) : "";
      return `  ${name.padEnd(NAME)}${numbers.map((text) => text.padStart(NUMBER)).join("")}${note}`;
    }),
  ];
}

function idleNote(peers: readonly Peer[], name: string): string {
  const peer = peers.find((one) => one.name === name);
  return peer === undefined ? "" : `  at ${readable(peer.idleStreams)} streams`;
}

/** The targets that the run has something to say about. */
function targetLines(measurements: readonly Measurement[]): string[] {
  const known = outcomes(measurements).filter(({ found }) => found !== undefined);
  return [
    "targets",
    ...known.map(({ target, found, isMet }) => {
      const what = `${target.of.workload.padEnd(NUMBER)}${labelOf(target)}`;
      const numbers = `${readable(found!).padStart(NUMBER)}${boundOf(target).padStart(NUMBER)}`;
      return `  ${what.padEnd(64)}${numbers}  ${isMet ? "met" : "not met"}`;
    }),
  ];
}

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** The first peer's, divided by this one's. */
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

/** Whole numbers in groups of three digits; small ones with decimals. */
export function readable(value: number): string {
  if (Math.abs(value) < SMALL && !Number.isInteger(value)) {
    return value.toFixed(Math.abs(value) < SMALL / 10 ? 2 : 1);
  }
  return Math.round(value).toLocaleString("en").replaceAll(",", " ");
}
