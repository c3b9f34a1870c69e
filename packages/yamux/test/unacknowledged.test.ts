// Streams of our own that the peer has not acknowledged. Their number has a limit. The SYNs of further streams wait, in
// order, until the peer acknowledges some or some end. Spec §5.

import { bytes } from "@muxado/testkit";
import type { Stream } from "@muxado/core";
import { describe, expect, it } from "vitest";
import { data, flag, goAway, Peer, type PeerOptions, stateOf, update } from "./peer.ts";

/** Returns a peer and this many streams. `limit` of them may be unacknowledged; the peer has the SYNs of those. */
function opened(limit: number, count: number, options: PeerOptions = {}): [Peer, Stream[]] {
  const peer = new Peer({ maxUnacknowledged: limit, ...options });
  const streams = Array.from({ length: count }, () => peer.session.open());
  expect(peer.take().filter((line) => line.includes("SYN"))).toHaveLength(Math.min(limit, count));
  return [peer, streams];
}

const syn = (streamId: number): string => `${streamId}: update 0 SYN`;

describe("the limit", () => {
  it("is 256 by default, whatever is opened", () => {
    const peer = new Peer();
    for (let count = 0; count < 300; count++) peer.session.open();
    const sent = peer.take();
    expect(sent).toHaveLength(256);
    expect(sent.at(-1)).toBe(syn(511));
    expect(peer.session.stats()).toMatchObject({ openStreams: 300, streamsOpened: 300 });
  });

  it.each([1, 2, 10, 1000])("is the option: %i", (limit) => {
    const peer = new Peer({ maxUnacknowledged: limit });
    for (let count = 0; count < 1001; count++) peer.session.open();
    expect(peer.take()).toHaveLength(limit);
  });

  it("may be none", () => {
    const peer = new Peer({ maxUnacknowledged: Infinity });
    for (let count = 0; count < 1000; count++) peer.session.open();
    expect(peer.take()).toHaveLength(1000);
  });

  it.each([0, -1, 1.5, Number.NaN, -Infinity, "1", null])("is not %s", (limit) => {
    expect(() => new Peer({ maxUnacknowledged: limit as number })).toThrow(
      new RangeError(
        `maxUnacknowledged must be a whole number from 1 to Infinity, got ${typeof limit === "string" ? '"1"' : limit}`,
      ),
    );
  });

  it("holds for the server, too", () => {
    const peer = new Peer({ role: "server", maxUnacknowledged: 1 });
    for (let count = 0; count < 2; count++) peer.session.open();
    expect(peer.take()).toEqual([syn(2)]);
    peer.send(flag(2, "ACK"));
    expect(peer.take()).toEqual([syn(4)]);
  });

  it("does not count streams of the peer's", async () => {
    const [peer] = opened(1, 1, { role: "server" });
    peer.send(flag(1, "SYN"), flag(3, "SYN"));
    await peer.session.accept();
    await peer.session.accept();
    expect(peer.take()).toEqual(["1: update 0 ACK", "3: update 0 ACK"]);
    peer.send(flag(2, "ACK"));
    peer.session.open();
    expect(peer.take()).toEqual([syn(4)]);
  });

  it("counts each session by itself", () => {
    for (let session = 0; session < 2; session++) opened(2, 3);
  });
});

describe("a stream whose SYN is held", () => {
  it("is open, as far as the application can tell", () => {
    const [peer, [, held]] = opened(1, 2);
    expect(held!.error).toBe(undefined);
    expect(held!.id).toBe(3);
    expect(peer.session.stats().openStreams).toBe(2);
  });

  it("keeps what is written, which follows its SYN in order", async () => {
    const [peer, [, held]] = opened(1, 2);
    const writing = [stateOf(held!.write(bytes(5))), stateOf(held!.write(bytes(10_000)))];
    await peer.settle();
    expect(peer.take()).toEqual([]);
    expect(writing.map(({ settled }) => settled)).toEqual([false, false]);
    expect(held!.stats()).toMatchObject({ bytesSent: 0, bytesUnsent: 10_005 });
    peer.send(flag(1, "ACK"));
    expect(peer.take()).toEqual(["3: data 5 SYN", "3: data 10000"]);
    await peer.settle();
    expect(writing.map(({ settled }) => settled)).toEqual([true, true]);
  });

  it("keeps its half-close behind what is written", async () => {
    const [peer, [, held]] = opened(1, 2);
    void held!.write(bytes(5));
    const closing = stateOf(held!.closeWrite());
    await peer.settle();
    expect(closing.settled).toBe(false);
    peer.send(flag(1, "ACK"));
    expect(peer.take()).toEqual(["3: data 5 SYN", "3: update 0 FIN"]);
    await peer.settle();
    expect(closing).toEqual({ settled: true, value: undefined });
  });

  it("keeps its half-close if nothing is written", () => {
    const [peer, [, held]] = opened(1, 2);
    void held!.closeWrite();
    expect(peer.take()).toEqual([]);
    peer.send(flag(1, "ACK"));
    expect(peer.take()).toEqual([syn(3), "3: update 0 FIN"]);
  });

  it("keeps its close", async () => {
    const [peer, [, held]] = opened(1, 2);
    const closing = stateOf(held!.close());
    expect(peer.take()).toEqual([]);
    peer.send(flag(1, "ACK"));
    expect(peer.take()).toEqual([syn(3), "3: update 0 FIN"]);
    await peer.settle();
    expect(closing.settled).toBe(true);
  });

  it("takes no offer, and calls the observer that has offered when its SYN has left", async () => {
    const [peer, [, held]] = opened(1, 2);
    const taken: number[] = [];
    held!.observe({ onReadable() {}, onWritable: () => void taken.push(held!.offer(bytes(7))) });
    expect(held!.offer(bytes(7))).toBe(0);
    await peer.settle();
    expect([peer.take(), taken]).toEqual([[], []]);
    peer.send(flag(1, "ACK"));
    expect(peer.take()).toEqual([syn(3), "3: data 7"]);
    expect(taken).toEqual([7]);
  });

  it("calls the observer that has offered even if a write takes the SYN with it first", async () => {
    const [peer, [, held]] = opened(1, 2);
    let told = 0;
    held!.observe({ onReadable() {}, onWritable: () => void told++ });
    expect(held!.offer(bytes(7))).toBe(0);
    peer.send(flag(1, "ACK"));
    void held!.write(bytes(5));
    expect(peer.take()).toEqual(["3: data 5 SYN"]);
    await peer.settle();
    expect(told).toBe(1);
  });

  it("sends nothing when it is reset: the peer does not know it", async () => {
    const [peer, [, held, next]] = opened(1, 3);
    const writing = stateOf(held!.write(bytes(5)));
    held!.reset();
    await peer.settle();
    expect(peer.take()).toEqual([]);
    expect(writing.error).toMatchObject({ code: "STREAM_CANCELLED", retry: "safe" });
    peer.send(flag(1, "ACK"));
    expect(peer.take()).toEqual([syn(next!.id)]);
  });

  it("sends nothing when its signal aborts", () => {
    const controller = new AbortController();
    const [peer] = opened(1, 1);
    const held = peer.session.open({ signal: controller.signal });
    const next = peer.session.open();
    peer.take();
    controller.abort();
    expect(held.error).toMatchObject({ code: "STREAM_CANCELLED", retry: "safe" });
    peer.send(flag(1, "ACK"));
    expect(peer.take()).toEqual([syn(next.id)]);
  });

  it("sends nothing when one of its writes has waited too long, and may be tried again", async () => {
    const [peer, [, held]] = opened(1, 2, { writeTimeout: 1000 });
    void held!.write(bytes(5));
    peer.take();
    await peer.advance(1000);
    expect(held!.error).toMatchObject({ code: "WRITE_TIMEOUT", retry: "safe" });
    expect(peer.take()).toEqual([]);
  });

  it("sends nothing when it is reset because it holds too much of the session's memory", () => {
    const [peer, [, held]] = opened(1, 2, { memoryBudget: 1000 });
    void held!.write(bytes(5000));
    expect(held!.error).toMatchObject({ code: "ENHANCE_YOUR_CALM", retry: "safe" });
    expect(peer.take()).toEqual([]);
  });

  it("without output has no deadline: its peer may take its time", async () => {
    const [peer, [, held]] = opened(1, 2);
    await peer.advance(3_600_000);
    expect(held!.error).toBe(undefined);
    expect(peer.clock.timers).toEqual([]);
    peer.send(flag(1, "ACK"));
    expect(peer.take()).toEqual([syn(3)]);
  });

  it("is announced without the write that was taken back", async () => {
    const [peer, [, held]] = opened(1, 2);
    const controller = new AbortController();
    const writing = stateOf(held!.write(bytes(5), { signal: controller.signal }));
    peer.take();
    controller.abort(new Error("changed my mind"));
    await peer.settle();
    expect(writing.error).toEqual(new Error("changed my mind"));
    expect(peer.take()).toEqual([]);
    peer.send(flag(1, "ACK"));
    expect(peer.take()).toEqual([syn(3)]);
  });

  it("waits at its priority with the others whose SYN may leave", () => {
    const [peer, [, plain, urgent]] = opened(1, 3);
    void plain!.write(bytes(20_000));
    void urgent!.write(bytes(20_000));
    urgent!.priority = { urgency: 0 };
    expect(peer.take()).toEqual([]);
    // They still leave in the order of their SYNs: priorities only apply to streams that the peer knows.
    peer.send(flag(1, "ACK"));
    expect(peer.take()[0]).toBe("3: data 20000 SYN");
    peer.send(flag(3, "ACK"));
    expect(peer.take()[0]).toBe("5: data 20000 SYN");
  });

  it("is not known to the peer: frames on its id are on no stream", async () => {
    const [peer, [, held]] = opened(1, 2);
    peer.send(update(3, 100), flag(3, "FIN"), flag(3, "RST"));
    expect(peer.take()).toEqual([]);
    expect(held!.error).toBe(undefined);
    expect(held!.stats().credit).toBe(262_144);
  });

  it("grants what credit it owes when its SYN has left, and not before", () => {
    const [peer] = opened(1, 2, { windowSize: 1_000_000 - 1 });
    expect(peer.take()).toEqual([]);
    peer.send(flag(1, "ACK"));
    expect(peer.take()).toEqual([syn(3), "3: update 737855"]);
  });
});

describe("held SYNs leave", () => {
  it("one for each acknowledgement, in the order in which they were opened", () => {
    const [peer] = opened(2, 6);
    peer.send(flag(3, "ACK"));
    expect(peer.take()).toEqual([syn(5)]);
    peer.send(flag(1, "ACK"));
    expect(peer.take()).toEqual([syn(7)]);
    peer.send(flag(5, "ACK"), flag(7, "ACK"));
    expect(peer.take()).toEqual([syn(9), syn(11)]);
  });

  it("in order, however many acknowledgements come in one chunk", () => {
    const [peer] = opened(3, 12);
    peer.send(flag(1, "ACK"), flag(3, "ACK"), flag(5, "ACK"));
    expect(peer.take()).toEqual([syn(7), syn(9), syn(11)]);
    peer.send(flag(7, "ACK"), flag(9, "ACK"), flag(11, "ACK"));
    expect(peer.take()).toEqual([syn(13), syn(15), syn(17)]);
    peer.send(flag(13, "ACK"), flag(15, "ACK"), flag(17, "ACK"));
    expect(peer.take()).toEqual([syn(19), syn(21), syn(23)]);
  });

  it("in order, with and without output", async () => {
    const [peer, [, second, , fourth]] = opened(1, 4);
    void second!.write(bytes(5));
    void fourth!.write(bytes(6));
    await peer.settle();
    const sent: string[] = [];
    for (const id of [1, 3, 5]) {
      peer.send(flag(id, "ACK"));
      sent.push(...peer.take());
    }
    expect(sent).toEqual(["3: data 5 SYN", syn(5), "7: data 6 SYN"]);
  });

  it("before that of a stream that is opened later, even if that one writes at once", () => {
    const [peer, [, held]] = opened(1, 2);
    peer.send(flag(1, "ACK"));
    // In the same turn: the free place belongs to the stream that already waits.
    const late = peer.session.open();
    void late.write(bytes(5));
    expect(peer.take()).toEqual([syn(held!.id)]);
    peer.send(flag(held!.id, "ACK"));
    expect(peer.take()).toEqual([`${late.id}: data 5 SYN`]);
  });

  it("when the peer resets an unacknowledged stream", () => {
    const [peer, [first]] = opened(1, 2);
    peer.send(update(1, 5, "RST"));
    expect(first!.error).toMatchObject({ code: "STREAM_REFUSED", origin: "remote", retry: "safe" });
    expect(peer.take()).toEqual([syn(3)]);
  });

  it("when we reset one", () => {
    const [peer, [first]] = opened(1, 2);
    first!.reset();
    expect(peer.take()).toEqual(["1: update 6 RST", syn(3)]);
  });

  it("when one ends in both directions without an acknowledgement", () => {
    const [peer, [first]] = opened(1, 2);
    void first!.closeWrite();
    expect(peer.take()).toEqual(["1: update 0 FIN"]);
    peer.send(flag(1, "FIN"));
    expect(peer.take()).toEqual([syn(3)]);
  });

  it("when one is given up because its peer grants no credit", async () => {
    const [peer, [first]] = opened(1, 2, { writeTimeout: 1000 });
    void first!.write(bytes(300_000));
    peer.take();
    await peer.advance(1000);
    expect(first!.error).toMatchObject({ code: "WRITE_TIMEOUT" });
    expect(peer.take()).toEqual(["1: update 13 RST", syn(3)]);
  });

  it.each([
    ["bytes", data(1, 10)],
    ["credit", update(1, 10)],
    ["FIN", flag(1, "FIN")],
  ])("for the %s of a peer that does not acknowledge: it has the stream", (_what, frame) => {
    const [peer] = opened(1, 3);
    peer.send(frame);
    expect(peer.take()).toEqual([syn(3)]);
    // A second acknowledgement of the same stream does not count.
    peer.send(flag(1, "ACK"));
    expect(peer.take()).toEqual([]);
  });

  it("also while the transport is stuck, as soon as it takes writes again", () => {
    const peer = new Peer({ maxUnacknowledged: 1 });
    peer.holdWrites();
    peer.session.open();
    peer.session.open();
    expect(peer.take()).toEqual([syn(1)]);
    peer.send(flag(1, "ACK"));
    expect(peer.take()).toEqual([]);
    peer.releaseWrites();
    expect(peer.take()).toEqual([syn(3)]);
  });

  it("also when the one in front has ended since it was let go", () => {
    const [peer, [, second]] = opened(1, 3);
    peer.send(flag(1, "ACK"));
    second!.reset();
    expect(peer.take()).toEqual([syn(5)]);
  });

  it.each<[string, (stream: Stream) => void]>([
    ["is given a priority", (stream) => (stream.priority = { urgency: 1 })],
    ["loses its observer", (stream) => stream.observe(undefined)],
    ["is reset again", (stream) => stream.reset()],
    ["is closed", (stream) => void stream.close()],
  ])("also when a dead one %s", (_what, touch) => {
    const [peer, [, dead]] = opened(1, 2);
    dead!.reset();
    touch(dead!);
    const next = peer.session.open();
    peer.take();
    peer.send(flag(1, "ACK"));
    expect(peer.take()).toEqual([syn(next.id)]);
  });

  it("never more than there are places, whatever a callback does when its stream gets its turn", async () => {
    const [peer, [, , next, offering]] = opened(2, 5);
    void next!.write(bytes(20_000));
    offering!.observe({
      onReadable() {},
      onWritable() {
        const rival = peer.session.open({ priority: { urgency: 0 } });
        void rival.write(bytes(3));
        offering!.offer(bytes(7));
      },
    });
    offering!.offer(bytes(7));
    peer.take();
    // One place is free. The stream with the offer moves in front of the stream with the write.
    peer.send(flag(1, "ACK"));
    offering!.priority = { urgency: 0 };
    const syns = peer.take().filter((line) => line.includes("SYN"));
    expect(syns).toHaveLength(1);
  });
});

describe("the end of the session", () => {
  it("ends held streams without a frame; their work may be done again on another session", async () => {
    const [peer, [first, held]] = opened(1, 2);
    const writing = stateOf(held!.write(bytes(5)));
    peer.take();
    peer.session.destroy();
    await peer.settle();
    expect(peer.take()).toEqual(["goAway 0"]);
    expect(held!.error).toMatchObject({ code: "SESSION_CLOSED", retry: "safe" });
    expect(writing.error).toBe(held!.error);
    expect(first!.error).toMatchObject({ retry: "unknown" });
  });

  it("by a Go Away fails held streams at once, and leaves the announced ones", () => {
    const [peer, [first, held]] = opened(1, 2);
    peer.send(goAway(0));
    expect(first!.error).toBe(undefined);
    expect(held!.error).toMatchObject({ code: "REMOTE_GONE_AWAY", retry: "safe" });
    peer.send(flag(1, "ACK"));
    expect(peer.take()).toEqual([]);
  });

  it("waits for held streams if it is graceful", async () => {
    const [peer, [first, held]] = opened(1, 2);
    void held!.write(bytes(5));
    void held!.closeWrite();
    const closing = stateOf(peer.session.close());
    peer.take();
    first!.reset();
    expect(peer.take()).toEqual(["1: update 6 RST", "3: data 5 SYN", "3: update 0 FIN"]);
    expect(closing.settled).toBe(false);
    peer.send(flag(3, "FIN"));
    expect(peer.take()).toEqual(["goAway 0"]);
    peer.end();
    await peer.settle();
    expect(closing.settled).toBe(true);
  });

  it("resets, at the deadline of a graceful one, only what the peer knows", async () => {
    const [peer] = opened(1, 3);
    void peer.session.close({ timeout: 100 });
    await peer.advance(100);
    expect(peer.take()).toEqual(["1: update 6 RST", "goAway 0"]);
  });
});

describe("STREAM_LIMIT", () => {
  it("counts held streams as the open ones that they are", () => {
    const [peer, [, held]] = opened(1, 2, { maxOutboundStreams: 2 });
    expect(() => peer.session.open()).toThrow(expect.objectContaining({ code: "STREAM_LIMIT" }));
    held!.reset();
    expect(peer.session.open().id).toBe(5);
  });
});
