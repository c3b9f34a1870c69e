// Reads everything of a stream, for tests: all bytes that have arrived, without waiting, or all bytes until the end.

import type { Stream } from "@muxado/core";
import { concatenated } from "@muxado/testkit";

/** The bytes on `stream` that have arrived and are not read, in the pieces that a reader gets. */
export function takePieces(stream: Stream): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (;;) {
    const piece = stream.take();
    if (piece === undefined || piece === null) return pieces;
    pieces.push(piece);
  }
}

/** The same bytes in one piece. */
export function takeAll(stream: Stream): Uint8Array {
  return concatenated(takePieces(stream));
}

/** Reads `stream` to its end. */
export async function readAll(stream: Stream): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return concatenated(pieces);
}
