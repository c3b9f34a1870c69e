// The command line of the attacks.

import { parseArgs } from "node:util";
import { waitNames } from "./applications.ts";
import { type Attack, attacks } from "./attacks.ts";
import type { EndCase } from "./measure-end.ts";
import { type RawWire, rawWires, type WireName } from "./raw-wire.ts";

export interface Options {
  readonly attacks: readonly Attack[];
  readonly ends: readonly EndCase[];
  readonly wires: readonly RawWire[];
  /** Seconds of each attack. */
  readonly seconds: number;
  /** Bits a second that the attacker sends. */
  readonly rate: number;
  readonly markdown: boolean;
}

export const usage: string = `pnpm run attacks [options]

  --attack <name>      only this one, or "none" for the other client alone; may be repeated
                       ${attacks.map(({ name }) => name).join(", ")}
  --ends               only the ends of sessions with many streams; with --attack these too
  --streams <count>    of such a session; may be repeated; default: 100000
  --wire <name>        muxado or yamux; default: both
  --seconds <count>    of each attack; default: 10
  --rate <bits>        a second, of the attacker's bytes; default: 1000000
  --markdown           prints the tables in Markdown
  --help`;

/**
 * Returns undefined if `args` asks for help. Throws a TypeError or RangeError that explains what is wrong with `args`.
 */
export function parseOptions(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      attack: { type: "string", multiple: true, default: [] },
      ends: { type: "boolean", default: false },
      streams: { type: "string", multiple: true, default: ["100000"] },
      wire: { type: "string", multiple: true, default: ["muxado", "yamux"] },
      seconds: { type: "string", default: "10" },
      rate: { type: "string", default: "1000000" },
      markdown: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { attack: names, wire } = values;
  const unknown = names.find((name) => !attacks.some((one) => one.name === name));
  if (unknown !== undefined) throw new RangeError(`--attack: there is no "${unknown}"`);
  const isAll = names.length === 0 && !values.ends;
  return {
    attacks: isAll ? attacks : attacks.filter(({ name }) => names.includes(name)),
    ends: isAll || values.ends ? values.streams.flatMap((count) => endCases(count)) : [],
    wires: wire.map(wireCalled),
    seconds: positive("seconds", values.seconds),
    rate: positive("rate", values.rate),
    markdown: values.markdown,
  };
}

/** Every wait, combined with every end that can occur during it. */
function endCases(streams: string): EndCase[] {
  const count = positive("streams", streams);
  return waitNames.flatMap((wait): EndCase[] => [
    { wait, end: "killed", count, openedHere: false },
    { wait, end: "destroy", count, openedHere: false },
    { wait, end: "close", count, openedHere: false },
    { wait, end: "killed", count, openedHere: true },
    { wait, end: "goaway", count, openedHere: true },
  ]);
}

function wireCalled(name: string): RawWire {
  if (name in rawWires) return rawWires[name as WireName];
  throw new RangeError(`--wire must be muxado or yamux, got ${name}`);
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (value > 0 && value < Infinity) return value;
  throw new RangeError(`--${name} must be a number above 0, got ${text}`);
}
