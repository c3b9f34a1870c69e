// A session ends with the Go peer in the way that the peer ends, and reads everything that it sends meanwhile. The
// numbers are those of the appendix of docs/spec/muxado.md.

import { encode, ErrorCode } from "@muxado/frame";
import { bytes, data, goAway, rawPeer, syn } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { acceptedWith, opened } from "../streams.ts";
import { takeAll } from "../taking.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

describe("the Go peer", () => {
  describe("G9, G10: frames that it does not survive end our session too, with the same code", () => {
    function raw(type: number, streamId: number, body: number[]): Uint8Array {
      const frame = new Uint8Array([0, 0, body.length, type << 4, 0, 0, 0, 0, ...body]);
      new DataView(frame.buffer).setUint32(4, streamId);
      return frame;
    }

    it.each([
      ["an increment of 0", raw(2, 2, [0, 0, 0, 0]), "PROTOCOL_ERROR"],
      ["an increment of 0 with the high bit set", raw(2, 2, [0x80, 0, 0, 0]), "PROTOCOL_ERROR"],
      ["RST of 3 bytes", raw(0, 2, [0, 0, 6]), "FRAME_SIZE_ERROR"],
      ["WNDINC of 5 bytes", raw(2, 2, [0, 0, 0, 6, 0]), "FRAME_SIZE_ERROR"],
      ["GOAWAY of 7 bytes", raw(3, 0, [0, 0, 0, 0, 0, 0, 0]), "FRAME_SIZE_ERROR"],
      ["RST on id 0", raw(0, 0, [0, 0, 0, 6]), "PROTOCOL_ERROR"],
      ["the high bit of an id", raw(2, 0x8000_0002, [0, 0, 0, 6]), "PROTOCOL_ERROR"],
      ["a type that does not exist", raw(7, 2, []), "PROTOCOL_ERROR"],
    ] as const)("%s ends the session, with the code of the Go peer", async (_, frame, code) => {
      const peer = rawPeer();
      const stream = opened(peer);
      peer.sendBytes(frame);
      const [said] = peer.take();
      expect(said).toMatchObject({ type: "goAway", errorCode: ErrorCode[code] });
      expect((said as { debug: Uint8Array }).debug.length).toBeGreaterThan(0);
      expect(stream.error).toMatchObject({ code, scope: "session", origin: "remote" });
      peer.end();
      expect((await peer.session.closed).localError).toMatchObject({ code, origin: "remote" });
    });
  });

  it("G20: headers, bodies and nothing at all may come in chunks of their own", async () => {
    const peer = rawPeer();
    const nothing = new Uint8Array(0);
    const frame = encode(syn(3, "hello"));
    for (const chunk of [nothing, frame.subarray(0, 8), nothing, frame.subarray(8), nothing]) {
      peer.sendBytes(chunk);
    }
    expect((await peer.session.accept()).take()).toEqual(bytes("hello"));
  });

  it("G21: a session reads on while the peer takes nothing from it", async () => {
    const peer = rawPeer();
    const stream = await acceptedWith(peer, syn(3));
    peer.holdWrites();
    void stream.write(bytes(WINDOW));
    peer.take();
    for (let round = 0; round < 20; round++) {
      peer.send(data(3, WINDOW / 2));
      expect(takeAll(stream)).toHaveLength(WINDOW / 2);
      peer.send(syn(5 + 2 * round, "more"));
      // All credit that the peer could send is on its way; the peer would now wait for it.
      if (round % 2 === 1) {
        peer.releaseWrites();
        peer.take();
        peer.holdWrites();
      }
    }
    expect(peer.session.stats().streamsReceived).toBe(21);
  });

  describe("G23: it ends a session with GOAWAY and the transport, without a word for its streams", () => {
    it.each([
      ["PEER_EOF", ErrorCode.PEER_EOF],
      ["UNKNOWN_CODE", 0xff],
    ] as const)("GOAWAY(%s) is the remote error of a session", async (code, number) => {
      const peer = rawPeer();
      const stream = opened(peer);
      peer.send(goAway(2, number, "read EOF"));
      peer.end();
      expect(await peer.session.closed).toMatchObject({
        localError: undefined,
        remoteError: { code, wireCode: number, origin: "remote", scope: "session" },
        remoteDebug: bytes("read EOF"),
      });
      expect(stream.error).toMatchObject({ code: "SESSION_CLOSED", origin: "remote" });
    });

    it("GOAWAY(NO_ERROR) is no error, whatever its text", async () => {
      const peer = rawPeer();
      peer.send(goAway(0, "NO_ERROR", "no error"));
      peer.end();
      expect(await peer.session.closed).toEqual({
        localError: undefined,
        remoteError: undefined,
        remoteDebug: bytes("no error"),
      });
    });

    it("the end of the peer's direction of the transport ends the session, and both directions", async () => {
      const peer = rawPeer();
      const stream = opened(peer);
      peer.end();
      expect((await peer.session.closed).localError).toMatchObject({
        code: "PEER_EOF",
        origin: "remote",
      });
      expect(stream.error).toMatchObject({ code: "PEER_EOF", scope: "session" });
      expect(peer.sessionHasDestroyed).toBe(true);
    });
  });
});
