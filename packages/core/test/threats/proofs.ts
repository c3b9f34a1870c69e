// Shared by the tests of threats: proofs that a session has ended, or that nothing else on it was harmed, and frames
// that encoders refuse. The numbers of the files are those of docs/threats.md.

import type { Wire } from "@muxado/core";
import { brief, bytes, contentOf, type RawPeer, syn } from "@muxado/testkit";
import { expect } from "vitest";

/** Bytes that an engine uses for one view and the memory behind it, apart from the content. */
export const OVERHEAD_OF_A_PIECE = 200;

/** Proves that nothing else on the session was harmed: a stream that arrives now is served. */
export async function expectUnharmed(peer: RawPeer, streamId = 9001): Promise<void> {
  peer.send(syn(streamId, "still"));
  const stream = await peer.session.accept();
  expect(stream.id).toBe(streamId);
  expect(stream.take()).toEqual(bytes("still"));
  await stream.write(bytes("here"));
  expect(contentOf(peer.take(), streamId)).toEqual(bytes("here"));
}

/** Proves that no deadline is left: the timer that watched the deadlines finds none, and is not set again. */
export async function expectNothingDue(peer: RawPeer): Promise<void> {
  peer.take();
  await peer.advance(3_600_000);
  expect(peer.clock.timers).toEqual([]);
  expect(peer.take()).toEqual([]);
}

/** Proves that the session has ended because of the peer, and has told the peer. */
export async function expectBreach(peer: RawPeer, code: "PROTOCOL_ERROR" | "ENHANCE_YOUR_CALM") {
  const last = peer.take().at(-1)!;
  const lastStreamId = last.type === "goAway" ? last.lastStreamId : -1;
  expect(brief([last])).toEqual([goAwayLine(peer.wire, lastStreamId, code)]);
  peer.end();
  const { localError, remoteError } = await peer.session.closed;
  expect(localError).toMatchObject({ code, scope: "session", origin: "remote" });
  expect(remoteError).toBeUndefined();
}

/** The line of a GOAWAY, with the fields that the wire can carry. */
export function goAwayLine(wire: Wire, lastStreamId: number, code: string): string {
  if (wire.name === "muxado") return `GOAWAY ${lastStreamId} ${code}`;
  return ["NO_ERROR", "INTERNAL_ERROR"].includes(code) ? `GOAWAY ${code}` : "GOAWAY PROTOCOL_ERROR";
}

/** A Yamux frame with any content: encoders refuse some of them. */
export function yamuxHeader(
  type: number,
  flags: number,
  streamId: number,
  length: number,
): Uint8Array {
  const header = new Uint8Array(12);
  const view = new DataView(header.buffer);
  view.setUint16(0, type);
  view.setUint16(2, flags);
  view.setUint32(4, streamId);
  view.setUint32(8, length);
  return header;
}

/** Types and flags of {@link yamuxHeader}. */
export const [DATA, WINDOW_UPDATE, PING, GO_AWAY] = [0, 1, 2, 3] as const;
export const [SYN, ACK, FIN, RST] = [1, 2, 4, 8] as const;
