// Rule 1: a SYN may carry as many bytes as the wire's initial window, and not one more.

import { brief, rawPeer, syn, wires } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { yamux } from "../yamux.ts";
import { ACK, DATA, expectUnharmed, FIN, SYN, yamuxHeader } from "./proofs.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

describe.each(wires)("1. oversized SYN, on $name", ({ wire }) => {
  it("a SYN with the whole initial window opens a stream", () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3, WINDOW));
    expect(peer.session.stats()).toMatchObject({ streamsReceived: 1, waitingForAccept: 1 });
    expect(peer.take()).toEqual([]);
  });

  it("a SYN with one byte too many is reset, opens no stream and is not accepted", async () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3, WINDOW + 1));
    expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
    expect(peer.session.stats()).toMatchObject({
      streamsReceived: 0,
      openStreams: 0,
      waitingForAccept: 0,
    });
    await expectUnharmed(peer);
  });

  it("the wire's initial window limits a SYN, also when ours is smaller or larger", () => {
    for (const windowSize of [KIB, 4 * WINDOW]) {
      const peer = rawPeer({ wire, windowSize });
      peer.send(syn(3, WINDOW), syn(5, WINDOW + 1));
      expect(brief(peer.take())).toContain("5: RST FLOW_CONTROL_ERROR");
      expect(peer.session.stats().streamsReceived).toBe(1);
    }
  });
});

describe("1. oversized SYN, in Yamux's layout", () => {
  it("a SYN of 4 GiB is reset with its header, and another SYN of the same id is charged and not answered", async () => {
    const peer = rawPeer({ wire: yamux, maxProvokedResets: 1 });
    peer.sendBytes(yamuxHeader(DATA, SYN, 3, 0xffff_ffff));
    expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
    expect(peer.session.stats()).toMatchObject({ streamsReceived: 0, memoryUnread: 0 });
    const other = rawPeer({ wire: yamux });
    other.send(syn(3, WINDOW + 1), syn(3));
    expect(brief(other.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
    await expectUnharmed(other);
  });

  it("a SYN with one byte too many is reset also in a frame that acknowledges or ends", () => {
    for (const flags of [SYN | ACK, SYN | FIN, SYN | ACK | FIN]) {
      const peer = rawPeer({ wire: yamux });
      peer.sendBytes(yamuxHeader(DATA, flags, 3, WINDOW + 1));
      expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
      expect(peer.session.stats().streamsReceived).toBe(0);
    }
  });
});
