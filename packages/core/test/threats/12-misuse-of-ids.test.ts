// Rule 12: an id that is not allowed in its frame ends the session. Our own ids are used up without wrapping.

import { muxado } from "@muxado/core";
import { ack, bytes, contentOf, rawPeer, syn, wires } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { yamux } from "../yamux.ts";
import {
  ACK,
  DATA,
  expectBreach,
  expectUnharmed,
  FIN,
  GO_AWAY,
  PING,
  SYN,
  WINDOW_UPDATE,
  yamuxHeader,
} from "./proofs.ts";

describe.each(wires)("12. misuse of ids, on $name", ({ wire }) => {
  it.each([
    ["wrong parity, to a server", "server", syn(4)],
    ["wrong parity, to a client", "client", syn(5)],
    ["an id of ours that is open", "server", syn(2)],
  ] as const)("a SYN ends the session if it has %s", async (_, role, frame) => {
    const peer = rawPeer({ wire, role });
    peer.session.open();
    peer.flush();
    peer.send(frame);
    await expectBreach(peer, "PROTOCOL_ERROR");
  });

  it("a SYN on a stream that is open ends the session", async () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3), syn(3));
    await expectBreach(peer, "PROTOCOL_ERROR");
  });

  it("the highest id that a peer may use opens a stream as any other, and so does id 1", async () => {
    const peer = rawPeer({ wire });
    const highest = wire.name === "muxado" ? 0x7fff_ffff : 0xffff_ffff;
    peer.send(syn(highest), syn(1));
    expect((await peer.session.accept()).id).toBe(highest);
    expect((await peer.session.accept()).id).toBe(1);
  });

  it("a session takes nothing behind the breach for frames", () => {
    const peer = rawPeer({ wire });
    peer.send(syn(4), syn(3, "late"));
    expect(peer.session.stats().streamsReceived).toBe(0);
  });

  it("our own ids run out with an error and do not wrap, and streams that are open go on", async () => {
    const peer = rawPeer({ wire: { ...wire, maxStreamId: 6 } });
    const streams = [2, 4, 6].map(() => peer.session.open());
    expect(streams.map((stream) => stream.id)).toEqual([2, 4, 6]);
    const refusal = { code: "STREAMS_EXHAUSTED", scope: "session", origin: "local", retry: "safe" };
    for (let times = 0; times < 2; times++) {
      expect(() => peer.session.open()).toThrow(expect.objectContaining(refusal));
    }
    streams[0]!.reset();
    expect(() => peer.session.open()).toThrow(expect.objectContaining(refusal));
    await streams[1]!.write(bytes("on"));
    expect(contentOf(peer.take(), 4)).toEqual(bytes("on"));
    await expectUnharmed(peer);
  });
});

describe("12. misuse of ids, in muxado's layout", () => {
  /** A header of DATA with SYN, made by hand: encoders refuse these ids. */
  function rawSyn(id: number): Uint8Array {
    const frame = new Uint8Array([0, 0, 0, 0x12, 0, 0, 0, 0]);
    new DataView(frame.buffer).setUint32(4, id);
    return frame;
  }

  it.each([
    ["id 0", 0],
    ["the high bit set", 0x8000_0003],
  ])("a SYN ends the session if it has %s", async (_, id) => {
    const peer = rawPeer({ wire: muxado });
    peer.sendBytes(rawSyn(id));
    await expectBreach(peer, "PROTOCOL_ERROR");
  });
});

describe("12. misuse of ids, in Yamux's layout", () => {
  it.each([
    ["version 1", yamuxHeader(0x0100 | DATA, SYN, 3, 0)],
    ["version 255", yamuxHeader(0xff00 | PING, SYN, 0, 0)],
    ["a type that is none", yamuxHeader(4, 0, 0, 0)],
    ["data on id 0", yamuxHeader(DATA, SYN, 0, 0)],
    ["credit on id 0", yamuxHeader(WINDOW_UPDATE, 0, 0, 1)],
    ["a ping on a stream", yamuxHeader(PING, SYN, 3, 0)],
    ["a GOAWAY on a stream", yamuxHeader(GO_AWAY, 0, 3, 0)],
    ["a ping that neither asks nor answers", yamuxHeader(PING, 0, 0, 0)],
    ["a ping that does both", yamuxHeader(PING, SYN | ACK, 0, 0)],
  ])("%s ends the session", async (_, header) => {
    const peer = rawPeer({ wire: yamux });
    peer.sendBytes(header);
    peer.send(syn(3));
    expect(peer.session.stats().streamsReceived).toBe(0);
    await expectBreach(peer, "PROTOCOL_ERROR");
  });

  it.each([
    ["SYN of our own parity", yamuxHeader(WINDOW_UPDATE, SYN, 4, 1000)],
    ["SYN on a stream that is open", yamuxHeader(WINDOW_UPDATE, SYN | FIN, 3, 1000)],
  ])("%s ends the session, whatever else its frame says", async (_, header) => {
    const peer = rawPeer({ wire: yamux });
    peer.send(syn(3));
    peer.sendBytes(header);
    await expectBreach(peer, "PROTOCOL_ERROR");
  });

  it("the high bit of an id is a bit as any other, and flags without a meaning have none", async () => {
    const peer = rawPeer({ wire: yamux });
    peer.sendBytes(yamuxHeader(WINDOW_UPDATE, 0xfff0 | SYN, 0x8000_0003, 0));
    expect((await peer.session.accept()).id).toBe(0x8000_0003);
    await expectUnharmed(peer);
  });

  it("acknowledgements of streams that are not there, not ours, or acknowledged already are harmless", async () => {
    const peer = rawPeer({ wire: yamux });
    const own = peer.session.open();
    peer.flush();
    peer.send(syn(3), ack(own.id), ack(own.id), ack(3), ack(4), ack(99));
    await peer.session.accept();
    peer.take();
    expect(peer.session.stats().openStreams).toBe(2);
    await expectUnharmed(peer);
  });
});
