// The boundary between a session and a wire. The session knows the meaning of frames, and the wire knows their bytes. A
// wire decodes chunks into calls of a WireHandler, and encodes frames into a given buffer. It keeps no stream state,
// and the session never looks at a header.

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
 * Bodies of DATA arrive as offsets into the transport's own chunk, as soon as their bytes arrive. A frame is complete
 * when its pieces reach its declared length.
 */
export interface WireHandler {
  /**
   * The header of a DATA frame, with the part of its body that has arrived: `chunk[start, end)`, which may be empty.
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
  /** The next piece of the same body. After it, `remaining` bytes are still to come. */
  onDataRest(chunk: Uint8Array<ArrayBuffer>, start: number, end: number, remaining: number): void;
  /** The peer has taken a stream that was opened here. Only on wires with acknowledgements. */
  onAcknowledged(streamId: number): void;
  /** The peer has ended both directions of a stream. */
  onReset(streamId: number, errorCode: number): void;
  /** The peer has granted `increment` more bytes of credit on a stream. */
  onIncrement(streamId: number, increment: number): void;
  /** The peer accepts no more streams. The handler owns `debug`. */
  onGoAway(lastStreamId: number, errorCode: number, debug: Uint8Array<ArrayBuffer>): void;
  /** The peer asks for an answer with the same value, or it has answered. Only on wires that have pings. */
  onPing(value: number, isAnswer: boolean): void;
  /** The input is not valid. The decoder has stopped for good. */
  onInvalid(error: WireError): void;
}

/** A push decoder for one direction of one transport. */
export interface WireDecoder {
  /**
   * Takes the next chunk, which may be cut anywhere. Never throws because of its content. Never called from inside
   * itself.
   */
  push(chunk: Uint8Array<ArrayBuffer>): void;
  /** Ignores all further input, including the rest of the current chunk. Safe inside a method of the handler. */
  stop(): void;
  /** The least bytes that must still arrive to complete the frame that has begun; 0 between two frames. */
  readonly pending: number;
}

/** Flags of a DATA frame, as the session uses them. A wire maps them to its own bits. */
export const DataFlag = {
  /** Ends the sender's direction. */
  FIN: 0x1,
  /** Opens the stream. */
  SYN: 0x2,
  /** Tells the peer that its stream has been taken. Only on wires with acknowledgements, and once for each stream. */
  ACK: 0x4,
} as const;

/** Options of a session for which a wire may have its own defaults. */
export interface WireDefaults {
  /** Remote streams that may wait for `accept`. */
  readonly acceptBacklog?: number | undefined;
  /** Milliseconds that a remote stream may wait for `accept`. */
  readonly acceptTimeout?: number | undefined;
}

/** A session, as its wire sees it. */
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
 * A wire protocol, as a table of properties and stateless functions.
 *
 * Every `put*` writes one frame into `target` at `offset`. It allocates nothing and trusts its arguments. It returns
 * the offset just after the frame.
 */
export interface Wire {
  /** The protocol's name, for messages and traces. */
  readonly name: string;
  /** Bytes of a DATA frame before its body. */
  readonly dataHeaderLength: number;
  /** Bytes of the longest frame that is neither DATA nor GOAWAY. */
  readonly controlLength: number;
  /** Bytes of the longest GOAWAY without its debug data, including everything that must follow it. */
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
   * Streams opened here that may be without the peer's acknowledgement. One more is held back until another is
   * acknowledged or ends. Undefined on a wire without acknowledgements.
   */
  readonly maxUnacknowledged: number | undefined;
  /** Defaults of session options that differ on this wire. */
  readonly defaults?: WireDefaults | undefined;
  /** Whether a reset with "accept queue full" must be answered with a reset, to free the peer's entry. */
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
  /** Writes a GOAWAY: we accept no more streams. `final` means that nothing follows on this transport. */
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
  /** Called when a session on this wire begins, for work that a wire does by itself, such as keeping the peer awake. */
  readonly began?: ((session: WireSession, clock: Clock) => void) | undefined;
}
