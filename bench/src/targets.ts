// The targets, and the results of a run: ratios of rounds of one run, and a few figures that stand alone. The size of
// the packages has a target too, which `npm run check -- size` checks.

import { DRAIN_UNIT } from "./measure-latency.ts";
import { scaleUnit } from "./measure-scale.ts";
import type { Measurement } from "./measurement.ts";
import type { Side } from "./pair.ts";
import { median, pairedRatio } from "./statistics.ts";
import { type Workload, workloads } from "./workload.ts";

/** One quantity of one peer. */
interface Quantity {
  readonly workload: string;
  /** Default: the only unit of the workload, or its first. */
  readonly unit?: string;
  /** The side whose processor time it is. Default: it is what the unit says. */
  readonly side?: Side;
  readonly peer: string;
}

interface Bound {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** A bound of one quantity, alone or divided by another quantity. */
export interface Target extends Bound {
  readonly of: Quantity;
  readonly over?: Quantity;
  /** The name of the target, where the names of the quantities would not explain it. */
  readonly label?: string;
}

/** A target with its result. */
export interface Outcome {
  readonly target: Target;
  /** Undefined if the run did not measure it. */
  readonly found: number | undefined;
  readonly isMet: boolean | undefined;
}

/** The longest payload of a small echo, in bytes. The cost of a small echo is that of its frames. */
const SMALL_ECHO = 1024;

/** The fastest peers in other languages. They are tuned: larger windows, longer frames or gathered writes. */
const tunedPeers = ["go-muxado-tuned", "go-yamux-tuned", "rust-muxado-tuned", "rust-yamux-tuned"];

export const targets: readonly Target[] = [
  beside("open-64", "muxado", "http2", 10),
  beside("open-64", "muxado", "go-muxado", 12),
  beside("open-64", "muxado", "go-yamux", 10),
  beside("open-64", "muxado", "libp2p-yamux", 20),
  beside("open-64", "muxado", "tcp-connections", 15),
  beside("open-64", "muxado", "rust-muxado", 1.5),
  beside("open-64", "muxado", "rust-yamux-tuned", 1.3),
  beside("open-64", "muxado", "go-muxado-tuned", 2),
  beside("open-1", "muxado", "tcp", 0.85),
  // The same in processor time, which the time that processes sleep does not change.
  costing("open-1", "client", "muxado", "tcp", 1.18),
  costing("open-1", "server", "muxado", "tcp", 1.18),
  beside("open-1", "muxado", "http2", 1.4),
  ...["bulk-1", "bulk-64"].flatMap((workload) => [
    beside(workload, "muxado", "tcp", 0.85),
    beside(workload, "muxado", "go-muxado", 3),
    beside(workload, "muxado", "go-yamux", 2),
    beside(workload, "muxado", "rust-muxado", 1),
    // Readers that bring their memory.
    ...tunedPeers.map((theirs) => beside(workload, "muxado-into", theirs, 1.1)),
  ]),
  beside("bulk-1", "muxado-into", "tcp", 1.5),
  beside("bulk-1", "muxado-into", "tcp-onread", 0.6),
  ...["relay-1", "relay-64"].flatMap((workload) => [
    beside(workload, "muxado-relay", "tcp-connections", 1.3),
    beside(workload, "muxado-relay", "go-muxado", 1),
    beside(workload, "muxado-relay", "go-yamux", 1),
  ]),
  beside("relay-messages-64", "muxado-relay", "go-muxado", 3),
  beside("relay-messages-64", "muxado-relay", "go-yamux", 3),
  beside("open-64", "muxado-duplex", "http2", 2.5),
  beside("bulk-1", "muxado-duplex", "tcp", 0.7),
  beside("bulk-1", "muxado-ws", "ws", 0.8),
  beside("open-64", "muxado-ws", "muxado", 0.7),
  alone("idle", "bytes of heap, client", 500),
  alone("idle", "bytes of heap, server", 500),
  growing("scale-1"),
  growing("scale-64"),
  {
    of: { workload: "mixed", unit: "µs, p99", peer: "muxado" },
    over: { workload: "mixed", unit: DRAIN_UNIT, peer: "tcp" },
    label: "p99 of requests ÷ a congested write of tcp",
    atMost: 3,
  },
  alone("codec", "ns, decode", 15),
  alone("codec", "ns, encode", 25),
  ...workloads.filter(({ kind }) => kind === "echo").flatMap(echoing),
];

function beside(workload: string, ours: string, theirs: string, atLeast: number): Target {
  return { of: { workload, peer: ours }, over: { workload, peer: theirs }, atLeast };
}

/** The processor time of one side. A machine with other work changes it less than a rate. */
function costing(
  workload: string,
  side: Side,
  ours: string,
  theirs: string,
  atMost: number,
): Target {
  return { of: { workload, side, peer: ours }, over: { workload, side, peer: theirs }, atMost };
}

/**
 * Compares with Go's module as its users have it. The parts that tune `go-muxado-tuned` are ours, and it has no row
 * over TLS.
 */
function echoing({ name, payload }: Workload): Target[] {
  const isSmall = payload <= SMALL_ECHO;
  return ["", "-tuned", ...(isSmall ? [] : ["-into"])].flatMap((variant) => [
    beside(name, `muxado${variant}`, "go-muxado", isSmall ? 3 : 1),
    beside(name, `muxado-tls${variant}`, "go-muxado-tls", isSmall ? 3 : 1),
  ]);
}

function alone(workload: string, unit: string, atMost: number): Target {
  return { of: { workload, unit, peer: "muxado" }, atMost };
}

/** The cost of a stream amid many others: the rate amid few, divided by the rate amid many. */
function growing(workload: string): Target {
  const amid = (others: number): Quantity => ({
    workload,
    unit: scaleUnit(others),
    peer: "muxado",
  });
  return {
    of: amid(10),
    over: amid(100_000),
    label: "cost of a stream amid 100 000 others ÷ amid 10",
    atMost: 1.3,
  };
}

/** Each of `all` with its result. */
export function outcomes(
  measurements: readonly Measurement[],
  all: readonly Target[] = targets,
): Outcome[] {
  return all.map((target) => {
    const found = foundOf(target, measurements);
    const { atLeast = -Infinity, atMost = Infinity } = target;
    const isMet = found === undefined ? undefined : found >= atLeast && found <= atMost;
    return { target, found, isMet };
  });
}

/** A target for which the run has a result. */
export interface Finding {
  readonly target: Target;
  readonly found: number;
  readonly isMet: boolean;
}

/** The outcomes that have a result. */
export function findings(measurements: readonly Measurement[]): Finding[] {
  return outcomes(measurements).filter((one): one is Finding => one.found !== undefined);
}

function foundOf({ of, over }: Target, measurements: readonly Measurement[]): number | undefined {
  const values = valuesOf(of, measurements);
  if (values === undefined) return undefined;
  if (over === undefined) return median(values);
  const others = valuesOf(over, measurements);
  return others === undefined ? undefined : pairedRatio(values, others);
}

function valuesOf(
  { workload, unit, side, peer }: Quantity,
  measurements: readonly Measurement[],
): readonly number[] | undefined {
  const measurement = measurements.find(
    (one) => one.workload.name === workload && (unit === undefined || one.unit === unit),
  );
  const values = side === undefined ? measurement?.values : measurement?.processorTime?.sides[side];
  return values?.[peer];
}

/** The label of a target, in a few words. */
export function labelOf({ label, of, over }: Target): string {
  if (label !== undefined) return label;
  if (over === undefined) return `${of.peer}, ${of.unit}`;
  const what = of.side === undefined ? "" : `, processor time of the ${of.side}`;
  return `${of.peer} ÷ ${over.peer}${what}`;
}

/** The bound of a target, in a few words. */
export function boundOf({ atLeast, atMost }: Bound): string {
  return atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`;
}
