// Rule 8: credit in small pieces does not split our output, and costs us no more than the peer has earned.

import { brief, bytes, contentOf, rawPeer, syn, wires, increment } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { expectBreach, expectUnharmed } from "./proofs.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

describe.each(wires)("8. dribble, on $name", ({ wire }) => {
  /** A session that has sent `total` bytes, frame headers included, on stream 3. */
  async function sent(total: number, options: Parameters<typeof rawPeer>[0] = {}) {
    const peer = rawPeer({ wire, ...options });
    peer.send(syn(3));
    const stream = await peer.session.accept();
    await stream.write(bytes(total - wire.dataHeaderLength));
    peer.take();
    expect(peer.session.stats().bytesSent).toBe(total);
    return { peer, stream };
  }

  it("a peer may send one increment for each byte that it got and each stream that it opened, and some more", async () => {
    const { peer } = await sent(20, { maxUnearnedIncrements: 3 });
    for (let count = 0; count < 24; count++) peer.send(increment(3, 1));
    await expectUnharmed(peer);
  });

  it("one increment more ends the session", async () => {
    const { peer } = await sent(20, { maxUnearnedIncrements: 3 });
    for (let count = 0; count < 25; count++) peer.send(increment(3, 1));
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("increments count wherever they go, also to streams that are not there", async () => {
    const peer = rawPeer({ wire, maxUnearnedIncrements: 3 });
    for (const id of [3, 5, 7, 9]) peer.send(increment(id, 1));
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("each stream that the peer opens earns it an increment: it may want a larger window", async () => {
    const peer = rawPeer({ wire, maxUnearnedIncrements: 3 });
    for (let id = 3; id < 23; id += 2) {
      peer.send(syn(id), increment(id, 1_000_000));
      await peer.session.accept();
    }
    peer.take();
    // Acknowledgements are bytes, too.
    const { bytesSent } = peer.session.stats();
    peer.send(...Array.from({ length: bytesSent + 3 }, () => increment(3, 1)));
    expect(peer.take()).toEqual([]);
    peer.send(increment(3, 1));
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("the limit is 10 000 increments without any cause by default", async () => {
    const peer = rawPeer({ wire });
    peer.send(...Array.from({ length: 10_000 }, () => increment(3, 1)));
    expect(peer.take()).toEqual([]);
    peer.send(increment(3, 1));
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("a peer that sends one increment for each byte that it reads is never ended, without any slack", async () => {
    const peer = rawPeer({ wire, maxUnearnedIncrements: 0 });
    peer.send(syn(3));
    const stream = await peer.session.accept();
    for (let round = 0; round < 50; round++) {
      await stream.write(bytes(1 + round));
      const read = contentOf(peer.take(), 3).length;
      peer.send(...Array.from({ length: read }, () => increment(3, 1)));
    }
    await expectUnharmed(peer);
  });

  it("our sender waits for 1 KiB of credit, or for all that it has", async () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3));
    const stream = await peer.session.accept();
    const writing = stream.write(bytes(WINDOW + 1500));
    expect(contentOf(peer.take(), 3)).toHaveLength(WINDOW);
    for (let count = 0; count < 1023; count++) peer.send(increment(3, 1));
    expect(peer.take()).toEqual([]);
    peer.send(increment(3, 1));
    expect(brief(peer.take())).toEqual([`3: DATA ${KIB}`]);
    for (let count = 0; count < 475; count++) peer.send(increment(3, 1));
    expect(peer.take()).toEqual([]);
    peer.send(increment(3, 1));
    expect(brief(peer.take())).toEqual(["3: DATA 476"]);
    await writing;
  });
});
