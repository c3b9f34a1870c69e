// The decoder of the hot path. It takes chunks that are cut anywhere, and calls a handler with offsets into them. It
// checks each frame alone. The handler decides what a frame means for a stream or a session. Spec §3.2, §4.

import { YamuxFrameError } from "./frame-error.ts";
import { Flag, FrameType } from "./frame-type.ts";
import { readUint32 } from "./integer.ts";
import { judgeHeader, type Verdict } from "./judge.ts";
import { HEADER_LENGTH } from "./limits.ts";

/**
 * The methods that a {@link PushDecoder} calls, in the order of the input, while `push` runs.
 *
 * The caller of `push` owns the chunks. If a method needs bytes for longer than the owner allows, it must copy them. A
 * method must not call `push` and must not throw; it may call `stop`.
 */
export interface FrameHandler {
  /**
   * Called when a Data frame begins (spec §4.1), as soon as its header is known. So a verdict need not wait for the
   * body.
   *
   * The part of the body that has arrived is `chunk[start, end)` and may be empty. The frame is complete when `end -
   * start === length`; otherwise `onDataRest` brings the rest.
   *
   * @param streamId 1 to 2³²−1
   * @param flags bits of {@link Flag}; bits without a meaning are already cleared
   * @param length bytes of the whole body as declared, 0 to 2³²−1
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
   * Called when the body of the last Data frame continues with `chunk[start, end)`, which is never empty.
   *
   * @param remaining bytes that come after this piece; 0 when the frame is complete
   */
  onDataRest(chunk: Uint8Array, start: number, end: number, remaining: number): void;

  /**
   * Called with a Window Update (spec §4.2).
   *
   * @param streamId 1 to 2³²−1
   * @param flags bits of {@link Flag}; bits without a meaning are already cleared
   * @param increment bytes of credit, 0 to 2³²−1; with RST an error code, or 0
   */
  onWindowUpdate(streamId: number, flags: number, increment: number): void;

  /**
   * Called with a Ping (spec §4.3).
   *
   * @param flags SYN, which asks, or ACK, which answers; never both
   * @param value any unsigned 32-bit number
   */
  onPing(flags: number, value: number): void;

  /** Called with a Go Away (spec §4.4). `code` is any unsigned 32-bit number. */
  onGoAway(code: number): void;

  /** Called when the input is invalid (spec §3.2). The decoder has stopped and cannot start again. */
  onInvalid(error: YamuxFrameError): void;
}

const FLAGS = Flag.SYN | Flag.ACK | Flag.FIN | Flag.RST;

/**
 * Decodes frames from chunks that are cut anywhere, and allocates nothing for any of them.
 *
 * Between chunks it holds at most eleven bytes of a header.
 */
export class PushDecoder {
  readonly #handler: FrameHandler;
  /** Collects a header that the end of a chunk cuts. */
  readonly #header: Uint8Array = new Uint8Array(HEADER_LENGTH);
  /** Bytes in `#header` while the header is incomplete, otherwise 0. Never used together with `#rest`. */
  #held = 0;
  /** Bytes still to come of the body of a Data frame. */
  #rest = 0;
  #stopped = false;
  /** Bytes of all chunks before the current one. */
  #base = 0;
  /** Where the current frame begins, in bytes of input. Frames that are complete in one chunk do not set it. */
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
        at = this.#continueHeader(chunk, at);
      } else {
        at = this.#begin(chunk, at, chunk, at + HEADER_LENGTH);
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
   * Inside a header, the body does not count yet, because its length may not have been read. The number is 0 for a
   * stopped decoder, which waits for nothing.
   */
  get pending(): number {
    if (this.#stopped) return 0;
    return this.#held === 0 ? this.#rest : HEADER_LENGTH - this.#held;
  }

  /**
   * Bytes from the start of the input to the frame that has begun. Between two frames: all bytes of the input so far.
   */
  get offset(): number {
    return this.pending === 0 ? this.#base : this.#start;
  }

  // Each of the next four methods consumes a part of the chunk and returns where reading continues.

  /**
   * Begins a frame whose header is complete at `at` in `source`, which is the chunk or `#header`. The bytes after the
   * header begin at `next` in the chunk.
   */
  #begin(source: Uint8Array, at: number, chunk: Uint8Array, next: number): number {
    const versionAndType = (source[at]! << 8) | source[at + 1]!;
    const streamId = readUint32(source, at + 4);
    const length = readUint32(source, at + 8);
    // Two comparisons recognise the common frames. `judgeHeader` checks the others.
    if (streamId !== 0 && versionAndType <= FrameType.WINDOW_UPDATE) {
      const flags = source[at + 3]! & FLAGS;
      if (versionAndType === FrameType.DATA) {
        return this.#beginBody(streamId, flags, length, chunk, next);
      }
      this.#handler.onWindowUpdate(streamId, flags, length);
    } else {
      this.#control(source, at, next);
    }
    return next;
  }

  /** Begins a Data frame whose header was just read. Its body, if it has one, begins at `at`. */
  #beginBody(
    streamId: number,
    flags: number,
    length: number,
    chunk: Uint8Array,
    at: number,
  ): number {
    const room = chunk.length - at;
    let end = chunk.length;
    if (length <= room) {
      end = at + length;
    } else {
      this.#rest = length - room;
      this.#start = this.#base + at - HEADER_LENGTH;
    }
    this.#handler.onData(streamId, flags, length, chunk, at, end);
    return end;
  }

  /** Continues a header that the beginning or the end of the chunk cuts. */
  #continueHeader(chunk: Uint8Array, at: number): number {
    if (this.#held === 0) this.#start = this.#base + at;
    let next = at;
    while (this.#held < HEADER_LENGTH && next < chunk.length) {
      this.#header[this.#held++] = chunk[next++]!;
    }
    if (this.#held < HEADER_LENGTH) return next;
    this.#held = 0;
    return this.#begin(this.#header, 0, chunk, next);
  }

  /** Continues a body that an earlier chunk began. */
  #continueBody(chunk: Uint8Array, at: number): number {
    const room = chunk.length - at;
    const end = this.#rest <= room ? at + this.#rest : chunk.length;
    this.#rest -= end - at;
    this.#handler.onDataRest(chunk, at, end, this.#rest);
    return end;
  }

  /**
   * Handles every other header: that of a Ping or a Go Away, or an invalid one. After it, the chunk continues at
   * `next`.
   *
   * @param at where the header is in `source`
   */
  #control(source: Uint8Array, at: number, next: number): void {
    const verdict = judgeHeader(source, at);
    const value = readUint32(source, at + 8);
    if (verdict !== undefined) this.#refuse(verdict, source, at, next);
    else if (source[at + 1] === FrameType.GO_AWAY) this.#handler.onGoAway(value);
    else this.#handler.onPing(source[at + 3]! & (Flag.SYN | Flag.ACK), value);
  }

  /** Stops for good and tells the handler why. */
  #refuse(verdict: Verdict, source: Uint8Array, at: number, next: number): void {
    this.#stopped = true;
    const frameType = source[at + 1]!;
    const streamId = readUint32(source, at + 4);
    const offset = this.#base + next - HEADER_LENGTH;
    this.#handler.onInvalid(new YamuxFrameError({ ...verdict, frameType, streamId, offset }));
  }
}
