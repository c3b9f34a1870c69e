// The Yamux wire behind core's wire boundary: what each frame means to a session, and the frames that say what a
// session means. Spec §4 to §8.

import { DataFlag, type Wire, type WireHandler } from "@muxado/core";
import { checkNumber } from "@muxado/core/layers";
import { Flag, GoAwayCode } from "./frame-type.ts";
import { checkKeepAlive, keepAlive, type KeepAliveOptions } from "./keep-alive.ts";
import {
  FIRST_CLIENT_STREAM_ID,
  FIRST_SERVER_STREAM_ID,
  HEADER_LENGTH,
  INITIAL_WINDOW,
  MAX_STREAM_ID,
} from "./limits.ts";
import { SessionDecoder } from "./session-decoder.ts";
import { putData, putGoAway, putPing, putWindowUpdate } from "./put.ts";

/** Options of {@link yamux}. */
export interface YamuxOptions extends KeepAliveOptions {
  /**
   * Streams of our own that the peer has not acknowledged: further ones are opened, and announced to the peer as it
   * acknowledges others or they end. Default: 256, as many as a hashicorp or Rust peer expects; Infinity: no limit.
   */
  readonly maxUnacknowledged?: number | undefined;
}

/** Streams that a peer may have opened before any is accepted: what hashicorp's and Rust's peers count on. */
const BACKLOG = 256;

/**
 * Milliseconds that a stream of the peer's waits to be accepted, and at most twice that: hashicorp's opener ends its
 * session after 75 seconds without an acknowledgement.
 */
const ACCEPT_TIMEOUT = 30_000;

/**
 * The Yamux wire, for the option `wire` of a session, as hashicorp/yamux, Rust's yamux and \@libp2p/yamux speak it.
 *
 * @throws {RangeError} naming the option that is out of range.
 */
export function yamux(options: YamuxOptions = {}): Wire {
  const { maxUnacknowledged = BACKLOG } = options;
  checkNumber("maxUnacknowledged", maxUnacknowledged, 1, Infinity);
  checkKeepAlive(options);
  return {
    ...wire,
    maxUnacknowledged,
    began: (session, clock) => keepAlive(session, clock, options),
  };
}

const wire: Omit<Wire, "maxUnacknowledged" | "began"> = {
  name: "yamux",
  dataHeaderLength: HEADER_LENGTH,
  controlLength: HEADER_LENGTH,
  goAwayLength: HEADER_LENGTH,
  maxDebugLength: 0,
  initialWindow: INITIAL_WINDOW,
  maxWindow: 0xffffffff,
  firstClientStreamId: FIRST_CLIENT_STREAM_ID,
  firstServerStreamId: FIRST_SERVER_STREAM_ID,
  // Go's opener stops short of the last two.
  maxStreamId: MAX_STREAM_ID - 2,
  defaults: { acceptBacklog: BACKLOG, acceptTimeout: ACCEPT_TIMEOUT },
  answersFullAcceptQueue: false,

  createDecoder: (handler: WireHandler) => new SessionDecoder(handler),

  putData(target, offset, streamId, flags, length) {
    // What has no body travels as hashicorp sends it. FIN never has one: its reader may show the end before the bytes
    // of the same frame (spec appendix, H6).
    return length === 0
      ? putWindowUpdate(target, offset, streamId, flagsOf(flags), 0)
      : putData(target, offset, streamId, flagsOf(flags), length);
  },
  putIncrement: (target, offset, streamId, increment) =>
    putWindowUpdate(target, offset, streamId, 0, increment),
  // Peers that know no codes do not look at the length of a reset.
  putReset: (target, offset, streamId, errorCode) =>
    putWindowUpdate(target, offset, streamId, Flag.RST, errorCode),
  putGoAway: (target, offset, _lastStreamId, errorCode) =>
    putGoAway(
      target,
      offset,
      errorCode <= GoAwayCode.INTERNAL_ERROR ? errorCode : GoAwayCode.PROTOCOL_ERROR,
    ),
  putPing: (target, offset, value, isAnswer) =>
    putPing(target, offset, isAnswer ? Flag.ACK : Flag.SYN, value),
};

/** The bits of this wire for those of the boundary. */
function flagsOf(flags: number): number {
  return FLAGS[flags]!;
}

/** By the boundary's bits: all eight sets of them. */
const FLAGS: readonly number[] = Array.from({ length: 8 }, (_, flags) =>
  [
    [DataFlag.FIN, Flag.FIN],
    [DataFlag.SYN, Flag.SYN],
    [DataFlag.ACK, Flag.ACK],
  ].reduce((bits, [ours, theirs]) => ((flags & ours!) === 0 ? bits : bits | theirs!), 0),
);
