// Pings: the session answers them at once, and the application can send them. Which ends a question can have. Spec
// §4.3.

import { rawPeer } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { data, flag, Peer, ping, pong, stateOf } from "./peer.ts";

describe("a ping of the peer's", () => {
  it.each([0, 1, 0x7fffffff, 0x80000000, 0xffffffff])("is answered with its value: %i", (value) => {
    const peer = new Peer();
    peer.send(ping(value));
    expect(peer.take()).toEqual([`pong ${value}`]);
  });

  it("is answered each time, in order", () => {
    const peer = new Peer();
    peer.send(ping(3), ping(1), ping(3));
    expect(peer.take()).toEqual(["pong 3", "pong 1", "pong 3"]);
  });

  it("is answered while a write is under way as soon as that is done", () => {
    const peer = new Peer();
    peer.holdWrites();
    peer.session.open();
    peer.take();
    peer.send(ping(7));
    expect(peer.take()).toEqual([]);
    peer.releaseWrites();
    expect(peer.take()).toEqual(["pong 7"]);
  });

  it("is answered before bytes that wait for their turn", () => {
    const peer = new Peer();
    void peer.session.open().write(new Uint8Array(100_000));
    peer.send(ping(7));
    expect(peer.take()[0]).toBe("pong 7");
  });

  it("is answered while the session drains, and after its Go Away", () => {
    const peer = new Peer();
    peer.session.open();
    void peer.session.close();
    peer.take();
    peer.send(ping(1));
    expect(peer.take()).toEqual(["pong 1"]);
  });

  it("is not answered once the session is over", () => {
    const peer = new Peer();
    peer.session.destroy();
    peer.take();
    peer.send(ping(1));
    expect(peer.take()).toEqual([]);
  });

  it("is no reason to end the session while a thousand wait for a peer that does not read", () => {
    const peer = new Peer();
    peer.holdWrites();
    peer.session.open();
    peer.take();
    for (let value = 0; value < 1000; value++) peer.send(ping(value));
    peer.releaseWrites();
    expect(peer.take()).toHaveLength(1000);
  });

  it("is one when a million wait: no memory is spent on a peer that does not read (CVE-2024-32984)", () => {
    const peer = new Peer();
    peer.holdWrites();
    peer.session.open();
    peer.take();
    const chunk = Array.from({ length: 1000 }, () => ping(1));
    for (let sent = 0; sent < 100; sent++) peer.send(...chunk);
    expect(peer.session.stats().bytesToSend).toBeLessThan(1_100_000);
    expect(() => peer.session.open()).toThrow(
      expect.objectContaining({ code: "ENHANCE_YOUR_CALM", origin: "remote" }),
    );
  });

  it("opens nothing and grants nothing", () => {
    const peer = new Peer();
    peer.send(ping(1));
    expect(peer.session.stats()).toMatchObject({ openStreams: 0, framesReceived: 1 });
  });
});

describe("ping()", () => {
  it("resolves with the round trip, on the session's clock", async () => {
    const peer = new Peer();
    const asking = stateOf(peer.session.ping());
    expect(peer.take()).toEqual(["ping 0"]);
    await peer.advance(25);
    expect(asking.settled).toBe(false);
    peer.send(pong(0));
    await peer.settle();
    expect(asking).toEqual({ settled: true, value: 25 });
  });

  it("leaves at the end of the turn, without a flush of its own", () => {
    const peer = new Peer();
    void peer.session.ping();
    void peer.session.open().write(new Uint8Array(3));
    void peer.session.ping();
    expect(peer.take()).toEqual(["ping 0", "1: data 3 SYN", "ping 1"]);
  });

  it("has a value of its own each time, and an answer counts for its own alone", async () => {
    const peer = new Peer();
    const first = stateOf(peer.session.ping());
    await peer.advance(10);
    const second = stateOf(peer.session.ping());
    expect(peer.take()).toEqual(["ping 0", "ping 1"]);
    await peer.advance(10);
    peer.send(pong(1));
    await peer.settle();
    expect([first.settled, second.value]).toEqual([false, 10]);
    peer.send(pong(0));
    await peer.settle();
    expect(first.value).toBe(20);
  });

  it("is measured while writes are blocked, too", async () => {
    const peer = new Peer();
    const stream = peer.session.open();
    void stream.write(new Uint8Array(1_000_000));
    peer.take();
    expect(stream.stats().writeBlockedBy).toBe("window");
    const asking = stateOf(peer.session.ping());
    expect(peer.take()).toEqual(["ping 0"]);
    await peer.advance(5);
    peer.send(pong(0));
    await peer.settle();
    expect(asking.value).toBe(5);
  });

  it("waits while the transport is stuck, and counts that", async () => {
    const peer = new Peer();
    peer.holdWrites();
    peer.session.open();
    peer.take();
    const asking = stateOf(peer.session.ping());
    expect(peer.take()).toEqual([]);
    await peer.advance(100);
    peer.releaseWrites();
    expect(peer.take()).toEqual(["ping 0"]);
    peer.send(pong(0));
    await peer.settle();
    expect(asking.value).toBe(100);
  });

  it("takes no answer of another value, and each of its own once", async () => {
    const peer = new Peer();
    peer.send(pong(0));
    const asking = stateOf(peer.session.ping());
    peer.take();
    peer.send(pong(1), pong(77), pong(0xffffffff));
    await peer.settle();
    expect(asking.settled).toBe(false);
    peer.send(pong(0), pong(0), pong(0));
    await peer.settle();
    expect(asking.settled).toBe(true);
    expect(peer.take()).toEqual([]);
    expect(() => peer.session.open()).not.toThrow();
  });

  it("feeds the round trip that windows grow by", async () => {
    const peer = new Peer();
    expect(peer.session.stats().roundTrip).toBe(undefined);
    void peer.session.ping();
    peer.take();
    await peer.advance(40);
    peer.send(pong(0));
    expect(peer.session.stats().roundTrip).toBe(40);
  });

  it("of no time at all is 0, and does not change windows", async () => {
    const peer = new Peer();
    const asking = stateOf(peer.session.ping());
    peer.take();
    peer.send(pong(0));
    await peer.settle();
    expect(asking.value).toBe(0);
    expect(peer.session.stats().roundTrip).toBe(undefined);
  });

  it("has no deadline of its own, and no timer", async () => {
    const peer = new Peer();
    const asking = stateOf(peer.session.ping());
    await peer.advance(3_600_000);
    expect(asking.settled).toBe(false);
    expect(peer.clock.timers).toEqual([]);
  });
});

describe("an aborted ping()", () => {
  it("is not sent if its signal has aborted before", async () => {
    const peer = new Peer();
    const reason = new Error("too late");
    const asking = stateOf(peer.session.ping({ signal: AbortSignal.abort(reason) }));
    await peer.settle();
    expect(asking).toEqual({ settled: true, error: reason });
    expect(peer.take()).toEqual([]);
  });

  it("is waited for no longer, and its answer is ignored", async () => {
    const peer = new Peer();
    const controller = new AbortController();
    const reason = new Error("no time");
    const asking = stateOf(peer.session.ping({ signal: controller.signal }));
    peer.take();
    controller.abort(reason);
    await peer.settle();
    expect(asking.error).toBe(reason);
    await peer.advance(40);
    peer.send(pong(0));
    await peer.settle();
    expect(peer.session.stats().roundTrip).toBe(undefined);
    expect(peer.take()).toEqual([]);
  });

  it("does not disturb the others", async () => {
    const peer = new Peer();
    const controller = new AbortController();
    const [first, second, third] = [undefined, controller.signal, undefined].map((signal) =>
      stateOf(peer.session.ping({ signal })),
    );
    peer.take();
    controller.abort();
    peer.send(pong(0), pong(1), pong(2));
    await peer.settle();
    expect(first!.value).toBe(0);
    expect(second!.error).toMatchObject({ name: "AbortError" });
    expect(third!.value).toBe(0);
  });

  it("leaves no listener on its signal, and neither does an answered one", async () => {
    for (const answered of [true, false]) {
      const peer = new Peer();
      const { signal, listeners } = counted();
      void peer.session.ping({ signal });
      peer.take();
      expect(listeners()).toBe(1);
      if (answered) peer.send(pong(0));
      else peer.session.destroy();
      await peer.settle();
      expect(listeners()).toBe(0);
    }
  });
});

describe("the end of the session", () => {
  it("fails pings with its error", async () => {
    const peer = new Peer();
    const asking = stateOf(peer.session.ping());
    peer.take();
    peer.end(new Error("cable cut"));
    await peer.settle();
    expect(asking.error).toMatchObject({ code: "TRANSPORT_FAILED", scope: "session" });
  });

  it.each<[string, (peer: Peer) => void, object]>([
    ["destroyed", ({ session }) => session.destroy(), { code: "SESSION_CLOSED", origin: "local" }],
    ["closed", ({ session }) => void session.close(), { code: "SESSION_CLOSED", origin: "local" }],
    ["left by its peer", (peer) => peer.end(), { code: "PEER_EOF", origin: "remote" }],
  ])("%s: fails pings that wait, and those that come", async (_what, end, expected) => {
    const peer = new Peer();
    const waiting = stateOf(peer.session.ping());
    peer.take();
    end(peer);
    const late = stateOf(peer.session.ping());
    await peer.settle();
    expect(waiting.error).toMatchObject(expected);
    expect(late.error).toMatchObject(expected);
    expect(peer.take().filter((line) => line.startsWith("ping"))).toEqual([]);
  });

  it("that nobody handles is no unhandled rejection", async () => {
    const peer = new Peer();
    void peer.session.ping();
    peer.session.destroy();
    void peer.session.ping();
    await peer.settle();
  });

  it("is not made earlier by pings while streams are open: a drain continues to ask", async () => {
    const peer = new Peer();
    peer.session.open();
    void peer.session.close();
    peer.take();
    const asking = stateOf(peer.session.ping());
    expect(peer.take()).toEqual(["ping 0"]);
    peer.send(pong(0), data(1, 0, "ACK"), flag(1, "FIN"));
    await peer.settle();
    expect(asking.value).toBe(0);
  });
});

describe("on the muxado wire", () => {
  it("ping() is a mistake of the caller and throws at once", () => {
    const { session } = rawPeer({ role: "client" });
    expect(() => session.ping()).toThrow(new TypeError("the muxado wire has no pings"));
  });
});

describe("a trace", () => {
  it("sees questions and answers of both sides", () => {
    const seen: object[] = [];
    const peer = new Peer({ trace: (frame) => seen.push(frame) });
    void peer.session.ping();
    peer.send(pong(0), ping(5));
    expect(seen).toEqual([
      { direction: "out", kind: "ping", value: 0, isAnswer: false },
      { direction: "in", kind: "ping", value: 0, isAnswer: true },
      { direction: "in", kind: "ping", value: 5, isAnswer: false },
      { direction: "out", kind: "ping", value: 5, isAnswer: true },
    ]);
  });
});

/** A signal that counts its listeners. */
function counted(): { signal: AbortSignal; listeners: () => number } {
  const { signal } = new AbortController();
  let count = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    count++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    count--;
    remove(...args);
  };
  return { signal, listeners: () => count };
}
