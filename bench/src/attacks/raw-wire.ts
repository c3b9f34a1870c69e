// Frames of either wire for an attacker: named by their meaning, and made without a session that would refuse them.

import type { SessionOptions } from "@muxado/core";
import * as muxado from "@muxado/frame";
import * as yamux from "@muxado/yamux";

export type WireName = "muxado" | "yamux";

/** Makes a frame for the stream with this id. */
export type FrameOn = (id: number) => Uint8Array;

export interface RawWire {
  readonly name: WireName;
  /** The options that the peer's session needs. */
  readonly sessionOptions: SessionOptions;
  /** The first id. No known client begins with a lower one. */
  readonly firstId: number;
  /** Opens a stream, without bytes. */
  readonly syn: FrameOn;
  /** Opens a stream, carries a byte, and half-closes: a whole request. */
  readonly request: FrameOn;
  /** Opens a stream and carries a byte. */
  readonly opening: FrameOn;
  /** Carries one byte. */
  readonly byte: FrameOn;
  /** Half-closes, without bytes. */
  readonly fin: FrameOn;
  readonly reset: FrameOn;
  /** Gives one byte of credit. */
  readonly increment: FrameOn;
  /** Takes the last id. Yamux cannot send it. */
  readonly goAway: FrameOn;
}

const BYTE = new Uint8Array(1);
const NO_BYTES = new Uint8Array(0);

function muxadoData(streamId: number, syn: boolean, fin: boolean, body: Uint8Array): Uint8Array {
  return muxado.encode({ type: "data", streamId, syn, fin, body });
}

const overMuxado: RawWire = {
  name: "muxado",
  sessionOptions: {},
  firstId: muxado.FIRST_CLIENT_STREAM_ID,
  syn: (id) => muxadoData(id, true, false, NO_BYTES),
  request: (id) => muxadoData(id, true, true, BYTE),
  opening: (id) => muxadoData(id, true, false, BYTE),
  byte: (id) => muxadoData(id, false, false, BYTE),
  fin: (id) => muxadoData(id, false, true, NO_BYTES),
  reset: (streamId) =>
    muxado.encode({ type: "reset", streamId, errorCode: muxado.ErrorCode.STREAM_CANCELLED }),
  increment: (streamId) => muxado.encode({ type: "increment", streamId, increment: 1 }),
  goAway: (lastStreamId) =>
    muxado.encode({ type: "goAway", lastStreamId, errorCode: 0, debug: NO_BYTES }),
};

const NO_FLAGS = { syn: false, ack: false, fin: false, rst: false };

type YamuxFlags = Partial<typeof NO_FLAGS>;

function yamuxData(streamId: number, body: Uint8Array, flags: YamuxFlags): Uint8Array {
  return yamux.encode({ type: "data", streamId, ...NO_FLAGS, ...flags, body });
}

function windowUpdate(streamId: number, increment: number, flags: YamuxFlags): Uint8Array {
  return yamux.encode({ type: "windowUpdate", streamId, ...NO_FLAGS, ...flags, increment });
}

const overYamux: RawWire = {
  name: "yamux",
  sessionOptions: { wire: yamux.yamux() },
  firstId: yamux.FIRST_CLIENT_STREAM_ID,
  syn: (id) => windowUpdate(id, 0, { syn: true }),
  request: (id) => yamuxData(id, BYTE, { syn: true, fin: true }),
  opening: (id) => yamuxData(id, BYTE, { syn: true }),
  byte: (id) => yamuxData(id, BYTE, {}),
  fin: (id) => windowUpdate(id, 0, { fin: true }),
  reset: (id) => windowUpdate(id, 0, { rst: true }),
  increment: (id) => windowUpdate(id, 1, {}),
  goAway: () => yamux.encode({ type: "goAway", code: yamux.GoAwayCode.NORMAL }),
};

export const rawWires: Readonly<Record<WireName, RawWire>> = {
  muxado: overMuxado,
  yamux: overYamux,
};
