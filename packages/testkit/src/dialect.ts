// The meaning of a frame, in the bytes of each wire. Tests are written in muxado's frames, which name their meaning. A
// raw peer sends them on the wire of its session. It follows no rule of either protocol.

import { muxado, type Wire } from "@muxado/core";
import * as Muxado from "@muxado/frame";
import * as Yamux from "@muxado/yamux";

type Frame = Muxado.Frame;

/** Signs that a wire may have in addition to muxado's frames: that a stream has been taken, and pings. */
export type Sign =
  | { readonly type: "ack"; readonly streamId: number }
  | { readonly type: "ping"; readonly value: number; readonly isAnswer: boolean };

/** Anything that is sent on a wire. */
export type Phrase = Frame | Sign;

/** How one wire encodes it: phrases, or frames of its own. */
export interface Dialect<Said = Phrase> {
  readonly encode: (said: Said) => Uint8Array;
  /** Makes a reader that takes chunks of a session's output, cut anywhere. */
  readonly createReader: () => (chunk: Uint8Array) => Said[];
}

/** A wire that tests run on, and the fields that it cannot carry. */
export interface WireUnderTest {
  /** The name in the titles of tests. */
  readonly name: string;
  readonly wire: Wire;
  /** Whether its reset carries a reason. */
  readonly resetHasCode: boolean;
  /** Whether its GOAWAY carries debug data. */
  readonly goAwayHasDebug: boolean;
  /** Whether its GOAWAY carries any code, and not only NO_ERROR, INTERNAL_ERROR, and PROTOCOL_ERROR for all others. */
  readonly goAwayHasAnyCode: boolean;
  /** Whether its GOAWAY carries the last stream that was seen. */
  readonly goAwayHasLastId: boolean;
}

/** Every wire of sessions, for `describe.each`. None does anything by itself, so that clocks stay quiet. */
export const wires: readonly WireUnderTest[] = [
  {
    name: "muxado",
    wire: muxado,
    resetHasCode: true,
    goAwayHasDebug: true,
    goAwayHasAnyCode: true,
    goAwayHasLastId: true,
  },
  {
    name: "yamux",
    wire: Yamux.yamux({ keepAlive: Infinity }),
    resetHasCode: true,
    goAwayHasDebug: false,
    goAwayHasAnyCode: false,
    goAwayHasLastId: false,
  },
];

/** The last id in a GOAWAY of a wire that has none: no stream was refused by it. */
export const NO_LAST_ID: number = Yamux.MAX_STREAM_ID;

/** Whether muxado has such a frame. */
export function isFrame(phrase: Phrase): phrase is Frame {
  return phrase.type !== "ack" && phrase.type !== "ping";
}

/** Returns the dialect of a wire, or of a wire that differs from it only in its numbers. */
export function dialectOf({ name }: Wire): Dialect {
  const dialect = DIALECTS[name];
  if (dialect === undefined) throw new Error(`the test kit does not speak ${name}`);
  return dialect;
}

const NOTHING = new Uint8Array(0);
const NO_FLAGS = { syn: false, ack: false, fin: false, rst: false };

const DIALECTS: Readonly<Record<string, Dialect>> = {
  muxado: {
    encode(phrase) {
      if (!isFrame(phrase)) throw new Error(`muxado has no ${phrase.type}`);
      return Muxado.encode(phrase);
    },
    createReader() {
      const decoder = new Muxado.FrameDecoder();
      return (chunk) => [...decoder.decode(chunk)];
    },
  },
  yamux: {
    encode: (phrase) => Yamux.encode(toYamux(phrase)),
    createReader() {
      const decoder = new Yamux.FrameDecoder();
      return (chunk) => [...decoder.decode(chunk)].flatMap(fromYamux);
    },
  },
};

function toYamux(phrase: Phrase): Yamux.Frame {
  switch (phrase.type) {
    case "data": {
      const { streamId, syn, fin, body } = phrase;
      const flags = { ...NO_FLAGS, syn, fin };
      return body.length === 0 && (syn || fin)
        ? { type: "windowUpdate", streamId, ...flags, increment: 0 }
        : { type: "data", streamId, ...flags, body };
    }
    case "reset": {
      const { streamId, errorCode: increment } = phrase;
      return { type: "windowUpdate", streamId, ...NO_FLAGS, rst: true, increment };
    }
    case "increment": {
      const { streamId, increment } = phrase;
      return { type: "windowUpdate", streamId, ...NO_FLAGS, increment };
    }
    case "goAway":
      return { type: "goAway", code: phrase.errorCode };
    case "ack": {
      const { streamId } = phrase;
      return { type: "windowUpdate", streamId, ...NO_FLAGS, ack: true, increment: 0 };
    }
    case "ping":
      return { type: "ping", ack: phrase.isAnswer, value: phrase.value };
  }
}

/** One Yamux frame may have several meanings. */
function fromYamux(frame: Yamux.Frame): Phrase[] {
  if (frame.type === "goAway") {
    return [{ type: "goAway", lastStreamId: NO_LAST_ID, errorCode: frame.code, debug: NOTHING }];
  }
  if (frame.type === "ping") return [{ type: "ping", value: frame.value, isAnswer: frame.ack }];
  const { streamId, syn, ack, fin, rst } = frame;
  const isData = frame.type === "data";
  if (rst) return [{ type: "reset", streamId, errorCode: isData ? 0 : frame.increment }];
  const phrases: Phrase[] = ack ? [{ type: "ack", streamId }] : [];
  if (!isData && (frame.increment > 0 || !(syn || ack || fin))) {
    if (syn) phrases.push({ type: "data", streamId, syn, fin: false, body: NOTHING });
    phrases.push({ type: "increment", streamId, increment: frame.increment });
    if (fin) phrases.push({ type: "data", streamId, syn: false, fin, body: NOTHING });
  } else if (syn || fin || isData) {
    phrases.push({ type: "data", streamId, syn, fin, body: isData ? frame.body : NOTHING });
  }
  return phrases;
}
