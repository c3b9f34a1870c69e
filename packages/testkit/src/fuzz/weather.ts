// The random settings of a case, drawn before it begins: the session's options, the behaviour of the transport and the
// peer, and how wild both players are.

import type { Role, SessionOptions, Wire } from "@muxado/core";
import { yamux } from "@muxado/yamux";
import { wires } from "../dialect.ts";
import type { Random } from "../random.ts";

/** When a transport confirms a write: inside the call, at a later step, after some time, or from some step on never. */
type Confirming = "at once" | "later" | "slowly" | "until stuck";

/** The settings that are drawn. */
export interface Weather {
  readonly role: Role;
  readonly wire: Wire;
  readonly options: SessionOptions;
  readonly steps: number;
  /** How often the peer sends another frame than its protocol allows, from 0 to 1. */
  readonly mutated: number;
  /** How often the bytes of a frame are damaged, from 0 to 1. */
  readonly damaged: number;
  /** Whether chunks are cut anywhere. */
  readonly cuts: boolean;
  readonly confirming: Confirming;
  /** Whether `write` of the transport throws once. */
  readonly transportThrows: boolean;
  /** Whether the transport reports input, and its end, inside its own methods. */
  readonly transportSpeaks: boolean;
  /** Whether the session is traced, and whether commands are called inside traces. */
  readonly tracing: "none" | "passive" | "active";
  /** Whether commands are called inside watchers. */
  readonly watching: "passive" | "active";
  /** Whether callbacks throw from time to time. */
  readonly throws: boolean;
  /** Whether some streams are used as Web Streams. */
  readonly web: boolean;
  /** Whether promises of the session get their handlers only at the end. */
  readonly late: boolean;
  /** Whether sessions go away, close or are destroyed in the middle. */
  readonly storms: boolean;
  /** Whether output is read when a write is confirmed, and not when it begins. */
  readonly readsLate: boolean;
  /** The approximate number of streams. */
  readonly streams: number;
  /** How many more streams either side may open at once. */
  readonly crowd: number;
  /** Whether some limits are so low that an honest peer may reach them. */
  readonly isStrict: boolean;
}

/** Draws the settings of a case. */
export function drawWeather(random: Random): Weather {
  const wire = drawWire(random);
  const { initialWindow } = wire;
  const isWild = random.oneIn(2);
  const isStrict = random.oneIn(4);
  return {
    role: random.pick(["client", "server"] as const),
    wire,
    options: drawOptions(random, initialWindow, isStrict),
    steps: random.between(5, random.oneIn(8) ? 200 : 60),
    mutated: isWild ? random.pick([0.01, 0.05, 0.3]) : random.pick([0, 0, 0.02]),
    damaged: random.oneIn(4) ? random.pick([0.002, 0.02]) : 0,
    cuts: random.oneIn(2),
    confirming: random.pick(["at once", "at once", "later", "slowly", "until stuck"] as const),
    transportThrows: random.oneIn(40),
    transportSpeaks: random.oneIn(6),
    tracing: random.pick(["none", "none", "passive", "active"] as const),
    watching: random.pick(["passive", "active"] as const),
    throws: random.oneIn(4),
    web: random.oneIn(4),
    late: random.oneIn(4),
    storms: random.oneIn(3),
    readsLate: random.oneIn(4),
    streams: random.pick([2, 10, 40]),
    crowd: drawCrowd(random),
    isStrict,
  };
}

/** Few cases have a crowd, because each stream costs time. The largest fill the room for output that may wait. */
function drawCrowd(random: Random): number {
  if (random.oneIn(4000)) return 90_000;
  return random.oneIn(80) ? random.between(100, 3000) : 0;
}

function drawWire(random: Random): Wire {
  const { wire } = random.pick(wires);
  const initialWindow = random.oneIn(30) ? 262_144 : random.pick([1024, 3000, 8192, 20_000]);
  if (wire.maxUnacknowledged === undefined) return { ...wire, initialWindow };
  const maxUnacknowledged = random.pick([1, 2, 256]);
  const keepAlive = random.oneIn(6) ? random.pick([500, 30_000]) : Infinity;
  return { ...yamux({ maxUnacknowledged, keepAlive }), initialWindow };
}

/** Returns a value of `values` once in `rare` times, otherwise undefined for the default. */
function rarely<T>(random: Random, rare: number, values: readonly T[]): T | undefined {
  return random.oneIn(rare) ? random.pick(values) : undefined;
}

function drawOptions(random: Random, initialWindow: number, isStrict: boolean): SessionOptions {
  const often = isStrict ? 2 : 1e9;
  return {
    windowSize: rarely(random, 3, [1, initialWindow, initialWindow * 2]),
    maxWindowSize: initialWindow * random.pick([1, 2, 64]),
    memoryBudget: rarely(random, 4, [0, 3000, 20_000, 100_000]),
    transportBudget: random.pick([1, 5000, 262_144]),
    acceptBacklog: rarely(random, 4, [1, 3]),
    maxInboundStreams: rarely(random, often, [0, 3, 20]),
    maxOutboundStreams: rarely(random, often, [0, 3, 20]),
    maxProvokedResets: rarely(random, often, [0, 10]),
    maxWaitingResets: rarely(random, often, [0, 5]),
    maxRapidResets: rarely(random, often, [0, 5]),
    maxEmptyFrames: rarely(random, often, [0, 5]),
    maxUnearnedIncrements: rarely(random, often, [0, 20]),
    writeTimeout: rarely(random, 3, [0, 100, 5000, Infinity]),
    streamCloseTimeout: rarely(random, 3, [0, 100, 5000, Infinity]),
    acceptTimeout: rarely(random, 3, [0, 100, 5000, Infinity]),
    closeTimeout: rarely(random, 3, [0, 100, 5000, Infinity]),
    goAwayTimeout: rarely(random, 3, [0, 100, 5000, Infinity]),
    lingerTimeout: rarely(random, 3, [0, 10, 5000]),
  };
}
