// The command line.

import { parseArgs } from "node:util";
import type { MeasureOptions } from "./measurement.ts";
import type { Peer } from "./peer.ts";
import { peers } from "./peers.ts";
import { isUsual, usualWorkloads } from "./selection.ts";
import { type Workload, workloads } from "./workload.ts";

/** How the results are printed. */
export type Format = "text" | "json" | "markdown";

export interface Options extends MeasureOptions {
  readonly format: Format;
  /** Directory for plots. Undefined: no plots. */
  readonly plots: string | undefined;
  readonly workloads: readonly Workload[];
  readonly peers: readonly Peer[];
  /** Whether the run includes this peer in this workload, if the peer supports it. */
  readonly wants: (peer: Peer, workload: Workload) => boolean;
}

export const usage: string = `pnpm run bench [options]

  --quick              what says most, in about 4 minutes
  --workload <name>    only this one, or those of this kind; may be repeated
                       ${namesInLines(workloads)}
  --peer <name>        only this one; may be repeated; ratios are of the first one in the tables
                       ${namesInLines(peers)}
  --rounds <count>     default: 9, or 3 with --quick; of idle and echo at most 5
  --seconds <count>    of a round that opens streams, and of one of echoes; default: 1, or 0.25 with --quick
  --gib <count>        of a bulk round; default: 2, or 0.25 with --quick
  --json               prints JSON instead of tables
  --markdown           prints the tables in Markdown
  --plot <dir>         also draws plots, as SVG files in that directory
  --cpu-prof <dir>     writes a CPU profile of each Node process
  --help`;

/** Numbers of other open streams in the scale workload. */
const OTHERS = [10, 100, 1_000, 10_000, 100_000];
const QUICK_OTHERS = [10, 1_000, 100_000];

/**
 * Returns undefined if `args` asks for help. Throws a TypeError or RangeError that explains what is wrong with `args`.
 */
export function parseOptions(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: "boolean", default: false },
      workload: { type: "string", multiple: true, default: [] },
      peer: { type: "string", multiple: true, default: [] },
      rounds: { type: "string" },
      seconds: { type: "string" },
      gib: { type: "string" },
      json: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
      plot: { type: "string" },
      "cpu-prof": { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { quick, json, markdown, plot, peer, workload, "cpu-prof": profiles } = values;
  if (json && markdown) throw new TypeError("--json and --markdown exclude each other");
  return {
    format: json ? "json" : markdown ? "markdown" : "text",
    plots: plot,
    rounds: Math.ceil(positive("rounds", values.rounds, quick ? 3 : 9)),
    sizes: {
      openSeconds: positive("seconds", values.seconds, quick ? 0.25 : 1),
      bulkBytes: positive("gib", values.gib, quick ? 0.25 : 2) * 2 ** 30,
      others: quick ? QUICK_OTHERS : OTHERS,
    },
    execArgv: profiles === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profiles}`],
    workloads:
      workload.length === 0
        ? usualWorkloads(workloads, quick)
        : chosen("workload", workloads, workload, ({ name, kind }) => [name, kind]),
    peers: peer.length === 0 ? peers : chosen("peer", peers, peer, ({ name }) => [name]),
    wants: peer.length === 0 ? (one, of) => isUsual(one, of, quick) : () => true,
  };
}

function positive(name: string, text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (value > 0 && value < Infinity) return value;
  throw new RangeError(`--${name} must be a number above 0, got ${text}`);
}

/** Returns the entries of `all` that `wanted` names. */
function chosen<T>(
  option: string,
  all: readonly T[],
  wanted: readonly string[],
  namesOf: (one: T) => string[],
): readonly T[] {
  const unknown = wanted.find((name) => !all.some((one) => namesOf(one).includes(name)));
  if (unknown !== undefined) throw new RangeError(`--${option}: there is no "${unknown}"`);
  return all.filter((one) => namesOf(one).some((name) => wanted.includes(name)));
}

/** The names of `all`, indented like the usage text. */
function namesInLines(all: readonly { readonly name: string }[]): string {
  const lines = [""];
  for (const { name } of all) {
    if (`${lines.at(-1)}${name}`.length > 80) lines.push("");
    lines[lines.length - 1] += `${name}, `;
  }
  return lines.join(`\n${" ".repeat(23)}`).replace(/, $/, "");
}
