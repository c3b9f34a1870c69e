// The Yamux wire, in the form that core needs: it translates frames for a session, and encodes the frames that a
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
   * Streams opened here that may wait for the peer's acknowledgement at once. The session opens further streams, but
   * tells the peer of them only when another stream is acknowledged or ends. Default: 256, as many as a hashicorp or
   * Rust peer expects; Infinity: no limit.
   */
  readonly maxUnacknowledged?: number | undefined;
}

/** Streams of the peer that may wait for `accept`. hashicorp's and Rust's peers rely on this number. */
const BACKLOG = 256;

/**
 * Milliseconds that a stream of the peer may wait for `accept`, or at most twice that. A hashicorp peer ends its
 * session when a stream that it has opened is neither acknowledged nor ended within 75 seconds.
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
  // Go's peers do not open streams with the last two ids.
  maxStreamId: MAX_STREAM_ID - 2,
  defaults: { acceptBacklog: BACKLOG, acceptTimeout: ACCEPT_TIMEOUT },
  answersFullAcceptQueue: false,

  createDecoder: (handler: WireHandler) => new SessionDecoder(handler),

  putData(target, offset, streamId, flags, length) {
    // A frame without a body is sent as hashicorp sends it. A frame with FIN never has a body: the reader of the peer
    // may report the end before the bytes of the same frame (spec appendix, H6).
    return length === 0
      ? putWindowUpdate(target, offset, streamId, flagsOf(flags), 0)
      : putData(target, offset, streamId, flagsOf(flags), length);
  },
  putIncrement: (target, offset, streamId, increment) =>
    putWindowUpdate(target, offset, streamId, 0, increment),
  // The length field carries the code. Peers that know no reset codes ignore this field.
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

/** Translates flags of core to flags of Yamux. */
function flagsOf(flags: number): number {
  return FLAGS[flags]!;
}

/** The flags of Yamux for each of the eight combinations of core's flags. */
const FLAGS: readonly number[] = Array.from({ length: 8 }, (_, flags) =>
  [
    [DataFlag.FIN, Flag.FIN],
    [DataFlag.SYN, Flag.SYN],
    [DataFlag.ACK, Flag.ACK],
  ].reduce((bits, [ours, theirs]) => ((flags & ours!) === 0 ? bits : bits | theirs!), 0),
);
