// Streams end well with the Go peer, which repeats its FINs and resets. The numbers are those of the appendix of
// docs/spec/muxado.md.

import { brief, bytes, data, fin, rawPeer, reset, syn, synFin } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { acceptedWith, opened } from "../streams.ts";
import { takeAll } from "../taking.ts";

describe("the Go peer", () => {
  describe("G11, R12: FIN comes more than once, and without SYN", () => {
    it("an empty FIN on a stream that has ended is ignored", async () => {
      const peer = rawPeer();
      const stream = await acceptedWith(peer, syn(3), fin(3), fin(3), fin(3));
      expect(stream.take()).toBeNull();
      await stream.closeWrite();
      peer.send(fin(3), fin(3));
      expect(brief(peer.take())).toEqual(["3: DATA 0 FIN"]);
      expect(stream.error).toBeUndefined();
    });

    it("an empty FIN on a stream that never was is ignored", () => {
      const peer = rawPeer();
      peer.send(fin(77), fin(78), data(79));
      expect(peer.take()).toEqual([]);
      expect(peer.session.stats().openStreams).toBe(0);
    });
  });

  describe("G13, R14: one RST(STREAM_CLOSED) comes for each late frame", () => {
    it("no RST(STREAM_CLOSED) is answered or held against the peer, however many come", async () => {
      const peer = rawPeer({ maxProvokedResets: 1 });
      const stream = opened(peer);
      peer.send(reset(2, "STREAM_CLOSED"));
      for (let count = 0; count < 10_000; count++) peer.send(reset(2, "STREAM_CLOSED"));
      expect(peer.take()).toEqual([]);
      expect(stream.error).toMatchObject({ code: "STREAM_CLOSED", origin: "remote" });
      expect((await acceptedWith(peer, syn(3, "still"))).take()).toEqual(bytes("still"));
    });

    it("bytes before FIN and RST(STREAM_CLOSED) are still read to the end", async () => {
      const peer = rawPeer();
      const stream = opened(peer);
      peer.send(data(2, "all "), fin(2, "of it"), reset(2, "STREAM_CLOSED"));
      expect(takeAll(stream)).toEqual(bytes("all of it"));
      expect(stream.take()).toBeNull();
      await expect(stream.write(bytes(1))).rejects.toMatchObject({ code: "STREAM_CLOSED" });
    });
  });

  describe("G14: DATA after FIN breaks a stream", () => {
    it("DATA after our FIN is never sent: a write after closeWrite or close is refused", async () => {
      for (const half of ["closeWrite", "close"] as const) {
        const peer = rawPeer();
        const stream = opened(peer);
        await stream[half]();
        await expect(stream.write(bytes(1))).rejects.toMatchObject({
          code: "WRITE_AFTER_END",
          scope: "stream",
          origin: "local",
          streamId: 2,
        });
        expect(() => stream.offer(bytes(1))).toThrow(
          expect.objectContaining({ code: "WRITE_AFTER_END" }),
        );
        await stream.closeWrite();
        expect(brief(peer.take())).toEqual(["2: DATA 0 FIN"]);
      }
    });

    it("DATA after the peer's FIN is answered by RST(STREAM_CLOSED), once", async () => {
      const peer = rawPeer();
      const stream = await acceptedWith(peer, synFin(3, "all"));
      peer.send(data(3, 1), data(3, 1));
      expect(brief(peer.take())).toEqual(["3: RST STREAM_CLOSED"]);
      expect(stream.take()).toEqual(bytes("all"));
      await expect(stream.write(bytes(1))).rejects.toMatchObject({ origin: "remote" });
    });
  });

  describe("G17: buffered bytes are read before the reset is reported", () => {
    it("a reader that comes later gets the buffered bytes, then the reset", async () => {
      const peer = rawPeer();
      const stream = await acceptedWith(peer, syn(3, "before"), reset(3, "INTERNAL_ERROR"));
      expect(await stream.read()).toEqual(bytes("before"));
      await expect(stream.read()).rejects.toMatchObject({
        code: "INTERNAL_ERROR",
        origin: "remote",
      });
    });

    it.each([0, 700, 0xff, 0xffff_ffff])(
      "RST(%i) is an error that keeps its number",
      async (number) => {
        const peer = rawPeer();
        const stream = await acceptedWith(peer, syn(3), reset(3, number));
        const code = number === 0 ? "STREAM_RESET" : "UNKNOWN_CODE";
        await expect(stream.read()).rejects.toMatchObject({ code, wireCode: number });
      },
    );
  });
});
