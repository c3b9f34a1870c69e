// Opens streams with a type; the peer looks at the frames. Spec §9.1.

import { brief, connectedPair, contentOf } from "@muxado/testkit";
import { TypedSession } from "@muxado/typed";
import { describe, expect, it } from "vitest";
import { typed, typedPeer } from "./peer.ts";

describe("the type of a stream", () => {
  it.each([0, 1, 0x01020304, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff])(
    "0x%x goes out big-endian, whole and in the frame with SYN",
    (type) => {
      const { peer, session } = typedPeer();
      expect(session.open({ type }).type).toBe(type);
      const frames = peer.take();
      expect(brief(frames)).toEqual(["2: DATA 4 SYN"]);
      expect(contentOf(frames, 2)).toEqual(typed(type));
    },
  );

  it("the type leaves before the first bytes, in the same write of the transport", () => {
    const { peer, session } = typedPeer();
    const stream = session.open({ type: 7 });
    void stream.write(new Uint8Array([1]));
    void stream.closeWrite();
    const frames = peer.take();
    expect(contentOf(frames, stream.id)).toEqual(typed(7, 1));
    expect(brief(frames)[0]).toBe("2: DATA 4 SYN");
  });

  it("the type leaves complete before offered bytes, even if the transport is stuck for long", () => {
    const { peer, session } = typedPeer();
    peer.holdWrites();
    const first = session.open({ type: 1 });
    peer.flush();
    // These are more bytes than may wait behind a write, so the SYN of the next stream must wait as well.
    void first.write(new Uint8Array(256 * 1024 - 4));
    void session.open({ type: 2 }).write(new Uint8Array(256 * 1024 - 4));
    const stream = session.open({ type: 3 });
    const taken = stream.offer(new Uint8Array([9]));
    peer.releaseWrites();
    const frames = peer.take();
    const ofStream = frames.filter((frame) => "streamId" in frame && frame.streamId === stream.id);
    expect(brief(ofStream)[0]).toBe(`${stream.id}: DATA 4 SYN`);
    expect(contentOf(frames, stream.id)).toEqual(typed(3, ...(taken > 0 ? [9] : [])));
  });

  it("the type leaves before every kind of end", () => {
    const ends: ((session: TypedSession) => void)[] = [
      (session) => void session.open({ type: 7 }).closeWrite(),
      (session) => void session.open({ type: 7 }).close(),
      (session) => session.open({ type: 7 }).reset(),
    ];
    for (const end of ends) {
      const { peer, session } = typedPeer();
      end(session);
      expect(contentOf(peer.take(), 2)).toEqual(typed(7));
    }
  });

  it("is 0, or the session's default, when none is given", () => {
    const plain = typedPeer();
    expect(plain.session.open().type).toBe(0);
    const { peer, session } = typedPeer({ defaultType: 0xabcd });
    expect(session.open().type).toBe(0xabcd);
    expect(session.open({ type: 0 }).type).toBe(0);
    const frames = peer.take();
    expect(contentOf(frames, 2)).toEqual(typed(0xabcd));
    expect(contentOf(frames, 4)).toEqual(typed(0));
  });

  it("that is none is refused before anything is opened", () => {
    const { session } = typedPeer();
    for (const type of [-1, 0.5, 2 ** 32, Number.NaN, null as never]) {
      expect(() => session.open({ type })).toThrow(RangeError);
      expect(() => new TypedSession(session, { defaultType: type })).toThrow(/defaultType/);
      expect(() => session.claim(type, () => {})).toThrow(RangeError);
    }
    expect(session.stats().streamsOpened).toBe(0);
  });
});

describe("a typed session over a typed session", () => {
  it("works, but two around one session would share its streams at random", () => {
    const { peer, session } = typedPeer();
    expect(() => new TypedSession(peer.session)).toThrow(TypeError);
    expect(new TypedSession(session).role).toBe("server");
  });

  it("writes both types, each with its own", () => {
    const { peer, session } = typedPeer({ defaultType: 5 });
    const outer = new TypedSession(session, { defaultType: 6 });
    expect(outer.open({ type: 7 }).type).toBe(7);
    expect(contentOf(peer.take(), 2)).toEqual(Uint8Array.of(0, 0, 0, 5, 0, 0, 0, 7));
    outer.open();
    expect(contentOf(peer.take(), 4)).toEqual(Uint8Array.of(0, 0, 0, 5, 0, 0, 0, 6));
  });
});

describe("a stream that was opened with a type", () => {
  it("knows its session, and is reset by its signal", () => {
    const { peer, session } = typedPeer();
    const controller = new AbortController();
    const stream = session.open({ type: 7, signal: controller.signal });
    expect(stream.session).toBe(session);
    controller.abort(new Error("enough"));
    expect(brief(peer.take())).toEqual(["2: DATA 4 SYN", "2: RST STREAM_CANCELLED"]);
  });

  it("fails with its own error when its type cannot be sent any more, and with nothing else", async () => {
    const pair = connectedPair();
    const session = new TypedSession(pair.client);
    const stream = session.open({ type: 7 });
    session.destroy();
    await pair.drive();
    expect(stream.error).toMatchObject({ code: "SESSION_CLOSED" });
    await expect(stream.write(new Uint8Array(1))).rejects.toBe(stream.error);
  });
});
