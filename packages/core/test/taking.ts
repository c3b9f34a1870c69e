// Reading everything of a stream, for tests: all that has arrived, without waiting, or all until its end.

import type { Stream } from "@muxado/core";
import { concatenated } from "@muxado/testkit";

/** What has arrived on `stream` and is not read, in the pieces in which a reader gets it. */
export function takePieces(stream: Stream): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (;;) {
    const piece = stream.take();
    if (piece === undefined || piece === null) return pieces;
    pieces.push(piece);
  }
}

/** The same in one piece. */
export function takeAll(stream: Stream): Uint8Array {
  return concatenated(takePieces(stream));
}

/** Reads `stream` to its end. */
export async function readAll(stream: Stream): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return concatenated(pieces);
}
