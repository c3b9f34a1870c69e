// Rule 4: a peer that opens streams and resets them before an answer, again and again, ends its session.

import { brief, bytes, type RawPeer, rawPeer, reset, syn, wires } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { expectBreach, expectUnharmed } from "./proofs.ts";

describe.each(wires)("4. rapid reset, on $name", ({ wire }) => {
  /** Opens a stream and resets it at once, each time with another id. */
  function openAndReset(peer: RawPeer, times: number, first = 3): void {
    for (let count = 0; count < times; count++) {
      const id = first + 2 * count;
      peer.send(syn(id), reset(id, "STREAM_CANCELLED"));
    }
  }

  it("a peer may reset streams before an answer as often as the limit says", async () => {
    const peer = rawPeer({ wire, maxRapidResets: 3 });
    openAndReset(peer, 3);
    for (let times = 0; times < 3; times++) await peer.session.accept();
    expect(peer.take()).toEqual([]);
    await expectUnharmed(peer);
  });

  it("one rapid reset more ends the session", async () => {
    const peer = rawPeer({ wire, maxRapidResets: 3 });
    openAndReset(peer, 4);
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("the limit is 10 000 rapid resets by default", async () => {
    const peer = rawPeer({ wire, acceptBacklog: Infinity });
    openAndReset(peer, 10_000);
    expect(peer.take()).toEqual([]);
    openAndReset(peer, 1, 99_999);
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("rapid resets are counted also when the streams were accepted, and work has begun for nothing", async () => {
    const peer = rawPeer({ wire, maxRapidResets: 3 });
    for (const id of [3, 5, 7, 9]) {
      peer.send(syn(id, "work"));
      await peer.session.accept();
      peer.send(reset(id, "STREAM_CANCELLED"));
    }
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("a reset of a stream that was answered is not counted, nor is one of a stream of ours", async () => {
    const peer = rawPeer({ wire, maxRapidResets: 0 });
    for (const id of [3, 5, 7, 9]) {
      peer.send(syn(id));
      await (await peer.session.accept()).write(bytes(1));
      const own = peer.session.open();
      peer.take();
      peer.send(reset(id, "STREAM_CANCELLED"), reset(own.id, "STREAM_CANCELLED"));
    }
    expect(peer.take()).toEqual([]);
    await expectUnharmed(peer);
  });

  it("a reset of a stream that is not there is not counted", async () => {
    const peer = rawPeer({ wire, maxRapidResets: 0 });
    for (const id of [3, 5, 7, 9]) peer.send(reset(id, "STREAM_CANCELLED"));
    await expectUnharmed(peer);
  });

  it("rapid resets are forgiven after 10 seconds", async () => {
    const peer = rawPeer({ wire, maxRapidResets: 3 });
    openAndReset(peer, 3);
    await peer.advance(10_000);
    openAndReset(peer, 3, 13);
    expect(peer.take()).toEqual([]);
    openAndReset(peer, 1, 23);
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("a rapid reset makes no room in the backlog", () => {
    const peer = rawPeer({ wire, acceptBacklog: 3 });
    openAndReset(peer, 3);
    peer.send(syn(9));
    expect(brief(peer.take())).toEqual(["9: RST ACCEPT_QUEUE_FULL"]);
    expect(peer.session.stats()).toMatchObject({ waitingForAccept: 3, openStreams: 0 });
  });
});
