// Which ids a session opens, and how much each direction may send: 256 KiB at first, more when announced. Spec §5.1,
// §6.

import { Session } from "@muxado/core";
import { bytes, connectedPair } from "@muxado/testkit";
import { yamux } from "@muxado/yamux";
import { describe, expect, it } from "vitest";
import { data, flag, Peer, stateOf, update } from "./peer.ts";

const FIRST_WINDOW = 262_144;

describe("ids", () => {
  it.each([
    ["client", [1, 3, 5]],
    ["server", [2, 4, 6]],
  ] as const)("of a %s are %o", (role, ids) => {
    const peer = new Peer({ role });
    expect(ids.map(() => peer.session.open().id)).toEqual(ids);
    expect(peer.take()).toEqual(ids.map((id) => `${id}: update 0 SYN`));
  });

  it("are never used again", () => {
    const peer = new Peer();
    peer.session.open().reset();
    peer.take();
    expect(peer.session.open().id).toBe(3);
  });

  it("may be left out by the peer, and come in any order", async () => {
    const peer = new Peer();
    peer.send(flag(100, "SYN"), flag(2, "SYN"), flag(0xfffffffe, "SYN"));
    const ids = [];
    for (let count = 0; count < 3; count++) ids.push((await peer.session.accept()).id);
    expect(ids).toEqual([100, 2, 0xfffffffe]);
    expect(peer.take()).toHaveLength(3);
  });

  it.each([
    ["client", [0xfffffff9, 0xfffffffb, 0xfffffffd]],
    ["server", [0xfffffff8, 0xfffffffa, 0xfffffffc]],
  ] as const)("of a %s end where hashicorp's do", (role, last) => {
    const wire = {
      ...yamux({ keepAlive: Infinity }),
      firstClientStreamId: 0xfffffff9,
      firstServerStreamId: 0xfffffff8,
    };
    const pair = connectedPair({ session: { wire } });
    const session = pair[role];
    expect(last.map(() => session.open().id)).toEqual(last);
    expect(() => session.open()).toThrow(
      expect.objectContaining({ code: "STREAMS_EXHAUSTED", scope: "session", retry: "safe" }),
    );
  });

  it("above 2³¹ are ids like any others", async () => {
    const wire = { ...yamux({ keepAlive: Infinity }), firstClientStreamId: 0x80000001 };
    const pair = connectedPair({ session: { wire } });
    const stream = pair.client.open();
    expect(stream.id).toBe(0x80000001);
    void stream.write(bytes(10));
    await pair.drive();
    const accepted = await pair.server.accept();
    expect(accepted.take()).toEqual(bytes(10));
    void accepted.write(bytes(20));
    await pair.drive();
    expect(stream.take()).toEqual(bytes(20));
  });
});

describe("the window of a new stream", () => {
  it("is 256 KiB in either direction, without any announcement", async () => {
    const peer = new Peer();
    const stream = peer.session.open();
    expect(stream.stats()).toMatchObject({ credit: FIRST_WINDOW, receiveWindow: FIRST_WINDOW });
    expect(peer.take()).toEqual(["1: update 0 SYN"]);
    const writing = stateOf(stream.write(new Uint8Array(FIRST_WINDOW + 1)));
    const sent = peer.takeAll();
    expect(
      sent.reduce((sum, frame) => sum + (frame.type === "data" ? frame.body.length : 0), 0),
    ).toBe(FIRST_WINDOW);
    peer.send(update(1, 1));
    expect(peer.take()).toEqual(["1: data 1"]);
    await peer.settle();
    expect(writing.settled).toBe(true);
  });

  it("may be used up by the peer, and not overrun", async () => {
    const peer = new Peer({ role: "server" });
    peer.send(data(1, FIRST_WINDOW, "SYN"));
    const stream = await peer.session.accept();
    peer.take();
    peer.send(data(1, 1));
    expect(peer.take()).toEqual(["1: update 3 RST"]);
    expect(stream.error).toMatchObject({ code: "FLOW_CONTROL_ERROR", origin: "remote" });
  });

  it("is returned as the application reads", async () => {
    const peer = new Peer({ role: "server", windowSize: FIRST_WINDOW });
    peer.send(data(1, FIRST_WINDOW, "SYN"));
    const stream = await peer.session.accept();
    expect(peer.take()).toEqual(["1: update 0 ACK"]);
    while (stream.take() !== undefined);
    expect(peer.take()).toEqual([`1: update ${FIRST_WINDOW}`]);
  });
});

describe("a larger window of ours", () => {
  it("is announced behind the SYN", () => {
    const peer = new Peer({ windowSize: 1_000_000 });
    peer.session.open();
    expect(peer.take()).toEqual(["1: update 0 SYN", `1: update ${1_000_000 - FIRST_WINDOW}`]);
  });

  it("is announced behind bytes that carry the SYN, too", () => {
    const peer = new Peer({ windowSize: 1_000_000 });
    void peer.session.open().write(bytes(5));
    expect(peer.take()).toEqual(["1: data 5 SYN", `1: update ${1_000_000 - FIRST_WINDOW}`]);
  });

  it("is announced on a stream of the peer's when that is accepted, and may then be used", async () => {
    const peer = new Peer({ role: "server", windowSize: 1_000_000 });
    peer.send(flag(1, "SYN"));
    // Credit before that would tell the peer that the application has accepted the stream.
    expect(peer.take()).toEqual([]);
    const stream = await peer.session.accept();
    expect(peer.take()).toEqual(["1: update 0 ACK", `1: update ${1_000_000 - FIRST_WINDOW}`]);
    peer.send(data(1, 1_000_000));
    expect(stream.stats().bytesUnread).toBe(1_000_000);
  });

  it("is no more than a u32 counts", () => {
    expect(() => new Peer({ windowSize: 2 ** 32 })).toThrow(RangeError);
    const peer = new Peer({ windowSize: 2 ** 32 - 1 });
    peer.session.open();
    expect(peer.take()).toEqual(["1: update 0 SYN", `1: update ${2 ** 32 - 1 - FIRST_WINDOW}`]);
  });
});

describe("a larger window of the peer's", () => {
  it.each([
    ["with its ACK", [update(1, 1_000_000, "ACK")]],
    ["before its ACK", [update(1, 1_000_000), flag(1, "ACK")]],
    ["behind its ACK", [flag(1, "ACK"), update(1, 1_000_000)]],
  ])("is announced %s", (_what, frames) => {
    const peer = new Peer();
    const stream = peer.session.open();
    peer.take();
    peer.send(...frames);
    expect(stream.stats().credit).toBe(FIRST_WINDOW + 1_000_000);
  });

  it("is announced with its SYN, or behind it", async () => {
    const peer = new Peer({ role: "server" });
    peer.send(update(1, 1_000_000, "SYN"), flag(3, "SYN"), update(3, 1_000_000));
    for (const id of [1, 3]) {
      const stream = await peer.session.accept();
      expect([stream.id, stream.stats().credit]).toEqual([id, FIRST_WINDOW + 1_000_000]);
    }
  });

  it("may be as large as a u32 counts, and one byte more resets the stream", () => {
    const peer = new Peer();
    const stream = peer.session.open();
    peer.take();
    peer.send(update(1, 0xffffffff - FIRST_WINDOW));
    expect(stream.stats().credit).toBe(0xffffffff);
    peer.send(update(1, 1));
    expect(peer.take()).toEqual(["1: update 3 RST"]);
    expect(stream.error).toMatchObject({ code: "FLOW_CONTROL_ERROR" });
  });

  it("is announced on each of many streams, and is no flood", () => {
    const peer = new Peer({ role: "server", acceptBacklog: 20_000, maxInboundStreams: 20_000 });
    for (let id = 1; id < 40_000; id += 2) peer.send(flag(id, "SYN"), update(id, 1000));
    expect(peer.session.stats().openStreams).toBe(20_000);
  });
});

describe("between two of our sessions", () => {
  it("windows of different sizes carry all that is written, both ways", async () => {
    const pair = connectedPair({
      latency: [1, 5],
      client: { wire: yamux(), windowSize: 1_000_000 },
      server: { wire: yamux(), windowSize: 10_000 },
    });
    const there = pair.client.open();
    const content = bytes(3_000_000);
    void there.write(content).then(() => there.closeWrite());
    await pair.drive();
    const here = await pair.server.accept();
    void here.write(content).then(() => here.closeWrite());
    const lengths = await Promise.race([
      Promise.all([there, here].map(lengthOf)),
      pair.advance(60_000).then(() => expect.fail("it takes too long")),
    ]);
    expect(lengths).toEqual([3_000_000, 3_000_000]);
  });
});

async function lengthOf(stream: ReturnType<Session["open"]>): Promise<number> {
  let length = 0;
  for await (const piece of stream) length += piece.length;
  return length;
}
