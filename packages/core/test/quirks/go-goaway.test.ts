// After a GOAWAY, of ours or of the Go peer, nothing is sent that the Go peer does not survive. The numbers are those
// of the appendix of docs/spec/muxado.md.

import { encode } from "@muxado/frame";
import { bytes, concatenated, data, fin, goAway, rawPeer, syn } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { acceptedWith, opened } from "../streams.ts";

const KIB = 1024;

describe("the Go peer", () => {
  describe("G2: it loses the framing at a SYN after its GOAWAY", () => {
    it("streams that were not sent yet fail at a GOAWAY, safe to retry, and nothing is sent", () => {
      const peer = rawPeer();
      const stream = peer.session.open();
      peer.send(goAway(0));
      expect(stream.error).toMatchObject({ code: "REMOTE_GONE_AWAY", retry: "safe", streamId: 2 });
      expect(peer.take()).toEqual([]);
    });

    it("a stream whose write is waiting for the transport fails at a GOAWAY, safe to retry, and is not sent", async () => {
      const peer = rawPeer();
      peer.holdWrites();
      const first = opened(peer);
      void first.write(bytes(256 * KIB));
      const stream = peer.session.open();
      const writing = stream.write(bytes(10 * KIB));
      peer.send(goAway(2));
      await expect(writing).rejects.toMatchObject({ code: "REMOTE_GONE_AWAY", retry: "safe" });
      peer.releaseWrites();
      expect(peer.take().filter((frame) => "streamId" in frame && frame.streamId !== 2)).toEqual(
        [],
      );
    });

    it("open throws after a GOAWAY, safe to retry on another session", () => {
      const peer = rawPeer();
      peer.send(goAway(0));
      expect(() => peer.session.open()).toThrow(
        expect.objectContaining({ code: "REMOTE_GONE_AWAY", origin: "remote", retry: "safe" }),
      );
    });
  });

  describe("G3: it takes 8 bytes too many after a GOAWAY", () => {
    it("a GOAWAY after which we go on is followed by exactly 8 bytes that mean nothing", () => {
      const peer = rawPeer();
      peer.session.goAway();
      const [chunk] = peer.takeChunks();
      const said = encode(goAway(0));
      expect(chunk!.subarray(0, said.length)).toEqual(said);
      expect([...chunk!.subarray(said.length)]).toEqual([0, 0, 0, 0x11, 0x7f, 0xff, 0xff, 0xff]);
    });

    it("the last GOAWAY of a session is not followed by anything", () => {
      for (const end of ["close", "destroy"] as const) {
        const peer = rawPeer();
        void peer.session[end]();
        expect(concatenated(peer.takeChunks())).toEqual(encode(goAway(0)));
      }
    });

    it("a session ignores the same 8 bytes from a peer", async () => {
      const peer = rawPeer();
      const stream = await acceptedWith(peer, syn(3), goAway(0), fin(0x7fff_ffff), data(3, "on"));
      expect(stream.take()).toEqual(bytes("on"));
      expect(peer.take()).toEqual([]);
    });
  });
});
