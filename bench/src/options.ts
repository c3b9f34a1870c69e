// The command line.

import { parseArgs } from "node:util";
import type { MeasureOptions } from "./measure.ts";
import type { Peer } from "./peer.ts";
import { peers } from "./peers.ts";
import { type Workload, workloads } from "./workload.ts";

export interface Options extends MeasureOptions {
  readonly json: boolean;
  readonly workloads: readonly Workload[];
  readonly peers: readonly Peer[];
}

export const usage: string = `npm run bench -- [options]

  --quick              smaller rounds, about 6 minutes for everything
  --workload <name>    only this one, or those of this kind; may be repeated
                       ${workloads.map(({ name }) => name).join(", ")}
  --peer <name>        only this one; may be repeated; ratios are of the first one in the tables
                       ${peers.map(({ name }) => name).join(", ")}
  --rounds <count>     default: 9; of idle never more than 5
  --seconds <count>    of a round that opens streams; default: 0.5; 2 without --quick
  --gib <count>        of a bulk round; default: 0.5; 2 without --quick
  --json               prints JSON instead of tables
  --cpu-prof <dir>     writes a CPU profile of each Node process
  --help`;

/** Throws a TypeError or RangeError that says what is wrong with `args`. Undefined: asked for help. */
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
      "cpu-prof": { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { quick, json, "cpu-prof": profiles } = values;
  const rounds = positive("rounds", values.rounds, 9);
  return {
    json,
    rounds,
    sizes: {
      openSeconds: positive("seconds", values.seconds, quick ? 0.5 : 2),
      bulkBytes: positive("gib", values.gib, quick ? 0.5 : 2) * 2 ** 30,
    },
    execArgv: profiles === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profiles}`],
    workloads: chosen("workload", workloads, values.workload, ({ name, kind }) => [name, kind]),
    peers: chosen("peer", peers, values.peer, ({ name }) => [name]),
  };
}

function positive(name: string, text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (value > 0 && value < Infinity) return value;
  throw new RangeError(`--${name} must be a number above 0, got ${text}`);
}

/** Those of `all` that one of `wanted` names; all if nothing is wanted. */
function chosen<T>(
  option: string,
  all: readonly T[],
  wanted: readonly string[],
  namesOf: (one: T) => string[],
): readonly T[] {
  const unknown = wanted.find((name) => !all.some((one) => namesOf(one).includes(name)));
  if (unknown !== undefined) throw new RangeError(`--${option}: there is no "${unknown}"`);
  if (wanted.length === 0) return all;
  return all.filter((one) => namesOf(one).some((name) => wanted.includes(name)));
}
