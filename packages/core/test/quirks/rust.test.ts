// Sessions work with the Rust peer: with its ends, its limit of streams, its frames and its credit. The numbers are
// those of the appendix of docs/spec/muxado.md.

import {
  brief,
  bytes,
  contentOf,
  data,
  fin,
  firstDifference,
  goAway,
  rawPeer,
  syn,
  increment,
} from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { acceptedWith, opened } from "../streams.ts";
import { takeAll } from "../taking.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

describe("the Rust peer", () => {
  it("R2: RST(NO_ERROR), which it ignores, is never sent", () => {
    const peer = rawPeer();
    const stream = opened(peer);
    for (const code of [0, "NO_ERROR"]) {
      expect(() => stream.reset(code as number)).toThrow(RangeError);
    }
    expect(peer.take()).toEqual([]);
    stream.reset();
    expect(brief(peer.take())).toEqual(["2: RST STREAM_CANCELLED"]);
  });

  describe("R3: drops all its streams on any GOAWAY, so it comes last", () => {
    it("close sends no GOAWAY while streams drain", async () => {
      const peer = rawPeer();
      const stream = await acceptedWith(peer, syn(3));
      void peer.session.close();
      expect(peer.take()).toEqual([]);
      peer.send(fin(3, "done"));
      await stream.write(bytes("too"));
      await stream.closeWrite();
      expect(brief(peer.take())).toEqual(["3: DATA 3", "3: DATA 0 FIN", "GOAWAY 3 NO_ERROR"]);
      expect(peer.sessionHasEnded).toBe(true);
    });

    it("streams that are left at the deadline are reset before GOAWAY", async () => {
      const peer = rawPeer({ closeTimeout: 1000 });
      await acceptedWith(peer, syn(3));
      opened(peer);
      void peer.session.close();
      await peer.advance(1000);
      expect(brief(peer.take())).toEqual([
        "3: RST STREAM_CANCELLED",
        "2: RST STREAM_CANCELLED",
        "GOAWAY 3 NO_ERROR",
      ]);
    });

    it("a stream whose breach ends the drain is reset before GOAWAY", async () => {
      for (const frame of [data(3, WINDOW + 1), increment(3, 2 ** 31 - 1)]) {
        const peer = rawPeer();
        await acceptedWith(peer, syn(3));
        void peer.session.close();
        peer.send(frame);
        expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR", "GOAWAY 3 NO_ERROR"]);
      }
    });
  });

  describe("R4: its GOAWAY is 8 bytes longer than it says", () => {
    it("8 bytes that are left over at the end after a GOAWAY are no failure", async () => {
      const peer = rawPeer();
      peer.send(goAway(0, "INTERNAL_ERROR", "reason"));
      peer.sendBytes(bytes("leftover"));
      peer.end();
      const { localError, remoteError } = await peer.session.closed;
      expect(localError).toBeUndefined();
      expect(remoteError).toMatchObject({ code: "INTERNAL_ERROR", origin: "remote" });
    });

    it("fewer bytes, that may be the beginning of a frame, are no failure after a GOAWAY", async () => {
      const peer = rawPeer();
      peer.send(goAway(0));
      peer.sendBytes(Uint8Array.of(0, 0, 9));
      peer.end();
      expect((await peer.session.closed).localError).toBeUndefined();
    });

    it("the beginning of a frame at the end is a failure without a GOAWAY", async () => {
      const peer = rawPeer();
      peer.sendBytes(Uint8Array.of(0, 0, 9));
      peer.end();
      const { localError } = await peer.session.closed;
      expect(localError).toMatchObject({ code: "PEER_EOF" });
      expect(localError!.message).toContain("the connection ended inside a frame");
    });
  });

  it("R5: a timer ends the session with a peer that leaves the transport open after its GOAWAY", async () => {
    const peer = rawPeer();
    peer.send(goAway(0));
    await peer.advance(29_999);
    expect(peer.take()).toEqual([]);
    await peer.advance(1);
    expect(brief(peer.take())).toEqual(["GOAWAY 0 NO_ERROR"]);
    expect([peer.sessionHasEnded, peer.sessionHasDestroyed]).toEqual([true, false]);
    await peer.advance(10_000);
    expect(peer.sessionHasDestroyed).toBe(true);
    expect((await peer.session.closed).localError).toBeUndefined();
  });

  it("R6: open refuses a stream beyond the cap of the peer until one ends", async () => {
    const peer = rawPeer({ maxOutboundStreams: 2 });
    const [first] = [peer.session.open(), peer.session.open()];
    expect(() => peer.session.open()).toThrow(
      expect.objectContaining({ code: "STREAM_LIMIT", origin: "local", retry: "safe" }),
    );
    first.reset();
    expect(peer.session.open().id).toBe(6);
  });

  describe("R13: loses credit that comes in large pieces", () => {
    it.each([WINDOW, 4 * WINDOW, 64 * WINDOW])(
      "credit returns within 128 KiB with a window of %i bytes",
      async (windowSize) => {
        const peer = rawPeer({ windowSize });
        const stream = await acceptedWith(peer, syn(3));
        peer.take();
        let consumed = 0;
        while (peer.take().length === 0) {
          peer.send(data(3, KIB));
          consumed += takeAll(stream).length;
        }
        expect(consumed).toBeLessThanOrEqual(128 * KIB);
      },
    );
  });

  it("R15: an empty frame without flags is never sent, for the peer counts frames", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    await stream.write(bytes(0));
    expect(stream.offer(bytes(0))).toBe(0);
    const writer = stream.writable.getWriter();
    await writer.write(bytes(0));
    expect(peer.take()).toEqual([]);
  });

  it("R16: no frame is longer than 64 KiB, for the peer buffers a whole one", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    void stream.write(bytes(WINDOW));
    const frames = peer.take();
    expect(firstDifference(contentOf(frames, 2), bytes(WINDOW))).toBe(-1);
    const lengths = frames.map((frame) => (frame.type === "data" ? frame.body.length : 0));
    expect(Math.max(...lengths)).toBe(64 * KIB);
    const offered = opened(peer);
    expect(offered.offer(bytes(WINDOW))).toBe(WINDOW);
    expect(brief(peer.take())[0]).toBe(`4: DATA ${64 * KIB}`);
  });
});
