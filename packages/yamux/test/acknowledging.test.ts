// ACK: the session acknowledges a stream of the peer exactly once, when the application accepts it. Spec §5.

import { describe, expect, it } from "vitest";
import { data, flag, Peer, update } from "./peer.ts";
import { bytes } from "@muxado/testkit";

/** The session is the server: the peer opens 1, 3, 5, ... */
function server(options = {}): Peer {
  return new Peer({ role: "server", ...options });
}

describe("ACK", () => {
  it("is not sent for a stream that nobody has accepted", async () => {
    const peer = server();
    peer.send(flag(1, "SYN"), data(3, "hello", "SYN"));
    await peer.settle();
    expect(peer.take()).toEqual([]);
  });

  it("leaves alone at the end of the turn in which the application accepts", async () => {
    const peer = server();
    peer.send(flag(1, "SYN"));
    await peer.session.accept();
    expect(peer.take()).toEqual(["1: update 0 ACK"]);
  });

  it("leaves as soon as the stream comes, if an accept waits", async () => {
    const peer = server();
    const accepting = peer.session.accept();
    peer.send(flag(1, "SYN"));
    expect(peer.take()).toEqual(["1: update 0 ACK"]);
    expect((await accepting).id).toBe(1);
  });

  it("leaves for each stream of an iteration", async () => {
    const peer = server();
    peer.send(flag(1, "SYN"), flag(3, "SYN"), flag(5, "SYN"));
    const ids: number[] = [];
    for await (const { id } of peer.session) {
      ids.push(id);
      if (ids.length === 3) break;
    }
    expect(ids).toEqual([1, 3, 5]);
    expect(peer.take()).toEqual(["1: update 0 ACK", "3: update 0 ACK", "5: update 0 ACK"]);
  });

  it("is on the frame of our first bytes, and on no later one", async () => {
    const peer = server();
    peer.send(flag(1, "SYN"));
    const stream = await peer.session.accept();
    void stream.write(bytes(5));
    void stream.write(bytes(6));
    expect(peer.take()).toEqual(["1: data 5 ACK", "1: data 6"]);
  });

  it("is on the frame of an offer, too", async () => {
    const peer = server();
    peer.send(flag(1, "SYN"));
    const stream = await peer.session.accept();
    expect(stream.offer(bytes(5))).toBe(5);
    expect(peer.take()).toEqual(["1: data 5 ACK"]);
  });

  it("is on the first frame of a write that has to wait for its turn", async () => {
    const peer = server();
    peer.send(flag(1, "SYN"));
    const stream = await peer.session.accept();
    void stream.write(bytes(100_000));
    const sent = peer.take();
    expect(sent[0]).toMatch(/^1: data \d+ ACK$/);
    expect(sent.filter((line) => line.includes("ACK"))).toHaveLength(1);
  });

  it("comes before FIN, if that is all the application sends", async () => {
    const peer = server();
    peer.send(flag(1, "SYN"));
    const stream = await peer.session.accept();
    void stream.closeWrite();
    expect(peer.take()).toEqual(["1: update 0 ACK", "1: update 0 FIN"]);
  });

  it("comes before the bytes and the FIN of a short answer to a short question", async () => {
    const peer = server();
    peer.send(data(1, "question", "SYN FIN"));
    const stream = await peer.session.accept();
    void stream.write(bytes("answer"));
    void stream.closeWrite();
    expect(peer.take()).toEqual(["1: data 6 ACK", "1: update 0 FIN"]);
    expect(peer.session.stats().openStreams).toBe(0);
  });

  it("comes before credit for what is read", async () => {
    const peer = server();
    peer.send(data(1, 200_000, "SYN"));
    const stream = await peer.session.accept();
    expect(stream.take()).toHaveLength(200_000);
    const sent = peer.take();
    expect(sent[0]).toBe("1: update 0 ACK");
    expect(sent).toHaveLength(2);
  });

  it("is sent once, whatever follows", async () => {
    const peer = server();
    peer.send(flag(1, "SYN"));
    const stream = await peer.session.accept();
    peer.take();
    void stream.write(bytes(1));
    void stream.closeWrite();
    peer.send(flag(1, "FIN"));
    await peer.settle();
    expect(peer.take()).toEqual(["1: data 1", "1: update 0 FIN"]);
  });

  it("waits for a transport that takes no writes, and is still sent once", async () => {
    const peer = server();
    const early = peer.session.open();
    peer.holdWrites();
    peer.take();
    peer.send(flag(1, "SYN"));
    const stream = await peer.session.accept();
    expect(peer.take()).toEqual([]);
    void stream.write(bytes(3));
    peer.releaseWrites();
    expect(peer.take()).toEqual(["1: data 3 ACK"]);
    expect(early.error).toBe(undefined);
  });
});

describe("no ACK is sent", () => {
  it("for a stream that the application resets in the turn that it accepts it", async () => {
    const peer = server();
    peer.send(flag(1, "SYN"));
    (await peer.session.accept()).reset();
    expect(peer.take()).toEqual(["1: update 6 RST"]);
  });

  it("for a stream that the application refuses", async () => {
    const peer = server();
    peer.send(flag(1, "SYN"));
    (await peer.session.accept()).refuse();
    expect(peer.take()).toEqual(["1: update 5 RST"]);
  });

  it("for a stream that the peer resets before it is accepted, and that is given out all the same", async () => {
    const peer = server();
    peer.send(data(1, "last words", "SYN"), flag(1, "RST"));
    const stream = await peer.session.accept();
    expect(stream.take()).toEqual(bytes("last words"));
    expect(peer.take()).toEqual([]);
  });

  it("for a stream that the peer resets in the turn that it is accepted", async () => {
    const peer = server();
    peer.send(flag(1, "SYN"));
    await peer.session.accept();
    peer.send(flag(1, "RST"));
    expect(peer.take()).toEqual([]);
  });

  it("for streams beyond the backlog, which are refused", async () => {
    const peer = server({ acceptBacklog: 1 });
    peer.send(flag(1, "SYN"), flag(3, "SYN"));
    await peer.settle();
    expect(peer.take()).toEqual(["3: update 9 RST"]);
  });

  it("for streams that nobody accepts in time", async () => {
    const peer = server({ acceptTimeout: 1000 });
    peer.send(flag(1, "SYN"));
    await peer.advance(2000);
    expect(peer.take()).toEqual(["1: update 5 RST"]);
  });

  it("after the end of the session, although what has come is still given out", async () => {
    const peer = server();
    peer.send(flag(1, "SYN"));
    peer.session.destroy();
    peer.take();
    expect((await peer.session.accept()).id).toBe(1);
    expect(peer.take()).toEqual([]);
  });
});

describe("an ACK of the peer's", () => {
  it.each([1, 2, 3, 99, 0xffffffff])(
    "on stream %i, which is not there, is harmless",
    async (id) => {
      const peer = new Peer();
      peer.send(flag(id, "ACK"), data(id, 0, "ACK"));
      await peer.settle();
      expect(peer.take()).toEqual([]);
      expect(peer.session.stats()).toMatchObject({ openStreams: 0 });
    },
  );

  it("that comes twice counts once", async () => {
    const peer = new Peer({ maxUnacknowledged: 2 });
    for (let opened = 0; opened < 4; opened++) peer.session.open();
    expect(peer.take()).toEqual(["1: update 0 SYN", "3: update 0 SYN"]);
    peer.send(flag(1, "ACK"), flag(1, "ACK"), flag(1, "ACK"));
    expect(peer.take()).toEqual(["5: update 0 SYN"]);
  });

  it("on a stream that has ended frees nothing", async () => {
    const peer = new Peer({ maxUnacknowledged: 1 });
    const [first] = [peer.session.open(), peer.session.open(), peer.session.open()];
    peer.take();
    first!.reset();
    expect(peer.take()).toEqual(["1: update 6 RST", "3: update 0 SYN"]);
    peer.send(flag(1, "ACK"));
    expect(peer.take()).toEqual([]);
  });

  it("on a stream whose SYN is held is no acknowledgement: the peer cannot know it", async () => {
    const peer = new Peer({ maxUnacknowledged: 1 });
    const [, held] = [peer.session.open(), peer.session.open(), peer.session.open()];
    peer.take();
    peer.send(flag(3, "ACK"));
    expect(peer.take()).toEqual([]);
    peer.send(flag(1, "ACK"));
    expect(peer.take()).toEqual(["3: update 0 SYN"]);
    expect(held!.error).toBe(undefined);
    // The peer knows the stream only now, so only now the ACK counts.
    peer.send(flag(3, "ACK"));
    expect(peer.take()).toEqual(["5: update 0 SYN"]);
  });

  it("on a stream of the peer's own is harmless", async () => {
    const peer = server();
    peer.send(flag(1, "SYN ACK"), data(1, "x", "ACK"));
    const stream = await peer.session.accept();
    expect(stream.take()).toEqual(bytes("x"));
    expect(peer.take()).toEqual(["1: update 0 ACK"]);
  });

  it("may be on a frame with bytes, credit or FIN", async () => {
    for (const frame of [data(1, 5, "ACK"), update(1, 5, "ACK"), flag(1, "ACK FIN")]) {
      const peer = new Peer({ maxUnacknowledged: 1 });
      const [stream] = [peer.session.open(), peer.session.open()];
      peer.take();
      peer.send(frame);
      expect(peer.take()).toEqual(["3: update 0 SYN"]);
      expect(stream!.error).toBe(undefined);
    }
  });

  it("is no answer: a stream that was accepted may still be refused, and is safe to try again", () => {
    const peer = new Peer();
    const [refused, lost] = [peer.session.open(), peer.session.open()];
    peer.take();
    peer.send(flag(1, "ACK"), flag(3, "ACK"), update(1, 5, "RST"));
    peer.end();
    expect(refused.error).toMatchObject({ code: "STREAM_REFUSED", retry: "safe" });
    expect(lost.error).toMatchObject({ code: "PEER_EOF", retry: "unknown" });
  });

  it.each([
    ["Window Update", flag],
    ["Data", (id: number, flags: string) => data(id, 0, flags)],
  ])("in an empty %s is no frame that says nothing, however many streams it comes on", (_, ack) => {
    const peer = new Peer();
    const streams = Array.from({ length: 200 }, () => peer.session.open());
    peer.take();
    peer.send(...streams.map(({ id }) => ack(id, "ACK")));
    expect(streams.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(peer.take()).toEqual([]);
  });
});

describe("a trace", () => {
  it("sees ACKs of both sides, alone and with bytes", async () => {
    const seen: object[] = [];
    const peer = server({ trace: (frame: object) => seen.push(frame) });
    peer.send(flag(1, "SYN"), flag(3, "SYN"));
    await peer.session.accept();
    void (await peer.session.accept()).write(bytes(5));
    peer.session.open();
    peer.take();
    peer.send(flag(2, "ACK"));
    expect(seen.filter((frame) => "kind" in frame && frame.kind === "acknowledgement")).toEqual([
      { direction: "out", kind: "acknowledgement", streamId: 3 },
      { direction: "out", kind: "acknowledgement", streamId: 1 },
      { direction: "in", kind: "acknowledgement", streamId: 2 },
    ]);
  });
});
