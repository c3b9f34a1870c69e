// A typed session and a peer that is played by hand.

import { type RawPeer, rawPeer, type RawPeerOptions } from "@muxado/testkit";
import { type TypedOptions, TypedSession } from "@muxado/typed";

/** A typed session over a raw peer, both in the same virtual time. */
export function typedPeer(options: TypedOptions & RawPeerOptions = {}): {
  peer: RawPeer;
  session: TypedSession;
} {
  const peer = rawPeer(options);
  return { peer, session: new TypedSession(peer.session, { ...options, clock: peer.clock }) };
}

/** A type, and the content after it. */
export function typed(type: number, ...rest: number[]): Uint8Array {
  return Uint8Array.of(type >>> 24, type >>> 16, type >>> 8, type, ...rest);
}
