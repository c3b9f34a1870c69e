// Rule 10: input that arrives byte by byte needs memory in proportion to its bytes, not to its chunks.

import type { Stream } from "@muxado/core";
import { rawPeer, syn, wires } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { takePieces } from "../taking.ts";
import { OVERHEAD_OF_A_PIECE } from "./proofs.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

describe.each(wires)("10. the overhead of chunks, on $name", ({ wire }) => {
  it("1 MiB of input that comes byte by byte retains memory in proportion to its bytes", async () => {
    const peer = rawPeer({ wire });
    const ids = [3, 5, 7, 9];
    const input = ids.map((id) => peer.encode(syn(id, WINDOW)));
    for (const frame of input) for (const byte of frame) peer.sendBytes(Uint8Array.of(byte));
    const streams: Stream[] = [];
    for (const _ of ids) streams.push(await peer.session.accept());
    const pieces = streams.flatMap(takePieces);
    expect(Buffer.concat(pieces).length).toBe(4 * WINDOW);
    const buffers = new Set(pieces.map((piece) => piece.buffer));
    let retained = pieces.length * OVERHEAD_OF_A_PIECE;
    for (const buffer of buffers) retained += buffer.byteLength;
    expect(retained).toBeLessThan(2 * 4 * WINDOW);
  });
});
