// The attacks: which frames each attack sends again and again, and which application receives them. The wire allows
// each attack, or the attack costs its sender no more than the connection.

import { collidingIds } from "./colliding-ids.ts";
import type { FrameOn, RawWire } from "./raw-wire.ts";
import type { App } from "./applications.ts";

export interface Attack {
  readonly name: string;
  /** Describes the attack for readers of the table. */
  readonly description: string;
  /** The work of the server with its streams. Default: it reads each stream to its end and answers. */
  readonly app?: App;
  /** Whether the attacker hangs up after the last frame and begins again. Default: the connection rests. */
  readonly hangsUp?: boolean;
  /** Frames for one connection. When the server ends the connection, the attacker begins again with new frames. */
  frames(wire: RawWire): Iterable<Uint8Array>;
}

/** Streams that stay open while the attack refers to others. A server allows nearly this many by default. */
const MANY = 4_000;

/** Provoked resets that do not end a session: a little fewer than a session allows in ten seconds. */
const RESETS = 9_900;

/** Streams that the server itself opens. */
export const SERVER_STREAMS = 20_000;

const GOAWAYS = 16;

/** Ids that a client may use, in order. */
function* ids(wire: RawWire, count = Infinity, step = 2): Generator<number> {
  for (let n = 0, id = wire.firstId; n < count && id < 2 ** 31; n++, id += step) yield id;
}

function* opened(wire: RawWire, streams: Iterable<number>): Generator<Uint8Array> {
  for (const id of streams) yield wire.syn(id);
}

/** Every frame of `each` on one stream after the other, without end. */
function* forEver(streams: number[], ...each: FrameOn[]): Generator<Uint8Array> {
  for (;;) for (const id of streams) for (const frame of each) yield frame(id);
}

/** Opens the first {@link MANY} of these streams, and sends `frame` on each of them. */
function* openedAndThen(wire: RawWire, streams: number[], frame: FrameOn): Generator<Uint8Array> {
  const many = streams.slice(0, MANY);
  yield* opened(wire, many);
  yield* forEver(many, frame);
}

/** Opens the first {@link MANY} of these streams, and then sends frames that refer to the others. */
function* openedAndOthers(wire: RawWire, streams: number[]): Generator<Uint8Array> {
  yield* opened(wire, streams.slice(0, MANY));
  yield* forEver(streams.slice(MANY), wire.reset, wire.fin, wire.increment);
}

/** Data on streams that do not exist, so that the server resets each of them. Then more data on the same streams. */
function* onResetStreams(wire: RawWire, streams: number[]): Generator<Uint8Array> {
  yield* forEver(streams.slice(0, RESETS), wire.byte);
}

export const attacks: readonly Attack[] = [
  {
    name: "none",
    description: "no attack: the other client alone",
    frames: () => [],
  },
  {
    name: "requests",
    description: "no attack: requests of a byte, each answered, at the same rate",
    *frames(wire) {
      for (const id of ids(wire)) yield wire.request(id);
    },
  },
  {
    name: "idle-syns",
    description: "streams that are opened and carry nothing",
    frames: (wire) => opened(wire, ids(wire)),
  },
  {
    name: "idle-many",
    description: "4 000 such streams, which rest",
    frames: (wire) => opened(wire, ids(wire, MANY)),
  },
  {
    name: "hang-ups",
    description: "the same, but the attacker hangs up at once and begins again",
    hangsUp: true,
    frames: (wire) => opened(wire, ids(wire, MANY)),
  },
  {
    name: "rapid-reset",
    description: "streams that are opened and reset",
    *frames(wire) {
      for (const id of ids(wire)) {
        yield wire.syn(id);
        yield wire.reset(id);
      }
    },
  },
  {
    name: "colliding-data",
    description:
      "4 000 streams whose ids collide in a Map of V8, then a byte on each, again and again",
    frames: (wire) => openedAndThen(wire, collidingIds(), wire.byte),
  },
  {
    name: "colliding-increments",
    description: "the same with increments of a byte",
    frames: (wire) => openedAndThen(wire, collidingIds(), wire.increment),
  },
  {
    name: "colliding-unknown",
    description:
      "the same streams, then resets, FINs and increments on colliding ids that nobody opened",
    frames: (wire) => openedAndOthers(wire, collidingIds()),
  },
  {
    name: "colliding-resets",
    description: "9 900 colliding ids that get reset, since nobody opened them, then data on each",
    frames: (wire) => onResetStreams(wire, collidingIds()),
  },
  {
    name: "strided-data",
    description: "as colliding-data, with ids that have their low 16 bits in common",
    frames: (wire) => openedAndThen(wire, [...ids(wire, Infinity, 2 ** 16)], wire.byte),
  },
  {
    name: "plain-unknown",
    description: "as colliding-unknown, with ids in order",
    frames: (wire) => openedAndOthers(wire, [...ids(wire, 2 * MANY)]),
  },
  {
    name: "plain-resets",
    description: "as colliding-resets, with ids in order",
    frames: (wire) => onResetStreams(wire, [...ids(wire, RESETS)]),
  },
  {
    name: "increments",
    description: "increments of a byte on one stream",
    *frames(wire) {
      yield wire.syn(wire.firstId);
      yield* forEver([wire.firstId], wire.increment);
    },
  },
  {
    name: "tiny-frames",
    description: "1 000 streams, and a byte on each, again and again",
    *frames(wire) {
      const streams = [...ids(wire, 1_000)];
      yield* opened(wire, streams);
      yield* forEver(streams, wire.byte);
    },
  },
  {
    name: "tiny-unread",
    description: "streams with a byte each that the application accepts and does not read",
    app: "hold",
    *frames(wire) {
      for (const id of ids(wire)) yield wire.opening(id);
    },
  },
  {
    name: "goaways",
    description: "16 GOAWAYs with falling last ids amid 20 000 streams that the server has opened",
    app: "open",
    *frames(wire) {
      for (let n = 1; n <= GOAWAYS; n++) {
        yield wire.goAway(2 * Math.floor(SERVER_STREAMS * (1 - n / GOAWAYS)));
      }
    },
  },
];
