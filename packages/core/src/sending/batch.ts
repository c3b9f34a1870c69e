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

/** The content of one write of the transport, and the stream writes that it carries. */
export class Batch {
  readonly chunks: Uint8Array<ArrayBuffer>[] = [];
  /** The length of all chunks together, in bytes. */
  length = 0;
  readonly writes: TakenWrite[] = [];
  readonly lent: LentChunk[] = [];
  /** True if the batch has bytes of streams. */
  hasBodies = false;
  /** Arenas that are full, and that may be used again after the write. */
  readonly arenas: Uint8Array<ArrayBuffer>[] = [];
}

/**
 * Replaces bodies whose memory the application has transferred after its write. Zeros replace the missing bytes, so
 * that the following frames begin at the right place. Returns the streams of these bodies.
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
