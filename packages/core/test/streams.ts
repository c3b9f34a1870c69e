// Streams of a session with a peer that is played by hand, for the beginning of tests.

import type { Stream } from "@muxado/core";
import type { Frame } from "@muxado/frame";
import { type RawPeer, syn } from "@muxado/testkit";

/** A local stream that the peer knows. */
export function opened(peer: RawPeer): Stream {
  const stream = peer.session.open();
  peer.take();
  return stream;
}

/** A stream of the peer that was accepted. */
export async function accepted(peer: RawPeer, content?: number | string): Promise<Stream> {
  peer.send(syn(3, content));
  return await peer.session.accept();
}

/** The first stream of the peer that is accepted after the peer has sent `frames`. */
export async function acceptedWith(peer: RawPeer, ...frames: Frame[]): Promise<Stream> {
  peer.send(...frames);
  return await peer.session.accept();
}
