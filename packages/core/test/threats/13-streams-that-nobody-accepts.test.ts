// Rule 13: streams that wait for an accept hold up nothing, and streams beyond the backlog are refused.

import {
  ack,
  brief,
  bytes,
  data,
  fin,
  goAway,
  type RawPeer,
  rawPeer,
  reset,
  syn,
  wires,
  increment,
} from "@muxado/testkit";
import { describe, expect, it, vi } from "vitest";
import { takePieces } from "../taking.ts";
import { yamux } from "../yamux.ts";
import { expectUnharmed } from "./proofs.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

describe.each(wires)("13. streams that nobody accepts, on $name", ({ wire }) => {
  it("as many streams may wait as the backlog says", () => {
    const peer = rawPeer({ wire, acceptBacklog: 3 });
    peer.send(syn(3), syn(5), syn(7));
    expect(peer.take()).toEqual([]);
    expect(peer.session.stats().waitingForAccept).toBe(3);
  });

  it("one stream more is reset, and the others wait on", async () => {
    const peer = rawPeer({ wire, acceptBacklog: 3 });
    peer.send(syn(3), syn(5), syn(7), syn(9));
    expect(brief(peer.take())).toEqual(["9: RST ACCEPT_QUEUE_FULL"]);
    expect(peer.session.stats()).toMatchObject({ waitingForAccept: 3, openStreams: 3 });
    for (const id of [3, 5, 7]) expect((await peer.session.accept()).id).toBe(id);
    await expectUnharmed(peer);
  });

  it("the backlog is 128 streams by default, on Yamux 256", () => {
    const backlog = wire.name === "muxado" ? 128 : 256;
    const peer = rawPeer({ wire });
    peer.send(...Array.from({ length: backlog + 1 }, (_, index) => syn(3 + 2 * index)));
    expect(brief(peer.take())).toEqual([`${3 + 2 * backlog}: RST ACCEPT_QUEUE_FULL`]);
  });

  it("streams that an accept loop takes in the same turn are not counted", async () => {
    const peer = rawPeer({ wire, acceptBacklog: 3 });
    const ids: number[] = [];
    void (async () => {
      for await (const stream of peer.session) ids.push(stream.id);
    })();
    peer.send(...Array.from({ length: 100 }, (_, index) => syn(3 + 2 * index)));
    await peer.settle();
    expect(ids).toHaveLength(100);
    expect(peer.take()).toEqual([]);
  });

  it("streams that wait hold up nobody: their frames, and those of others, are read", async () => {
    const peer = rawPeer({ wire, acceptBacklog: 1 });
    const own = peer.session.open();
    peer.flush();
    peer.send(syn(3, WINDOW), syn(5), data(2, "for us"), fin(3));
    expect(own.take()).toEqual(bytes("for us"));
    const stream = await peer.session.accept();
    expect(Buffer.concat(takePieces(stream))).toHaveLength(WINDOW);
    expect(stream.take()).toBeNull();
  });

  it("at most 16 384 streams wait beyond the backlog in one turn, also when writes are blocked", () => {
    const peer = rawPeer({ wire, acceptBacklog: 3, maxInboundStreams: Infinity });
    peer.holdWrites();
    peer.session.open();
    peer.take();
    peer.send(...Array.from({ length: 16_384 + 3 }, (_, index) => syn(3 + 2 * index)));
    expect(peer.session.stats().waitingForAccept).toBe(16_387);
    peer.send(syn(99_999));
    expect(peer.session.stats().waitingForAccept).toBe(16_387);
    expect(peer.session.stats().bytesToSend).toBe(wire.dataHeaderLength + wire.controlLength);
  });

  it("streams beyond the backlog that the peer has reset meanwhile are given up without an answer", () => {
    const peer = rawPeer({ wire, acceptBacklog: 3 });
    peer.send(syn(3), syn(5), syn(7), syn(9), reset(9, "STREAM_CANCELLED"));
    expect(peer.take()).toEqual([]);
    expect(peer.session.stats()).toMatchObject({ waitingForAccept: 3, openStreams: 3 });
  });

  it("maxInboundStreams caps streams that wait together with those that were accepted", async () => {
    const peer = rawPeer({ wire, maxInboundStreams: 2 });
    peer.send(syn(3), syn(5));
    const stream = await peer.session.accept();
    peer.send(syn(7));
    expect(brief(peer.take())).toEqual(["7: RST STREAM_REFUSED"]);
    stream.reset();
    peer.take();
    peer.send(syn(9));
    expect(peer.take()).toEqual([]);
    expect(peer.session.stats().openStreams).toBe(2);
  });
});

describe("13. streams that nobody accepts, on Yamux's other side", () => {
  const wire = { ...yamux, maxUnacknowledged: 3 };

  /** The streams that have been announced since the last call. */
  function announced(peer: RawPeer): number[] {
    return peer
      .take()
      .flatMap((frame) => (frame.type === "data" && frame.syn ? [frame.streamId] : []));
  }

  it("as many streams of ours are without an acknowledgement as the limit says, and no more", async () => {
    const peer = rawPeer({ wire });
    const streams = Array.from({ length: 5 }, () => peer.session.open());
    expect(announced(peer)).toEqual([2, 4, 6]);
    void streams[4]!.write(bytes(10));
    peer.send(ack(4));
    expect(announced(peer)).toEqual([8]);
    peer.send(ack(4), ack(4));
    expect(announced(peer)).toEqual([]);
    peer.send(ack(2));
    expect(brief(peer.take())).toEqual(["10: DATA 10 SYN"]);
    await expectUnharmed(peer);
  });

  it("a stream that either side ends without an acknowledgement gives its place back", async () => {
    const peer = rawPeer({ wire });
    const [first, second, third] = Array.from({ length: 8 }, () => peer.session.open());
    expect(announced(peer)).toEqual([2, 4, 6]);
    first!.reset();
    expect(announced(peer)).toEqual([8]);
    peer.send(reset(second!.id, "STREAM_REFUSED"));
    expect(announced(peer)).toEqual([10]);
    await third!.closeWrite();
    peer.send(fin(third!.id));
    expect(announced(peer)).toEqual([12]);
    // More credit than can be counted: it is reset.
    peer.send(increment(12, 0xffff_ffff));
    expect(announced(peer)).toEqual([14]);
  });

  it("a stream that waits for its turn costs nothing: its reset sends nothing, and its place is not taken", async () => {
    const peer = rawPeer({ wire });
    const streams = Array.from({ length: 6 }, () => peer.session.open());
    expect(announced(peer)).toEqual([2, 4, 6]);
    streams[3]!.reset();
    streams[3]!.priority = { urgency: 0 };
    expect(streams[3]!.error).toMatchObject({ retry: "safe", origin: "local" });
    streams.push(peer.session.open(), peer.session.open());
    expect(peer.take()).toEqual([]);
    for (const [acknowledged, next] of [
      [2, 10],
      [4, 12],
      [6, 14],
    ] as const) {
      peer.send(ack(acknowledged));
      expect(announced(peer)).toEqual([next]);
    }
    peer.send(goAway(0));
    expect(streams.at(-1)!.error).toMatchObject({ code: "REMOTE_GONE_AWAY", retry: "safe" });
  });

  it("an offer that had to wait is told of its turn, also behind a write that had not to", async () => {
    const peer = rawPeer({ wire: { ...yamux, maxUnacknowledged: 1 } });
    const [first, second] = [peer.session.open(), peer.session.open()];
    const told = vi.fn();
    second.observe({ onReadable: () => {}, onWritable: told });
    peer.take();
    expect(second.offer(bytes(100))).toBe(0);
    peer.send(ack(first.id));
    void second.write(bytes(10));
    await peer.settle();
    expect(told).toHaveBeenCalled();
    expect(brief(peer.take())).toEqual(["4: DATA 10 SYN"]);
  });
});
