// Go Away: it carries a code in each direction, and nothing else. Spec §4.4, §8.

import { bytes } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { data, flag, goAway, Peer, stateOf } from "./peer.ts";

describe("a Go Away of ours", () => {
  it("is 0 after a graceful close", async () => {
    const peer = new Peer();
    const closing = stateOf(peer.session.close());
    expect(peer.take()).toEqual(["goAway 0"]);
    peer.end();
    await peer.settle();
    expect(closing.settled).toBe(true);
  });

  it("is 0 when the session is destroyed, and 2 when there is a reason", () => {
    for (const [reason, code] of [
      [undefined, 0],
      [new Error("out of cheese"), 2],
    ] as const) {
      const peer = new Peer();
      peer.session.destroy(reason);
      expect(peer.take()).toEqual([`goAway ${code}`]);
    }
  });

  it.each([
    ["a version that is not 0", Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0)],
    ["a type that does not exist", Uint8Array.of(0, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0)],
    ["bytes on stream 0", Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
    ["credit on stream 0", Uint8Array.of(0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9)],
    ["a ping on stream 1", Uint8Array.of(0, 2, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0)],
    ["a ping that neither asks nor answers", Uint8Array.of(0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
    ["a ping that does both", Uint8Array.of(0, 2, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0)],
    ["a Go Away on stream 1", Uint8Array.of(0, 3, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0)],
  ])("is 1 after %s", async (_what, frame) => {
    const peer = new Peer();
    peer.sendBytes(frame);
    expect(peer.take()).toEqual(["goAway 1"]);
    peer.end();
    const { localError } = await peer.session.closed;
    expect(localError).toMatchObject({ code: "PROTOCOL_ERROR", origin: "remote" });
    expect(localError!.cause).toHaveProperty("name", "YamuxFrameError");
  });

  it.each([
    ["NO_ERROR", 0],
    ["PROTOCOL_ERROR", 1],
    ["INTERNAL_ERROR", 2],
    ["ENHANCE_YOUR_CALM", 1],
    ["STREAM_REFUSED", 1],
    [0, 0],
    [1, 1],
    [2, 2],
    [3, 1],
    [0xffffffff, 1],
  ] as const)("that the application sends with %s is %i", (code, wireCode) => {
    const peer = new Peer();
    peer.session.goAway(code);
    expect(peer.take()).toEqual([`goAway ${wireCode}`]);
  });

  it("refuses what the peer opens all the same, and leaves what is open", async () => {
    const peer = new Peer({ role: "server" });
    peer.send(flag(1, "SYN"));
    const stream = await peer.session.accept();
    peer.session.goAway();
    expect(peer.take()).toEqual(["goAway 0", "1: update 0 ACK"]);
    peer.send(flag(3, "SYN"), data(1, 5));
    expect(peer.take()).toEqual(["3: update 5 RST"]);
    expect(stream.take()).toHaveLength(5);
  });

  it.each(["because", bytes(1)])(
    "carries no debug data: %o is a mistake and throws at once",
    (debug) => {
      const peer = new Peer();
      expect(() => peer.session.goAway("NO_ERROR", debug)).toThrow(RangeError);
      expect(peer.take()).toEqual([]);
      peer.session.goAway("NO_ERROR", "");
      expect(peer.take()).toEqual(["goAway 0"]);
    },
  );
});

describe("a Go Away of the peer's", () => {
  it.each([
    [0, undefined],
    [1, { code: "PROTOCOL_ERROR", wireCode: 1 }],
    [2, { code: "INTERNAL_ERROR", wireCode: 2 }],
    [77, { code: "UNKNOWN_CODE", wireCode: 77 }],
    [0xffffffff, { code: "UNKNOWN_CODE", wireCode: 0xffffffff }],
  ])("with code %i tells why", async (code, expected) => {
    const peer = new Peer();
    peer.send(goAway(code));
    peer.end();
    const { localError, remoteError, remoteDebug } = await peer.session.closed;
    expect(localError).toBe(undefined);
    if (expected === undefined) expect(remoteError).toBe(undefined);
    else expect(remoteError).toMatchObject({ ...expected, origin: "remote", scope: "session" });
    expect(remoteDebug).toHaveLength(0);
  });

  it("lets streams that are open go on, in both directions", async () => {
    const peer = new Peer();
    const stream = peer.session.open();
    peer.take();
    peer.send(goAway(0), data(1, "more"));
    expect(stream.take()).toEqual(bytes("more"));
    void stream.write(bytes(5));
    expect(peer.take()).toEqual(["1: data 5"]);
  });

  it("opens no more streams: trying again elsewhere is safe", () => {
    const peer = new Peer();
    peer.send(goAway(0));
    expect(() => peer.session.open()).toThrow(
      expect.objectContaining({ code: "REMOTE_GONE_AWAY", retry: "safe" }),
    );
  });

  it("fails streams that the peer does not know, and no others: it does not name the streams that it has seen", () => {
    const peer = new Peer();
    const told = peer.session.open();
    peer.take();
    const untold = peer.session.open();
    peer.send(goAway(0));
    expect(told.error).toBe(undefined);
    expect(untold.error).toMatchObject({ code: "REMOTE_GONE_AWAY", retry: "safe" });
    expect(peer.take()).toEqual([]);
  });

  it("may come twice: the first reason stands", async () => {
    const peer = new Peer();
    peer.send(goAway(2), goAway(0));
    peer.end();
    expect((await peer.session.closed).remoteError).toMatchObject({ code: "INTERNAL_ERROR" });
  });

  it("ends a session that nobody uses, if nothing else comes", async () => {
    const peer = new Peer({ goAwayTimeout: 5000 });
    peer.send(goAway(0));
    await peer.advance(5000);
    await peer.advance(10_000);
    expect(await peer.session.closed).toMatchObject({
      localError: undefined,
      remoteError: undefined,
    });
    expect(peer.clock.timers).toEqual([]);
  });

  it("is an end without an error if the transport ends behind it", async () => {
    const peer = new Peer();
    const stream = peer.session.open();
    peer.take();
    peer.send(goAway(0));
    peer.end();
    expect(await peer.session.closed).toMatchObject({ localError: undefined });
    expect(stream.error).toMatchObject({ code: "SESSION_CLOSED", origin: "remote" });
  });
});
