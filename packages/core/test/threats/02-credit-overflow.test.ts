// Rule 2: credit beyond the maximum resets the stream, and never wraps.

import { brief, bytes, rawPeer, syn, synFin, wires, increment } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { yamux } from "../yamux.ts";
import { expectUnharmed, FIN, SYN, WINDOW_UPDATE, yamuxHeader } from "./proofs.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

describe.each(wires)("2. credit overflow, on $name", ({ wire }) => {
  it("a peer may give credit up to 2³¹−1, on Yamux up to 2³²−1", () => {
    expect(wire.maxWindow).toBe(wire.name === "muxado" ? 2 ** 31 - 1 : 2 ** 32 - 1);
    const peer = rawPeer({ wire });
    peer.send(syn(3), increment(3, wire.maxWindow - WINDOW));
    expect(peer.take()).toEqual([]);
    expect(peer.session.stats().openStreams).toBe(1);
  });

  it("one byte of credit beyond the maximum resets the stream and frees it", async () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3));
    const stream = await peer.session.accept();
    peer.send(increment(3, wire.maxWindow - WINDOW + 1));
    expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
    expect(stream.error).toMatchObject({
      code: "FLOW_CONTROL_ERROR",
      scope: "stream",
      origin: "remote",
    });
    expect(peer.session.stats().openStreams).toBe(0);
    await expectUnharmed(peer);
  });

  it("the sum of credit never wraps: the largest grant after the largest grant is a breach too", () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3), increment(3, wire.maxWindow - WINDOW), increment(3, wire.maxWindow));
    expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
  });

  it("a peer may grant spent credit again: the maximum limits the credit that is left", async () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3), increment(3, wire.maxWindow - WINDOW));
    const stream = await peer.session.accept();
    await stream.write(bytes(10));
    peer.take();
    peer.send(increment(3, 10));
    expect(peer.take()).toEqual([]);
    peer.send(increment(3, 1));
    expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
  });
});

describe("2. credit overflow, in Yamux's layout", () => {
  it("credit beyond the maximum resets the stream also when it comes with SYN, or with FIN", async () => {
    const peer = rawPeer({ wire: yamux });
    const most = 0xffff_ffff - WINDOW;
    peer.sendBytes(yamuxHeader(WINDOW_UPDATE, SYN, 3, most));
    peer.sendBytes(yamuxHeader(WINDOW_UPDATE, SYN, 5, most + 1));
    peer.send(syn(7));
    peer.sendBytes(yamuxHeader(WINDOW_UPDATE, FIN, 7, most + 1));
    const resets = ["5: RST FLOW_CONTROL_ERROR", "7: RST FLOW_CONTROL_ERROR"];
    expect(brief(peer.take())).toEqual(resets);
    expect(peer.session.stats().openStreams).toBe(1);
    await peer.session.accept();
    await peer.session.accept();
    await peer.session.accept();
    await expectUnharmed(peer);
  });

  it("credit after FIN, or for a stream that is not there, is harmless, however much it is", async () => {
    const peer = rawPeer({ wire: yamux });
    peer.send(synFin(3), increment(3, 0xffff_ffff - WINDOW));
    const stream = await peer.session.accept();
    await stream.write(bytes("answer"));
    await stream.close();
    peer.take();
    peer.send(increment(3, 0xffff_ffff), increment(5, 0xffff_ffff));
    expect(peer.take()).toEqual([]);
    await expectUnharmed(peer);
  });
});
