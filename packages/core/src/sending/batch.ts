// The content of one write of the transport: chunks, and what must happen when the transport has taken them. It encodes
// nothing.

import type { Failure, MuxadoError } from "../base/errors.ts";
import type { Waiter } from "../base/waiter.ts";

/** The side of a stream that has made a write. */
export interface WriteOwner {
  /** The transport has confirmed the oldest of its taken writes. */
  confirm(): void;
  /** Returns the error of a write that was lost by `failure`; undefined if there is none. */
  lost(failure: Failure | undefined): MuxadoError | undefined;
}

/** A write of a stream that is fully encoded. It may still be lost with the transport. */
export interface TakenWrite {
  readonly owner: WriteOwner;
  readonly waiter: Waiter<void>;
}

/** A chunk of a batch that is memory of the application. */
interface LentChunk {
  /** Its index among the chunks. */
  readonly index: number;
  /** Its length in bytes, as its header has announced it. */
  readonly length: number;
  /** The stream of the body. */
  readonly streamId: number;
}

/** The content of one write of the transport, and the stream writes that it carries. */
export class Batch {
  readonly chunks: Uint8Array<ArrayBuffer>[] = [];
  /** Bytes of the chunks. */
  length = 0;
  readonly writes: TakenWrite[] = [];
  readonly lent: LentChunk[] = [];
  /** True if the batch has bytes of streams. */
  hasBodies = false;
  /** Arenas that the batch has filled. */
  readonly arenas: Uint8Array<ArrayBuffer>[] = [];
}

/**
 * Replaces bodies whose memory the application has transferred after it gave them to us. Zeros take the place of the
 * missing bytes, so that the frames of other streams stay whole. Returns the streams of these bodies.
 */
export function replaceSpoiled({ chunks, lent }: Batch): number[] {
  const spoiled: number[] = [];
  for (const { index, length, streamId } of lent) {
    if (chunks[index]!.length === length) continue;
    chunks[index] = new Uint8Array(length);
    spoiled.push(streamId);
  }
  return spoiled;
}
