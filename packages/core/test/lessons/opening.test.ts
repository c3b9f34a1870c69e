// Opening a stream never waits, and streams that have ended make room for others.

import { brief, bytes, fin, rawPeer, reset, syn } from "@muxado/testkit";
import { describe, expect, it } from "vitest";

describe("accounting of opens", () => {
  it("streams that ended in any way may be followed by others", async () => {
    const peer = rawPeer({ maxOutboundStreams: 1, maxInboundStreams: 1 });
    for (let round = 0; round < 20; round++) {
      const stream = peer.session.open();
      if (round % 4 === 0) stream.reset();
      peer.take();
      if (round % 4 === 1) peer.send(reset(stream.id, "STREAM_REFUSED"));
      if (round % 4 === 2) {
        peer.send(fin(stream.id));
        await stream.closeWrite();
      }
      if (round % 4 === 3) {
        await stream.close();
        peer.send(fin(stream.id));
      }
      peer.send(syn(101 + 2 * round));
      const inbound = await peer.session.accept();
      if (round % 2 === 0) inbound.reset();
      else peer.send(reset(inbound.id, "STREAM_CANCELLED"));
      expect(peer.session.stats().openStreams).toBe(0);
    }
  });

  it("an application writes to a stream before the peer has seen it", async () => {
    const peer = rawPeer();
    const stream = peer.session.open();
    await stream.write(bytes("hello"));
    expect(brief(peer.take())).toEqual(["2: DATA 5 SYN"]);
  });
});
