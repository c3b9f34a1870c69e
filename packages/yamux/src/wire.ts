// The Yamux wire behind core's interface for wires: translates frames for a session, and encodes the frames that a
// session sends. Spec §4 to §8.

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
   * How many streams of our own may wait for the peer's acknowledgement. The session opens further streams, but
   * announces them to the peer only when the peer acknowledges others or others end. Default: 256, as many as a
   * hashicorp or Rust peer expects; Infinity: no limit.
   */
  readonly maxUnacknowledged?: number | undefined;
}

/** Streams that a peer may have opened before any is accepted: hashicorp's and Rust's peers rely on this number. */
const BACKLOG = 256;

/**
 * Milliseconds that a stream of the peer waits to be accepted; it may wait up to twice as long. hashicorp's opener ends
 * its session after 75 seconds without an acknowledgement.
 */
const ACCEPT_TIMEOUT = 30_000;

/**
 * The Yamux wire, for the option `wire` of a session. It is compatible with hashicorp/yamux, Rust's yamux and
 * \@libp2p/yamux.
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
  // Go's opener does not use the last two.
  maxStreamId: MAX_STREAM_ID - 2,
  defaults: { acceptBacklog: BACKLOG, acceptTimeout: ACCEPT_TIMEOUT },
  answersFullAcceptQueue: false,

  createDecoder: (handler: WireHandler) => new SessionDecoder(handler),

  putData(target, offset, streamId, flags, length) {
    // A frame without a body is sent as hashicorp sends it. A frame with FIN never has a body: the reader may report
    // the end before the bytes of the same frame (spec appendix, H6).
    return length === 0
      ? putWindowUpdate(target, offset, streamId, flagsOf(flags), 0)
      : putData(target, offset, streamId, flagsOf(flags), length);
  },
  putIncrement: (target, offset, streamId, increment) =>
    putWindowUpdate(target, offset, streamId, 0, increment),
  // Peers that know no reset codes ignore the length field of a reset.
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

/** Returns the flags of Yamux for those of core. */
function flagsOf(flags: number): number {
  return FLAGS[flags]!;
}

/** For each of the eight sets of core's flags, the flags of Yamux. */
const FLAGS: readonly number[] = Array.from({ length: 8 }, (_, flags) =>
  [
    [DataFlag.FIN, Flag.FIN],
    [DataFlag.SYN, Flag.SYN],
    [DataFlag.ACK, Flag.ACK],
  ].reduce((bits, [ours, theirs]) => ((flags & ours!) === 0 ? bits : bits | theirs!), 0),
);
