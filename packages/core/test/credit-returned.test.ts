// `stats()` reports where our output is: the bytes that the transport has confirmed, and the bytes that the peer has
// read.

import { type RawPeer, rawPeer, wires } from "@muxado/testkit";
import { describe, expect, it } from "vitest";

describe.each(wires)("of what was sent, on $name", ({ wire }) => {
  /** A session with a stream on which `length` bytes have been sent. */
  async function sent(length: number): Promise<{ peer: RawPeer; streamId: number }> {
    const peer = rawPeer({ role: "client", wire });
    const stream = peer.session.open();
    void stream.write(new Uint8Array(length));
    await peer.settle();
    return { peer, streamId: stream.id };
  }

  it("bytes count as returned when the peer gives credit for them again", async () => {
    const { peer, streamId } = await sent(200_000);
    expect(peer.session.stats().bytesReturned).toBe(0);
    peer.send({ type: "increment", streamId, increment: 131_072 });
    expect(peer.session.stats().bytesReturned).toBe(131_072);
    peer.send({ type: "increment", streamId, increment: 50_000 });
    expect(peer.session.stats().bytesReturned).toBe(181_072);
  });

  it("credit that makes a window larger than it was in the beginning does not count", async () => {
    const { peer, streamId } = await sent(0);
    peer.send({ type: "data", streamId, syn: false, fin: false, body: Uint8Array.of(1) });
    peer.send({ type: "increment", streamId, increment: 1_000_000 });
    expect(peer.session.stats().bytesReturned).toBe(0);
    const more = await sent(100_000);
    more.peer.send({ type: "increment", streamId: more.streamId, increment: 1_000_000 });
    expect(more.peer.session.stats().bytesReturned).toBe(100_000);
  });

  it("bytes count as written when the transport has confirmed them", async () => {
    const { peer, streamId } = await sent(1000);
    const before = peer.session.stats();
    expect(before.bytesWritten).toBe(before.bytesSent);
    peer.holdWrites();
    peer.send({ type: "data", streamId: 2, syn: true, fin: false, body: Uint8Array.of(1) });
    const theirs = await peer.session.accept();
    void theirs.write(new Uint8Array(500));
    await peer.settle();
    const held = peer.session.stats();
    expect(held.bytesSent).toBeGreaterThan(before.bytesSent);
    expect(held.bytesWritten).toBe(before.bytesWritten);
    expect(held.bytesWritten + held.bytesToSend).toBeGreaterThanOrEqual(held.bytesSent);
    peer.releaseWrites();
    await peer.settle();
    const after = peer.session.stats();
    expect(after.bytesWritten).toBe(after.bytesSent);
    expect(streamId).toBeGreaterThan(0);
  });
});
