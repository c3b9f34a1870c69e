// The interface between a session and a wire. The session knows the meaning of frames, and the wire knows their bytes.
// A wire decodes chunks and calls a WireHandler for each frame, and it encodes frames into a given buffer. It keeps no
// state of streams, and the session never reads a header.

import type { Clock } from "../base/clock.ts";
import type { WaitOptions } from "../base/waiter.ts";
import type { SessionStats } from "./statistics.ts";

/**
 * An error about input that is not valid on a wire.
 *
 * Every wire has its own error class. The session reads only `code` and `message`.
 */
export interface WireError extends Error {
  /** The error code that GOAWAY reports to the peer. */
  readonly code: number;
}

/**
 * The calls that a wire's decoder makes: one for each frame or piece of a body.
 *
 * The handler gets the body of a DATA frame as offsets into the transport's own chunk, as soon as bytes arrive. A frame
 * is complete when its pieces together have the declared length.
 */
export interface WireHandler {
  /**
   * Called with the header of a DATA frame, and with the part of its body that has arrived: `chunk[start, end)`, which
   * may be empty.
   *
   * `length` is the declared length of the body in bytes. Nothing has been allocated for it.
   */
  onData(
    streamId: number,
    flags: number,
    length: number,
    chunk: Uint8Array<ArrayBuffer>,
    start: number,
    end: number,
  ): void;
  /** Called with the next piece of the same body. After it, `remaining` bytes have yet to arrive. */
  onDataRest(chunk: Uint8Array<ArrayBuffer>, start: number, end: number, remaining: number): void;
  /** Called when the peer has acknowledged a stream that was opened here. Only on wires with acknowledgements. */
  onAcknowledged(streamId: number): void;
  /** Called when the peer has ended both directions of a stream. */
  onReset(streamId: number, errorCode: number): void;
  /** Called when the peer has granted `increment` more bytes of credit on a stream. */
  onIncrement(streamId: number, increment: number): void;
  /** Called when the peer accepts no more streams. The handler owns `debug`. */
  onGoAway(lastStreamId: number, errorCode: number, debug: Uint8Array<ArrayBuffer>): void;
  /**
   * Called when the peer asks for an answer with the same value, or when it has answered. Only on wires that have
   * pings.
   */
  onPing(value: number, isAnswer: boolean): void;
  /** Called when the input is invalid. The decoder has stopped and cannot start again. */
  onInvalid(error: WireError): void;
}

/** A push decoder for one direction of one transport. */
export interface WireDecoder {
  /**
   * Takes the next chunk, which may be cut anywhere. Never throws because of its content. The session never calls it
   * while it runs.
   */
  push(chunk: Uint8Array<ArrayBuffer>): void;
  /** Ignores all further input, including the rest of the current chunk. Safe inside a method of the handler. */
  stop(): void;
  /** The smallest number of bytes that must still arrive to complete the frame that has begun; 0 between two frames. */
  readonly pending: number;
}

/** Flags of a DATA frame, as the session uses them. A wire maps them to its own bits. */
export const DataFlag = {
  /** Ends the sender's direction. */
  FIN: 0x1,
  /** Opens the stream. */
  SYN: 0x2,
  /** Acknowledges a stream of the peer. Only on wires with acknowledgements, and once for each stream. */
  ACK: 0x4,
} as const;

/** Options of a session for which a wire may have its own defaults. */
export interface WireDefaults {
  /** Remote streams that may wait for `accept`. */
  readonly acceptBacklog?: number | undefined;
  /** Milliseconds that a remote stream may wait for `accept`. */
  readonly acceptTimeout?: number | undefined;
}

/** The part of a session that its wire may use. */
export interface WireSession {
  /** Settles after the session and its transport have ended; never rejects. */
  readonly closed: Promise<unknown>;
  /** Returns the counters of this moment. */
  stats(): SessionStats;
  /** Sends a ping. Resolves with the round trip in milliseconds. */
  ping(options?: WaitOptions): Promise<number>;
  /** Ends the session at once. */
  destroy(error?: unknown): void;
}

/**
 * A wire protocol: its properties, and functions without state.
 *
 * Every `put*` writes one frame into `target` at `offset`. It allocates nothing and does not check its arguments. It
 * returns the offset after the frame.
 */
export interface Wire {
  /** The protocol's name, for messages and traces. */
  readonly name: string;
  /** Length of the header of a DATA frame, in bytes. */
  readonly dataHeaderLength: number;
  /** Length of the longest frame that is neither DATA nor GOAWAY, in bytes. */
  readonly controlLength: number;
  /** Length of the longest GOAWAY without its debug data, in bytes, including everything that must follow it. */
  readonly goAwayLength: number;
  /** The most bytes of debug data in a GOAWAY. */
  readonly maxDebugLength: number;
  /** Credit in bytes that each direction of a new stream starts with, on both sides. */
  readonly initialWindow: number;
  /** The most bytes of credit that one direction may have at a time. */
  readonly maxWindow: number;
  /** The first stream id that a client opens; odd. The ids of the server have the other parity. */
  readonly firstClientStreamId: number;
  /** The first stream id that a server opens; even. */
  readonly firstServerStreamId: number;
  /** The highest stream id that a session may open. */
  readonly maxStreamId: number;
  /**
   * The most streams opened here that the peer has not acknowledged. The SYN of one more stream waits until another
   * stream is acknowledged or ends. Undefined on a wire without acknowledgements.
   */
  readonly maxUnacknowledged: number | undefined;
  /** Defaults of session options that differ on this wire. */
  readonly defaults?: WireDefaults | undefined;
  /** Whether a reset with ACCEPT_QUEUE_FULL must be answered with a reset, so that the peer forgets the stream. */
  readonly answersFullAcceptQueue: boolean;

  /** Returns a decoder that reports to `handler`. */
  createDecoder(handler: WireHandler): WireDecoder;
  /** Writes the header of a DATA frame. Its body of `length` bytes follows. `flags` are {@link DataFlag} bits. */
  putData(
    target: Uint8Array,
    offset: number,
    streamId: number,
    flags: number,
    length: number,
  ): number;
  /** Writes a grant of `increment` bytes of credit. */
  putIncrement(target: Uint8Array, offset: number, streamId: number, increment: number): number;
  /** Writes a reset: the end of both directions of a stream. */
  putReset(target: Uint8Array, offset: number, streamId: number, errorCode: number): number;
  /** Writes a GOAWAY: we accept no more streams. If `final` is true, nothing follows on this transport. */
  putGoAway(
    target: Uint8Array,
    offset: number,
    lastStreamId: number,
    errorCode: number,
    debug: Uint8Array,
    final: boolean,
  ): number;
  /** Writes a ping or an answer; the answer repeats `value`, a u32. Undefined on a wire without pings. */
  readonly putPing:
    | ((target: Uint8Array, offset: number, value: number, isAnswer: boolean) => number)
    | undefined;
  /** Called when a session on this wire begins. For work that a wire does by itself, such as pings at intervals. */
  readonly began?: ((session: WireSession, clock: Clock) => void) | undefined;
}
