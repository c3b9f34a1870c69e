// The content of one write of the transport: chunks, and what must happen when the transport has taken them. It encodes
// nothing.

import type { Failure, MuxadoError } from "../base/errors.ts";
import type { Waiter } from "../base/waiter.ts";

/** The part of a stream that has made a write. */
export interface WriteOwner {
  /** Called when the transport has confirmed the oldest of the taken writes. */
  confirm(): void;
  /** Returns the error of a write that was lost because of `failure`; undefined if the write was not lost. */
  lost(failure: Failure | undefined): MuxadoError | undefined;
}

/** A write of a stream that is fully encoded. It may still be lost if the transport fails. */
export interface TakenWrite {
  readonly owner: WriteOwner;
  readonly waiter: Waiter<void>;
}

/** A chunk of a batch that was not copied, so its memory belongs to the application. */
interface LentChunk {
  /** Its index in the chunks of the batch. */
  readonly index: number;
  /** Its length in bytes, as declared in the header of its frame. */
  readonly length: number;
  /** The stream of the body. */
  readonly streamId: number;
}

const NO_CHUNKS: Uint8Array<ArrayBuffer>[] = [];
const NO_STREAMS: readonly number[] = [];

/** The content of one write of the transport, and the stream writes that it carries. Used again for later writes. */
export class Batch {
  /** The transport may keep this array, so each write has another one. */
  chunks: Uint8Array<ArrayBuffer>[] = NO_CHUNKS;
  /** The length of all chunks together, in bytes. */
  length = 0;
  readonly writes: TakenWrite[] = [];
  readonly lent: LentChunk[] = [];
  /** True if the batch has bytes of streams. */
  hasBodies = false;

  add(chunk: Uint8Array<ArrayBuffer>): void {
    // Most writes have one chunk. An array that has grown has room for 16 more.
    if (this.length > 0) this.chunks.push(chunk);
    else this.chunks = [chunk];
    this.length += chunk.length;
  }

  /** Forgets the content, for the next write. */
  clear(): void {
    this.chunks = NO_CHUNKS;
    this.length = this.writes.length = this.lent.length = 0;
    this.hasBodies = false;
  }
}

/**
 * Replaces bodies whose memory the application has transferred after its write. Zeros replace the missing bytes, so
 * that the following frames begin at the right place. Returns the streams of these bodies.
 */
export function replaceSpoiled({ chunks, lent }: Batch): readonly number[] {
  if (lent.length === 0) return NO_STREAMS;
  const spoiled: number[] = [];
  for (const { index, length, streamId } of lent) {
    if (chunks[index]!.length === length) continue;
    chunks[index] = new Uint8Array(length);
    spoiled.push(streamId);
  }
  return spoiled;
}
