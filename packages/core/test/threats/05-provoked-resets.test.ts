// Rule 5: each reset that a peer makes us send counts against it, and too many end its session.

import type { Frame } from "@muxado/frame";
import {
  brief,
  bytes,
  data,
  type RawPeer,
  rawPeer,
  syn,
  synFin,
  wires,
  increment,
} from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { expectBreach, expectUnharmed } from "./proofs.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

describe.each(wires)("5. provoked resets, on $name", ({ wire }) => {
  /** Each provokes one reset on a stream id that is a multiple of 10, plus 1. */
  const provocations: Record<string, (id: number) => Frame[]> = {
    "data on streams that are not there": (id) => [data(id, 1)],
    "SYNs longer than the window": (id) => [syn(id, WINDOW + 1)],
    "streams beyond the cap": (id) => [syn(id)],
    "more data than there is credit": (id) => [syn(id, WINDOW), data(id, 1)],
    "more credit than can be counted": (id) => [syn(id), increment(id, wire.maxWindow)],
    "data after FIN": (id) => [synFin(id), data(id, 1)],
  };

  describe.each(Object.entries(provocations))("%s", (name, provoke) => {
    function provoked(times: number): RawPeer {
      const maxInboundStreams = name.includes("cap") ? 0 : Infinity;
      const peer = rawPeer({ wire, maxProvokedResets: 3, maxInboundStreams });
      for (let count = 1; count <= times; count++) peer.send(...provoke(count * 10 + 1));
      return peer;
    }

    it("a session answers provocations as often as the limit says", () => {
      expect(brief(provoked(3).take()).filter((line) => line.includes("RST"))).toHaveLength(3);
    });

    it("one provocation more ends the session", async () => {
      await expectBreach(provoked(4), "ENHANCE_YOUR_CALM");
    });
  });

  it("a refusal by the application, or by a layer, is charged to the peer too", async () => {
    const peer = rawPeer({ wire, maxProvokedResets: 3 });
    for (const id of [3, 5, 7]) {
      peer.send(syn(id));
      const stream = await peer.session.accept();
      stream.refuse();
      stream.refuse();
    }
    expect(brief(peer.take())).toEqual([3, 5, 7].map((id) => `${id}: RST STREAM_REFUSED`));
    for (let ours = 0; ours < 10; ours++) peer.session.open().refuse();
    peer.send(syn(9));
    (await peer.session.accept()).refuse("ACCEPT_QUEUE_FULL");
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("provoked resets are charged also after our GOAWAY", async () => {
    const peer = rawPeer({ wire, maxProvokedResets: 3 });
    peer.session.goAway();
    for (const id of [3, 5, 7]) peer.send(syn(id));
    expect(brief(peer.take()).filter((line) => line.endsWith("STREAM_REFUSED"))).toHaveLength(3);
    peer.send(syn(9));
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("provoked resets are forgiven after 10 seconds", async () => {
    const peer = rawPeer({ wire, maxProvokedResets: 3 });
    for (const id of [3, 5, 7]) peer.send(data(id, 1));
    await peer.advance(10_000);
    for (const id of [13, 15, 17]) peer.send(data(id, 1));
    expect(peer.take()).toHaveLength(6);
    peer.send(data(19, 1));
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("each id is reset once, however often the peer asks for it", async () => {
    const peer = rawPeer({ wire, maxProvokedResets: 3 });
    for (let times = 0; times < 10; times++) peer.send(data(3, 1), data(5, 1));
    expect(brief(peer.take())).toEqual(["3: RST STREAM_CLOSED", "5: RST STREAM_CLOSED"]);
    await expectUnharmed(peer);
  });

  it("a SYN on an id that was reset is charged, and not answered again", async () => {
    const peer = rawPeer({ wire, maxProvokedResets: 3 });
    peer.send(data(3, 1), syn(3), syn(3));
    expect(brief(peer.take())).toEqual(["3: RST STREAM_CLOSED"]);
    peer.send(syn(3));
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("a provoked reset does not keep a later reset of our stream of that id from leaving", async () => {
    const peer = rawPeer({ wire });
    peer.send(data(2, 1));
    peer.take();
    const stream = peer.session.open();
    await stream.write(bytes(1));
    stream.reset();
    expect(brief(peer.take()).at(-1)).toBe("2: RST STREAM_CANCELLED");
    await expectUnharmed(peer);
  });

  it("resets by the application are not charged to the peer", async () => {
    const peer = rawPeer({ wire, maxProvokedResets: 3 });
    for (let count = 0; count < 10; count++) {
      const stream = peer.session.open();
      await stream.write(bytes(1));
      stream.reset();
    }
    expect(peer.take()).toHaveLength(20);
    await expectUnharmed(peer);
  });
});
