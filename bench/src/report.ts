// The results, as tables for people and as JSON for programs.

import type { Measurement } from "./measure.ts";
import type { Peer } from "./peer.ts";
import type { Sizes } from "./workload.ts";
import { median, pairedRatio } from "./statistics.ts";

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
  const results = measurements.map(({ workload, unit, lessIsBetter, values }) => ({
    workload: workload.name,
    description: workload.description,
    unit,
    lessIsBetter,
    peers: Object.fromEntries(
      Object.entries(values).map(([name, own]) => [name, { ...summary(own, values), rounds: own }]),
    ),
  }));
  const described = Object.fromEntries(peers.map(({ name, description }) => [name, description]));
  return JSON.stringify({ versions, rounds, sizes, peers: described, results }, undefined, 2);
}

/** The tables. */
export function asText({ versions, peers, rounds, sizes, measurements }: Results): string {
  const lines = measurements.flatMap((measurement) => ["", ...table(measurement, peers)]);
  const gib = sizes.bulkBytes / 2 ** 30;
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
        ...[middle, min, max].map(grouped),
        ratio.toFixed(2).padStart(heads[3]!.length),
      ];
      const note = workload.kind === "idle" ? idleNote(peers, name) : "";
      return `  ${name.padEnd(NAME)}${numbers.map((text) => text.padStart(NUMBER)).join("")}${note}`;
    }),
  ];
}

function idleNote(peers: readonly Peer[], name: string): string {
  const peer = peers.find((one) => one.name === name);
  return peer === undefined ? "" : `  at ${grouped(peer.idleStreams)} streams`;
}

interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** The first peer's, divided by this one's. */
  readonly ratio: number;
}

function summary(rounds: readonly number[], values: Record<string, number[]>): Summary {
  const [ours = []] = Object.values(values);
  return {
    median: median(rounds),
    min: Math.min(...rounds),
    max: Math.max(...rounds),
    ratio: pairedRatio(ours, rounds),
  };
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString("en").replaceAll(",", " ");
}
