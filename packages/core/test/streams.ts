// Streams of a session with a peer that is played by hand, as tests begin with them.

import type { Stream } from "@muxado/core";
import type { Frame } from "@muxado/frame";
import { type RawPeer, syn } from "@muxado/testkit";

/** A stream of ours that the peer knows. */
export function opened(peer: RawPeer): Stream {
  const stream = peer.session.open();
  peer.take();
  return stream;
}

/** A stream of the peer's that was accepted. */
export async function accepted(peer: RawPeer, content?: number | string): Promise<Stream> {
  peer.send(syn(3, content));
  return await peer.session.accept();
}

/** The first stream of the peer's that is accepted when the peer has sent `frames`. */
export async function acceptedWith(peer: RawPeer, ...frames: Frame[]): Promise<Stream> {
  peer.send(...frames);
  return await peer.session.accept();
}
