// The wire boundary: what a session asks of a protocol's byte layout, by meaning and never by layout.
// A wire decodes chunks into calls on a WireHandler and encodes frames into a given buffer.
// It keeps no stream state, and the session never looks at a header.

import type { Clock } from "../base/clock.ts";
import type { WaitOptions } from "../base/waiter.ts";
import type { SessionStats } from "./statistics.ts";

/**
 * Input that is not valid on a wire.
 *
 * Every wire reports its own error class; the session only reads these two fields.
 */
export interface WireError extends Error {
  /** The error code that GOAWAY reports to the peer. */
  readonly code: number;
}

/**
 * What a wire's decoder calls, once per frame or piece of a body.
 *
 * Bodies of DATA arrive as offsets into the transport's own chunk, as soon as the bytes do. A frame is
 * complete when the piece reaches its declared length.
 */
export interface WireHandler {
  /**
   * A DATA frame's header, with the part of its body that is at hand: `chunk[start, end)`, perhaps empty.
   *
   * `length` is the declared length of the body in bytes; nothing has been allocated from it.
   */
  onData(
    streamId: number,
    flags: number,
    length: number,
    chunk: Uint8Array<ArrayBuffer>,
    start: number,
    end: number,
  ): void;
  /** The next piece of the same body; `remaining` bytes are still to come after it. */
  onDataRest(chunk: Uint8Array<ArrayBuffer>, start: number, end: number, remaining: number): void;
  /** The peer has taken a stream that was opened here. Only on wires whose peers say so. */
  onAcknowledged(streamId: number): void;
  /** The peer ended both directions of a stream. */
  onReset(streamId: number, errorCode: number): void;
  /** The peer granted `increment` more bytes of credit on a stream. */
  onIncrement(streamId: number, increment: number): void;
  /** The peer takes no more streams. `debug` belongs to the handler. */
  onGoAway(lastStreamId: number, errorCode: number, debug: Uint8Array<ArrayBuffer>): void;
  /** The peer asks for an answer with the same value, or has answered. Only on wires that have pings. */
  onPing(value: number, isAnswer: boolean): void;
  /** The input is not valid; the decoder has stopped for good. */
  onInvalid(error: WireError): void;
}

/** A push decoder over one direction of one transport. */
export interface WireDecoder {
  /** Takes the next chunk, cut anywhere. Never throws because of its content; never re-entered. */
  push(chunk: Uint8Array<ArrayBuffer>): void;
  /** Ignores all further input, also the rest of a chunk being pushed. Safe inside a handler's method. */
  stop(): void;
  /** The fewest bytes that must still come to complete the frame that has begun; 0 between two frames. */
  readonly pending: number;
}

/** Flags of a DATA frame as the session means them; a wire maps them to its own bits. */
export const DataFlag = {
  /** Ends the sender's direction. */
  FIN: 0x1,
  /** Opens the stream. */
  SYN: 0x2,
  /** Tells the peer that its stream has been taken. Only on wires that acknowledge, and once for each stream. */
  ACK: 0x4,
} as const;

/** Options of a session that a wire may have other defaults for. */
export interface WireDefaults {
  /** Remote streams that may wait for `accept`. */
  readonly acceptBacklog?: number | undefined;
  /** Milliseconds that a remote stream may wait for it. */
  readonly acceptTimeout?: number | undefined;
}

/** A session, as its wire sees it. */
export interface WireSession {
  /** Settles once the session and its transport have ended; never rejects. */
  readonly closed: Promise<unknown>;
  /** Counters of this moment. */
  stats(): SessionStats;
  /** Asks the peer for a sign of life, and resolves with the round trip in milliseconds. */
  ping(options?: WaitOptions): Promise<number>;
  /** Ends the session at once. */
  destroy(error?: unknown): void;
}

/**
 * A wire protocol, as a table of traits and stateless functions.
 *
 * Every `put*` writes one frame into `target` at `offset`, allocates nothing, trusts its arguments, and
 * returns the offset just behind the frame.
 */
export interface Wire {
  /** The protocol's name, for messages and traces. */
  readonly name: string;
  /** Bytes of a DATA frame in front of its body. */
  readonly dataHeaderLength: number;
  /** Bytes of the longest frame that is neither DATA nor GOAWAY. */
  readonly controlLength: number;
  /** Bytes of the longest GOAWAY apart from its debug data, with all that must follow it. */
  readonly goAwayLength: number;
  /** Bytes of debug data that a GOAWAY may carry. */
  readonly maxDebugLength: number;
  /** Credit in bytes that each direction of a new stream starts with, on both sides. */
  readonly initialWindow: number;
  /** The most credit in bytes that may be outstanding on one direction. */
  readonly maxWindow: number;
  /** The first id that a client opens; odd. The server's ids have the other parity. */
  readonly firstClientStreamId: number;
  /** The first id that a server opens; even. */
  readonly firstServerStreamId: number;
  /** The highest id that a session may open. */
  readonly maxStreamId: number;
  /**
   * Streams of our own that may be without the peer's acknowledgement: one more is held back until one is
   * acknowledged or ends. Undefined on a wire that does not acknowledge streams.
   */
  readonly maxUnacknowledged: number | undefined;
  /** Options of a session whose defaults are others on this wire. */
  readonly defaults?: WireDefaults | undefined;
  /** Whether a reset that says "accept queue full" must be answered with a reset to free the peer's entry. */
  readonly answersFullAcceptQueue: boolean;

  /** A decoder that reports to `handler`. */
  createDecoder(handler: WireHandler): WireDecoder;
  /** The header of a DATA frame whose body of `length` bytes follows. `flags` are {@link DataFlag} bits. */
  putData(
    target: Uint8Array,
    offset: number,
    streamId: number,
    flags: number,
    length: number,
  ): number;
  /** A grant of `increment` bytes of credit. */
  putIncrement(target: Uint8Array, offset: number, streamId: number, increment: number): number;
  /** The end of both directions of a stream. */
  putReset(target: Uint8Array, offset: number, streamId: number, errorCode: number): number;
  /** The end of accepting streams. `final` says that nothing follows on this transport. */
  putGoAway(
    target: Uint8Array,
    offset: number,
    lastStreamId: number,
    errorCode: number,
    debug: Uint8Array,
    final: boolean,
  ): number;
  /** A question that the peer answers with the same `value`, a u32, or the answer to one. Undefined: there are none. */
  readonly putPing:
    | ((target: Uint8Array, offset: number, value: number, isAnswer: boolean) => number)
    | undefined;
  /** Called when a session on this wire begins: for what a wire does by itself, such as keeping the peer awake. */
  readonly began?: ((session: WireSession, clock: Clock) => void) | undefined;
}
