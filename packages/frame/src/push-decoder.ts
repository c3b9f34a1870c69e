// The decoder of the hot path. It takes chunks that are cut anywhere, and calls a handler with offsets into them. It
// checks each frame alone. The handler decides what a frame means for a stream or a session. Spec §3.2, §4.

import { ByteBuffer } from "./byte-buffer.ts";
import { FrameError } from "./frame-error.ts";
import { Flag, FrameType } from "./frame-type.ts";
import { headLength, judgeHeader, MAX_HEAD_LENGTH, type Verdict, ZERO_INCREMENT } from "./head.ts";
import { readInt32, readUint24 } from "./integer.ts";
import { HEADER_LENGTH, MAX_DEBUG_LENGTH_KEPT, MAX_INCREMENT, MAX_STREAM_ID } from "./limits.ts";

/**
 * The methods that a {@link PushDecoder} calls, in the order of the input, while `push` runs.
 *
 * The caller of `push` owns the chunks. If a method needs bytes for longer than the owner allows, it must copy them. A
 * method must not call `push` and must not throw; it may call `stop`.
 */
export interface FrameHandler {
  /**
   * Called when a DATA frame begins (spec §4.1), as soon as its header is known. So a verdict need not wait for the
   * body.
   *
   * The part of the body that has arrived is `chunk[start, end)` and may be empty. The frame is complete when `end -
   * start === length`; otherwise `onDataRest` brings the rest.
   *
   * @param streamId 1 to 2³¹−1
   * @param flags SYN and FIN bits of {@link Flag}; bits without a meaning are already cleared
   * @param length bytes of the whole body, as declared
   */
  onData(
    streamId: number,
    flags: number,
    length: number,
    chunk: Uint8Array,
    start: number,
    end: number,
  ): void;

  /**
   * Called when the body of the last DATA frame continues with `chunk[start, end)`, which is never empty.
   *
   * @param remaining bytes that come after this piece; 0 when the frame is complete
   */
  onDataRest(chunk: Uint8Array, start: number, end: number, remaining: number): void;

  /** Called with an RST (spec §4.2). `errorCode` is any unsigned 32-bit number. */
  onReset(streamId: number, errorCode: number): void;

  /** Called with a WNDINC (spec §4.3). `increment` is 1 to 2³¹−1 bytes. */
  onIncrement(streamId: number, increment: number): void;

  /**
   * Called with a GOAWAY, after all of it has arrived (spec §4.4).
   *
   * @param lastStreamId 0 to 2³¹−1
   * @param errorCode any unsigned 32-bit number
   * @param debug a copy that the handler owns, at most {@link MAX_DEBUG_LENGTH_KEPT} bytes long
   */
  onGoAway(lastStreamId: number, errorCode: number, debug: Uint8Array<ArrayBuffer>): void;

  /** Called when the input is invalid (spec §3.2). The decoder has stopped and cannot start again. */
  onInvalid(error: FrameError): void;
}

const FLAGS = Flag.SYN | Flag.FIN;

/**
 * Decodes frames from chunks that are cut anywhere, without allocating memory for DATA, RST or WNDINC.
 *
 * Between chunks it holds at most fifteen bytes of a frame, and the debug data of a GOAWAY that has arrived.
 */
export class PushDecoder {
  readonly #handler: FrameHandler;
  /** Collects a head that the end of a chunk cuts. */
  readonly #head: Uint8Array = new Uint8Array(MAX_HEAD_LENGTH);
  /** Bytes in `#head` while the head is incomplete, otherwise 0. Never used together with `#rest`. */
  #held = 0;
  /** Bytes still to come of the body of a DATA frame, or of the debug data of a GOAWAY. */
  #rest = 0;
  /** The debug data so far, while more is to come. The head of its GOAWAY then waits in `#head`. */
  #debug: ByteBuffer | undefined = undefined;
  #stopped = false;
  /** Bytes of all chunks before the current one. */
  #base = 0;
  /** Where the current frame begins, in bytes of input. DATA frames that are complete in one chunk do not update it. */
  #start = 0;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  /**
   * Takes the next chunk of the input and calls the handler for everything in it.
   *
   * Throws only an error that a handler method throws. Must not be called from a handler method. When it returns, the
   * decoder has no reference to the chunk.
   */
  push(chunk: Uint8Array): void {
    const end = chunk.length;
    let at = 0;
    while (at < end && !this.#stopped) {
      if (this.#rest !== 0) {
        at = this.#continueBody(chunk, at);
      } else if (this.#held !== 0 || end - at < HEADER_LENGTH) {
        at = this.#continueHead(chunk, at);
      } else {
        const typeAndFlags = chunk[at + 3]!;
        const streamId = readInt32(chunk, at + 4);
        // One comparison finds id 0 and also the high bit, which makes the number negative. `#judge` then finds out
        // which of the two it is.
        if (typeAndFlags >>> 4 === FrameType.DATA && streamId > 0) {
          at = this.#beginData(
            streamId,
            typeAndFlags,
            readUint24(chunk, at),
            chunk,
            at + HEADER_LENGTH,
          );
        } else {
          at = this.#beginControl(chunk, at);
        }
      }
    }
    this.#base += end;
  }

  /**
   * Ignores all further input, including the rest of the current chunk. Safe inside a handler method. A stopped decoder
   * cannot be started again.
   */
  stop(): void {
    this.#stopped = true;
  }

  /**
   * The smallest number of bytes that must still arrive to complete the frame that has begun; 0 between two frames.
   *
   * Inside a header the body does not count yet, because its length may not have been read. The number is 0 for a
   * stopped decoder, which waits for nothing.
   */
  get pending(): number {
    if (this.#stopped) return 0;
    if (this.#held === 0) return this.#rest;
    if (this.#held < HEADER_LENGTH) return HEADER_LENGTH - this.#held;
    return headLength(this.#head[3]! >>> 4) - this.#held;
  }

  /**
   * Bytes from the start of the input to the frame that has begun. Between two frames: all bytes of the input so far.
   */
  get offset(): number {
    return this.pending === 0 ? this.#base : this.#start;
  }

  // Each of the next five methods consumes a part of the chunk from `at` on, and returns where reading continues.

  /** Begins a DATA frame whose header was just read. Its body, if it has one, begins at `at`. */
  #beginData(
    streamId: number,
    typeAndFlags: number,
    length: number,
    chunk: Uint8Array,
    at: number,
  ): number {
    const end = Math.min(at + length, chunk.length);
    this.#rest = at + length - end;
    if (this.#rest !== 0) this.#start = this.#base + at - HEADER_LENGTH;
    this.#handler.onData(streamId, typeAndFlags & FLAGS, length, chunk, at, end);
    return end;
  }

  /** Begins a frame that is not a valid DATA frame, and whose whole header is in `chunk`. */
  #beginControl(chunk: Uint8Array, at: number): number {
    this.#start = this.#base + at;
    if (!this.#judge(chunk, at)) return at;
    const end = at + headLength(chunk[at + 3]! >>> 4);
    if (end > chunk.length) return this.#continueHead(chunk, at);
    this.#deliver(chunk, at);
    return end;
  }

  /** Continues a head that the beginning or the end of the chunk cuts. */
  #continueHead(chunk: Uint8Array, at: number): number {
    const head = this.#head;
    if (this.#held === 0) this.#start = this.#base + at;
    let next = this.#fill(chunk, at, HEADER_LENGTH);
    if (this.#held < HEADER_LENGTH || !this.#judge(head, 0)) return next;
    const type = head[3]! >>> 4;
    next = this.#fill(chunk, next, headLength(type));
    if (this.#held < headLength(type)) return next;
    this.#held = 0;
    if (type === FrameType.DATA) {
      return this.#beginData(readInt32(head, 4), head[3]!, readUint24(head, 0), chunk, next);
    }
    this.#deliver(head, 0);
    return next;
  }

  /** Fills `#head` up to `length` bytes, as far as the chunk has them. */
  #fill(chunk: Uint8Array, at: number, length: number): number {
    let next = at;
    while (this.#held < length && next < chunk.length) this.#head[this.#held++] = chunk[next++]!;
    return next;
  }

  /** Continues a body that began in an earlier chunk. */
  #continueBody(chunk: Uint8Array, at: number): number {
    const end = Math.min(at + this.#rest, chunk.length);
    this.#rest -= end - at;
    if (this.#debug === undefined) {
      this.#handler.onDataRest(chunk, at, end, this.#rest);
    } else {
      this.#debug.append(chunk, at, end);
      if (this.#rest === 0) this.#deliverGoAway(this.#debug);
    }
    return end;
  }

  /** Returns whether the header at `at` is valid. If not, tells the handler. */
  #judge(source: Uint8Array, at: number): boolean {
    const verdict = judgeHeader(
      source[at + 3]! >>> 4,
      readUint24(source, at),
      readInt32(source, at + 4),
    );
    if (verdict === undefined) return true;
    this.#refuse(verdict, source, at);
    return false;
  }

  /** Reports a control frame whose complete head is at `at`, in the chunk or in `#head`. */
  #deliver(source: Uint8Array, at: number): void {
    const type = source[at + 3]! >>> 4;
    const streamId = readInt32(source, at + 4);
    const value = readInt32(source, at + HEADER_LENGTH);
    if (type === FrameType.RESET) {
      this.#handler.onReset(streamId, value >>> 0);
    } else if (type === FrameType.INCREMENT) {
      const increment = value & MAX_INCREMENT;
      if (increment === 0) this.#refuse(ZERO_INCREMENT, source, at);
      else this.#handler.onIncrement(streamId, increment);
    } else {
      this.#beginGoAway(source, at);
    }
  }

  /** Begins a GOAWAY whose complete head is at `at`. The head may already be in `#head`. */
  #beginGoAway(source: Uint8Array, at: number): void {
    this.#head.set(source.subarray(at, at + MAX_HEAD_LENGTH));
    this.#rest = readUint24(source, at) + HEADER_LENGTH - MAX_HEAD_LENGTH;
    this.#debug = new ByteBuffer(MAX_DEBUG_LENGTH_KEPT);
    if (this.#rest === 0) this.#deliverGoAway(this.#debug);
  }

  #deliverGoAway(debug: ByteBuffer): void {
    const head = this.#head;
    this.#debug = undefined;
    this.#handler.onGoAway(
      readInt32(head, 8) & MAX_STREAM_ID,
      readInt32(head, 12) >>> 0,
      debug.take(),
    );
  }

  /** Stops for good and tells the handler why. */
  #refuse(verdict: Verdict, source: Uint8Array, at: number): void {
    this.#stopped = true;
    const frameType = source[at + 3]! >>> 4;
    const streamId = readInt32(source, at + 4) >>> 0;
    this.#handler.onInvalid(
      new FrameError({ ...verdict, frameType, streamId, offset: this.#start }),
    );
  }
}
