// Credit of the Go peer may come in any pieces, at any time, and its frames may be as large as their credit. The
// numbers are those of the appendix of docs/spec/muxado.md.

import { encode } from "@muxado/frame";
import { brief, bytes, contentOf, data, rawPeer, syn, increment } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { acceptedWith } from "../streams.ts";
import { takeAll } from "../taking.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

describe("the Go peer", () => {
  it("G15: WNDINC on a stream that was reset is ignored", async () => {
    const peer = rawPeer();
    const stream = await acceptedWith(peer, syn(3));
    stream.reset("INTERNAL_ERROR");
    peer.send(increment(3, 2 ** 31 - 1), increment(3, 1));
    expect(brief(peer.take())).toEqual(["3: RST INTERNAL_ERROR"]);
  });

  describe("G16: a frame may be as large as the credit", () => {
    it("a frame may be 256 KiB long by default", async () => {
      const peer = rawPeer();
      const stream = await acceptedWith(peer, syn(3, WINDOW));
      expect(takeAll(stream)).toHaveLength(WINDOW);
    });

    it("a frame may be as long as a frame can be with a window of 16 MiB, and its bytes are read as they come", async () => {
      const length = 0xff_ffff;
      const peer = rawPeer({ windowSize: 2 ** 24 });
      const stream = await acceptedWith(peer, syn(3));
      expect(brief(peer.take())).toEqual([`3: WNDINC ${2 ** 24 - WINDOW}`]);
      const frame = encode(data(3, new Uint8Array(length).fill(7)));
      let read = 0;
      for (let at = 0; at < frame.length; at += 2 ** 20) {
        peer.sendBytes(frame.subarray(at, at + 2 ** 20));
        const piece = takeAll(stream);
        expect(piece.length).toBeGreaterThan(0);
        read += piece.length;
      }
      expect(read).toBe(length);
      expect(stream.error).toBeUndefined();
    });
  });

  it("G18: credit may come byte by byte, as often as it likes", async () => {
    const peer = rawPeer({ maxProvokedResets: 0, maxWaitingResets: 0 });
    const stream = await acceptedWith(peer, syn(3));
    void stream.write(bytes(2 * WINDOW));
    let sent = 0;
    while (sent < WINDOW) sent += contentOf(peer.take(), 3).length;
    while (sent < 2 * WINDOW) {
      peer.send(...Array.from({ length: 1024 }, () => increment(3, 1)));
      sent += contentOf(peer.take(), 3).length;
    }
    expect(peer.session.stats().framesReceived).toBeGreaterThan(WINDOW);
  });
});
