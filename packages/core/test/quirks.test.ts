// Living with the peers that exist: what we never send them, and what of theirs we put up with.
// The numbers are those of the appendix of docs/spec/muxado.md.

import {
  type MuxadoError,
  muxado,
  type ResetCode,
  type RetryVerdict,
  type Stream,
} from "@muxado/core";
import { encode, ErrorCode, type ErrorCodeName, type Frame } from "@muxado/frame";
import {
  concatenated,
  firstDifference,
  type RawPeer,
  rawPeer,
  brief,
  bytes,
  contentOf,
  data,
  fin,
  goAway,
  reset,
  syn,
  synFin,
  increment,
} from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { takeAll } from "./taking.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

/** A stream of the peer's that was accepted, with whatever else the peer sends with it. */
async function accepted(peer: RawPeer, ...frames: Frame[]): Promise<Stream> {
  peer.send(...frames);
  return await peer.session.accept();
}

/** A stream of ours that the peer knows. */
function opened(peer: RawPeer): Stream {
  const stream = peer.session.open();
  peer.take();
  return stream;
}

describe("the Go peer", () => {
  describe("G1: SYN and FIN on one frame make its replies fail", () => {
    const ways: Record<string, (stream: Stream) => void> = {
      "without a write": (stream) => void stream.closeWrite(),
      "with a close": (stream) => void stream.close(),
      "after a small write": (stream) => {
        void stream.write(bytes("ask"));
        void stream.closeWrite();
      },
      "after a large write": (stream) => {
        void stream.write(bytes(5 * KIB));
        void stream.closeWrite();
      },
      "after an offer": (stream) => {
        stream.offer(bytes(5 * KIB));
        void stream.closeWrite();
      },
    };

    it.each(Object.entries(ways))("never sent %s", (_, act) => {
      const peer = rawPeer();
      act(peer.session.open());
      const frames = peer.take();
      expect(frames.at(0)).toMatchObject({ syn: true, fin: false });
      expect(frames.at(-1)).toMatchObject({ syn: false, fin: true });
      expect(frames.length).toBeLessThanOrEqual(2);
    });

    it("never sent when the stream had to wait for the transport", () => {
      const peer = rawPeer();
      peer.holdWrites();
      const first = peer.session.open();
      void first.write(bytes(256 * KIB));
      peer.take();
      const stream = peer.session.open();
      void stream.write(bytes(10 * KIB));
      void stream.closeWrite();
      peer.releaseWrites();
      const frames = peer.take().filter((frame) => "streamId" in frame && frame.streamId === 4);
      expect(brief(frames)).toEqual(["4: DATA 10240 SYN", "4: DATA 0 FIN"]);
    });

    it("on receipt they are the end of the inbound direction, and a reply goes out", async () => {
      const peer = rawPeer();
      const stream = await accepted(peer, synFin(3, "ask"));
      expect([stream.take(), stream.take()]).toEqual([bytes("ask"), null]);
      await stream.write(bytes("answer"));
      await stream.closeWrite();
      expect(brief(peer.take())).toEqual(["3: DATA 6", "3: DATA 0 FIN"]);
      expect(peer.session.stats().openStreams).toBe(0);
    });
  });

  describe("G2: it loses the framing at a SYN after its GOAWAY", () => {
    it("streams that were not sent yet fail, safe to retry, and nothing is sent", () => {
      const peer = rawPeer();
      const stream = peer.session.open();
      peer.send(goAway(0));
      expect(stream.error).toMatchObject({ code: "REMOTE_GONE_AWAY", retry: "safe", streamId: 2 });
      expect(peer.take()).toEqual([]);
    });

    it("neither with a write that is waiting for the transport", async () => {
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

    it("open throws, safe to retry on another session", () => {
      const peer = rawPeer();
      peer.send(goAway(0));
      expect(() => peer.session.open()).toThrow(
        expect.objectContaining({ code: "REMOTE_GONE_AWAY", origin: "remote", retry: "safe" }),
      );
    });
  });

  describe("G3: it takes 8 bytes too many after a GOAWAY", () => {
    it("one after which we go on is followed by exactly 8 that mean nothing", () => {
      const peer = rawPeer();
      peer.session.goAway();
      const [chunk] = peer.takeChunks();
      const said = encode(goAway(0));
      expect(chunk!.subarray(0, said.length)).toEqual(said);
      expect([...chunk!.subarray(said.length)]).toEqual([0, 0, 0, 0x11, 0x7f, 0xff, 0xff, 0xff]);
    });

    it("the last one of a session is not followed by anything", () => {
      for (const end of ["close", "destroy"] as const) {
        const peer = rawPeer();
        void peer.session[end]();
        expect(concatenated(peer.takeChunks())).toEqual(encode(goAway(0)));
      }
    });

    it("the same 8 bytes from a peer are ignored", async () => {
      const peer = rawPeer();
      const stream = await accepted(peer, syn(3), goAway(0), fin(0x7fff_ffff), data(3, "on"));
      expect(stream.take()).toEqual(bytes("on"));
      expect(peer.take()).toEqual([]);
    });
  });

  describe("G5: it goes on buffering a stream that it has refused for a full accept queue", () => {
    it("that reset is answered by one that frees the entry, once", async () => {
      const peer = rawPeer();
      const stream = opened(peer);
      peer.send(reset(2, "ACCEPT_QUEUE_FULL"), reset(2, "ACCEPT_QUEUE_FULL"));
      expect(brief(peer.take())).toEqual(["2: RST STREAM_CANCELLED"]);
      expect(stream.error).toMatchObject({
        code: "ACCEPT_QUEUE_FULL",
        origin: "remote",
        retry: "safe",
      });
    });

    it("no other reset is answered", () => {
      for (const code of Object.values(ErrorCode).filter((code) => code !== 9)) {
        const peer = rawPeer();
        opened(peer);
        peer.send(reset(2, code));
        expect(peer.take(), `code ${code}`).toEqual([]);
      }
    });

    it("nor is it on a wire whose peers do not need it", () => {
      const peer = rawPeer({ wire: { ...muxado, answersFullAcceptQueue: false } });
      opened(peer);
      peer.send(reset(2, "ACCEPT_QUEUE_FULL"));
      expect(peer.take()).toEqual([]);
    });
  });

  describe("G6: the last id of a GOAWAY proves nothing by itself", () => {
    const REFUSALS = ["STREAM_REFUSED", "ACCEPT_QUEUE_FULL"];
    /** What the peer has sent on the stream before its end. */
    const HEARD: Record<string, Frame[]> = {
      nothing: [],
      credit: [increment(2, 10)],
      data: [data(2, "hi")],
      "an empty FIN": [fin(2)],
    };

    describe.each(Object.entries(HEARD))("after %s came of a stream", (heard, frames) => {
      it.each(Object.keys(ErrorCode) as ErrorCodeName[])("RST(%s)", (code) => {
        const peer = rawPeer();
        const stream = opened(peer);
        peer.send(...frames, reset(2, code));
        const refused = REFUSALS.includes(code) ? "safe" : "unknown";
        expect(stream.error!.retry).toBe(heard === "nothing" ? refused : "unsafe");
      });

      it("GOAWAY with a lower last id ends it only if nothing came, as safe to retry", () => {
        const peer = rawPeer();
        const stream = opened(peer);
        peer.send(...frames, goAway(0));
        const failed = { code: "REMOTE_GONE_AWAY", retry: "safe", origin: "remote" };
        if (heard === "nothing") expect(stream.error).toMatchObject(failed);
        else expect(stream.error).toBeUndefined();
        expect(peer.take()).toEqual([]);
      });

      it("GOAWAY with its own id as the last lets it go on; its loss later is not safe", () => {
        const peer = rawPeer();
        const stream = opened(peer);
        peer.send(...frames, goAway(2));
        expect(stream.error).toBeUndefined();
        peer.end();
        expect(stream.error).toMatchObject({ code: "SESSION_CLOSED", scope: "session" });
        expect(stream.error!.retry).toBe(heard === "nothing" ? "unknown" : "unsafe");
      });

      const ends: Record<string, (peer: RawPeer) => void> = {
        "the end of the transport": (peer) => peer.end(),
        "a failure of the transport": (peer) => peer.end(new Error("ECONNRESET")),
        "a breach by the peer": (peer) => peer.sendBytes(bytes("HTTP/1.1 400")),
        "destroy here": (peer) => peer.session.destroy(),
        "reset here": () => {},
      };
      it.each(Object.entries(ends))("%s leaves it unknown unless something came", (_, end) => {
        const peer = rawPeer();
        const stream = opened(peer);
        peer.send(...frames);
        end(peer);
        stream.reset();
        expect(stream.error!.retry).toBe(heard === "nothing" ? "unknown" : "unsafe");
      });
    });

    const unsent: Record<string, (peer: RawPeer, stream: Stream) => void> = {
      "GOAWAY with any last id": (peer) => peer.send(goAway(1000)),
      "the end of the transport": (peer) => peer.end(),
      "destroy here": (peer) => peer.session.destroy(new Error("why")),
      "a breach by the peer": (peer) => peer.send(syn(4)),
      "reset here": (_, stream) => stream.reset(),
    };
    it.each(Object.entries(unsent))(
      "a stream of which nothing was sent is safe after %s",
      (_, end) => {
        const peer = rawPeer();
        const stream = peer.session.open();
        end(peer, stream);
        expect(stream.error!.retry).toBe("safe" satisfies RetryVerdict);
      },
    );

    it.each(REFUSALS)("a reset of our own with %s says nothing about the peer", (code) => {
      const peer = rawPeer();
      const stream = opened(peer);
      stream.reset(code as ResetCode);
      expect(stream.error!.retry).toBe("unknown" satisfies RetryVerdict);
    });

    it("the verdict on a stream of the peer's is always unknown", async () => {
      for (const end of [
        reset(3, "STREAM_REFUSED"),
        reset(3, "INTERNAL_ERROR"),
        increment(3, 2 ** 31 - 1),
      ]) {
        const peer = rawPeer();
        const stream = await accepted(peer, syn(3));
        peer.send(end);
        expect(stream.error!.retry).toBe("unknown");
      }
    });

    it("a verdict does not change by what comes later", () => {
      const peer = rawPeer();
      const stream = opened(peer);
      peer.send(reset(2, "STREAM_REFUSED"), data(2, "late"));
      expect(stream.error!.retry).toBe("safe");
    });
  });

  it("G7: SYNs may come out of order and with gaps", async () => {
    const peer = rawPeer();
    peer.send(syn(101), syn(3), syn(55), syn(5));
    const ids: number[] = [];
    for (let count = 0; count < 4; count++) ids.push((await peer.session.accept()).id);
    expect(ids).toEqual([101, 3, 55, 5]);
    peer.session.goAway();
    expect(peer.take()[0]).toMatchObject({ lastStreamId: 101 });
  });

  it("G8: no id is used twice, whatever became of its stream", () => {
    const peer = rawPeer();
    const ids = Array.from({ length: 100 }, (_, index) => {
      const stream = peer.session.open();
      if (index % 2 === 0) stream.reset();
      if (index % 3 === 0) peer.take();
      return stream.id;
    });
    expect(new Set(ids).size).toBe(100);
  });

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
    ] as const)("%s", async (_, frame, code) => {
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

  describe("G11, R12: FIN comes more than once, and without SYN", () => {
    it("an empty FIN on a stream that has ended is ignored", async () => {
      const peer = rawPeer();
      const stream = await accepted(peer, syn(3), fin(3), fin(3), fin(3));
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

  it("G12: an empty frame with SYN and FIN is a stream that is at its end", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer, synFin(3));
    expect(await stream.read()).toBeNull();
    expect(peer.take()).toEqual([]);
    await stream.close();
    expect(brief(peer.take())).toEqual(["3: DATA 0 FIN"]);
  });

  describe("G13, R14: one RST(STREAM_CLOSED) comes for each late frame", () => {
    it("however many, none is answered and none is held against the peer", async () => {
      const peer = rawPeer({ maxProvokedResets: 1 });
      const stream = opened(peer);
      peer.send(reset(2, "STREAM_CLOSED"));
      for (let count = 0; count < 10_000; count++) peer.send(reset(2, "STREAM_CLOSED"));
      expect(peer.take()).toEqual([]);
      expect(stream.error).toMatchObject({ code: "STREAM_CLOSED", origin: "remote" });
      expect((await accepted(peer, syn(3, "still"))).take()).toEqual(bytes("still"));
    });

    it("after its FIN, what came is still read to the end", async () => {
      const peer = rawPeer();
      const stream = opened(peer);
      peer.send(data(2, "all "), fin(2, "of it"), reset(2, "STREAM_CLOSED"));
      expect(takeAll(stream)).toEqual(bytes("all of it"));
      expect(stream.take()).toBeNull();
      await expect(stream.write(bytes(1))).rejects.toMatchObject({ code: "STREAM_CLOSED" });
    });
  });

  describe("G14: DATA after FIN breaks a stream", () => {
    it("ours is never sent: a write after closeWrite or close is refused", async () => {
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

    it("the peer's is answered by RST(STREAM_CLOSED), once", async () => {
      const peer = rawPeer();
      const stream = await accepted(peer, synFin(3, "all"));
      peer.send(data(3, 1), data(3, 1));
      expect(brief(peer.take())).toEqual(["3: RST STREAM_CLOSED"]);
      expect(stream.take()).toEqual(bytes("all"));
      await expect(stream.write(bytes(1))).rejects.toMatchObject({ origin: "remote" });
    });
  });

  it("G15: WNDINC on a stream that was reset is ignored", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer, syn(3));
    stream.reset("INTERNAL_ERROR");
    peer.send(increment(3, 2 ** 31 - 1), increment(3, 1));
    expect(brief(peer.take())).toEqual(["3: RST INTERNAL_ERROR"]);
  });

  describe("G16: a frame may be as large as the credit", () => {
    it("by default 256 KiB", async () => {
      const peer = rawPeer();
      const stream = await accepted(peer, syn(3, WINDOW));
      expect(takeAll(stream)).toHaveLength(WINDOW);
    });

    it("with a window of 16 MiB as long as a frame can be, and its bytes are read as they come", async () => {
      const length = 0xff_ffff;
      const peer = rawPeer({ windowSize: 2 ** 24 });
      const stream = await accepted(peer, syn(3));
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

  describe("G17: what was buffered is read before the reset is reported", () => {
    it("to a reader that comes later", async () => {
      const peer = rawPeer();
      const stream = await accepted(peer, syn(3, "before"), reset(3, "INTERNAL_ERROR"));
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
        const stream = await accepted(peer, syn(3), reset(3, number));
        const code = number === 0 ? "STREAM_RESET" : "UNKNOWN_CODE";
        await expect(stream.read()).rejects.toMatchObject({ code, wireCode: number });
      },
    );
  });

  it("G18: credit may come byte by byte, as often as it likes", async () => {
    const peer = rawPeer({ maxProvokedResets: 0, maxWaitingResets: 0 });
    const stream = await accepted(peer, syn(3));
    void stream.write(bytes(2 * WINDOW));
    let sent = 0;
    while (sent < WINDOW) sent += contentOf(peer.take(), 3).length;
    while (sent < 2 * WINDOW) {
      peer.send(...Array.from({ length: 1024 }, () => increment(3, 1)));
      sent += contentOf(peer.take(), 3).length;
    }
    expect(peer.session.stats().framesReceived).toBeGreaterThan(WINDOW);
  });

  it("G19: DATA before or without SYN is answered on its stream, and is never fatal", async () => {
    const peer = rawPeer();
    const own = peer.session.open();
    own.reset();
    peer.send(data(3, "early"), data(own.id, "ours?"), data(5));
    expect(brief(peer.take())).toEqual(["3: RST STREAM_CLOSED", "2: RST STREAM_CLOSED"]);
    expect((await accepted(peer, syn(7, "fine"))).take()).toEqual(bytes("fine"));
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

  it("G21: while it takes nothing from us, we read on", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer, syn(3));
    peer.holdWrites();
    void stream.write(bytes(WINDOW));
    peer.take();
    for (let round = 0; round < 20; round++) {
      peer.send(data(3, WINDOW / 2));
      expect(takeAll(stream)).toHaveLength(WINDOW / 2);
      peer.send(syn(5 + 2 * round, "more"));
      // The credit is on its way as far as it can be; the peer would now wait for it.
      if (round % 2 === 1) {
        peer.releaseWrites();
        peer.take();
        peer.holdWrites();
      }
    }
    expect(peer.session.stats().streamsReceived).toBe(21);
  });

  it("G22: SYN rides on the first write, in one frame with it, also when the transport is blocked", async () => {
    const peer = rawPeer();
    peer.holdWrites();
    opened(peer);
    const [small, large, empty] = [peer.session.open(), peer.session.open(), peer.session.open()];
    await small.write(Uint8Array.of(0, 0, 0, 7));
    void large.write(bytes(6 * KIB));
    peer.flush();
    peer.releaseWrites();
    const sent = brief(peer.take());
    expect(sent.sort()).toEqual([
      `${small.id}: DATA 4 SYN`,
      `${large.id}: DATA ${6 * KIB} SYN`,
      `${empty.id}: DATA 0 SYN`,
    ]);
  });

  describe("G23: it ends a session with GOAWAY and the transport, without a word for its streams", () => {
    it.each([
      ["PEER_EOF", ErrorCode.PEER_EOF],
      ["UNKNOWN_CODE", 0xff],
    ] as const)("GOAWAY(%s) is the remote error", async (code, number) => {
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

    it("the end of its direction of the transport ends the session, and both directions", async () => {
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

describe("the Rust peer", () => {
  it("R2: takes no notice of RST(NO_ERROR), which is never sent", () => {
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
    it("close is silent while streams drain", async () => {
      const peer = rawPeer();
      const stream = await accepted(peer, syn(3));
      void peer.session.close();
      expect(peer.take()).toEqual([]);
      peer.send(fin(3, "done"));
      await stream.write(bytes("too"));
      await stream.closeWrite();
      expect(brief(peer.take())).toEqual(["3: DATA 3", "3: DATA 0 FIN", "GOAWAY 3 NO_ERROR"]);
      expect(peer.sessionHasEnded).toBe(true);
    });

    it("what is left at the deadline is reset first", async () => {
      const peer = rawPeer({ closeTimeout: 1000 });
      await accepted(peer, syn(3));
      opened(peer);
      void peer.session.close();
      await peer.advance(1000);
      expect(brief(peer.take())).toEqual([
        "3: RST STREAM_CANCELLED",
        "2: RST STREAM_CANCELLED",
        "GOAWAY 3 NO_ERROR",
      ]);
    });

    it("so is a stream whose breach ends the drain", async () => {
      for (const frame of [data(3, WINDOW + 1), increment(3, 2 ** 31 - 1)]) {
        const peer = rawPeer();
        await accepted(peer, syn(3));
        void peer.session.close();
        peer.send(frame);
        expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR", "GOAWAY 3 NO_ERROR"]);
      }
    });
  });

  describe("R4: its GOAWAY is 8 bytes longer than it says", () => {
    it("8 bytes that are left over at the end are no failure", async () => {
      const peer = rawPeer();
      peer.send(goAway(0, "INTERNAL_ERROR", "reason"));
      peer.sendBytes(bytes("leftover"));
      peer.end();
      const { localError, remoteError } = await peer.session.closed;
      expect(localError).toBeUndefined();
      expect(remoteError).toMatchObject({ code: "INTERNAL_ERROR", origin: "remote" });
    });

    it("nor are fewer, that may be the beginning of a frame", async () => {
      const peer = rawPeer();
      peer.send(goAway(0));
      peer.sendBytes(Uint8Array.of(0, 0, 9));
      peer.end();
      expect((await peer.session.closed).localError).toBeUndefined();
    });

    it("without a GOAWAY they are", async () => {
      const peer = rawPeer();
      peer.sendBytes(Uint8Array.of(0, 0, 9));
      peer.end();
      const { localError } = await peer.session.closed;
      expect(localError).toMatchObject({ code: "PEER_EOF" });
      expect(localError!.message).toContain("in the middle of a frame");
    });
  });

  it("R5: leaves the transport open after its GOAWAY, and is closed by a timer", async () => {
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

  it("R6: has room for so many streams: open refuses the one beyond the cap until one ends", async () => {
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
      "with a window of %i, credit returns within 128 KiB",
      async (windowSize) => {
        const peer = rawPeer({ windowSize });
        const stream = await accepted(peer, syn(3));
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

  it("R15: counts frames, so an empty one without flags is never sent", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    await stream.write(bytes(0));
    expect(stream.offer(bytes(0))).toBe(0);
    const writer = stream.writable.getWriter();
    await writer.write(bytes(0));
    expect(peer.take()).toEqual([]);
  });

  it("R16: buffers a whole frame, so none is longer than 64 KiB", async () => {
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

describe("both", () => {
  it("ignore an RST that they cannot place: nothing is sent for a stream that never was", async () => {
    const peer = rawPeer();
    const stream = peer.session.open();
    stream.reset();
    const cancelled = new AbortController();
    const other = peer.session.open({ signal: cancelled.signal });
    cancelled.abort(new Error("not needed"));
    expect(peer.take()).toEqual([]);
    expect(other.error).toMatchObject({
      code: "STREAM_CANCELLED",
      retry: "safe",
    } satisfies Partial<MuxadoError>);
  });

  it("so nothing is sent for it at the deadline of a drain, or at any other end, either", async () => {
    const expired = rawPeer();
    expired.session.open();
    void expired.session.close({ signal: AbortSignal.abort() });
    expect(brief(expired.take())).toEqual(["GOAWAY 0 NO_ERROR"]);
    const destroyed = rawPeer();
    destroyed.session.open();
    destroyed.session.destroy();
    expect(brief(destroyed.take())).toEqual(["GOAWAY 0 NO_ERROR"]);
  });

  it("answer data that comes after a close with RST, and so do we, once", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer, syn(3, "unread"));
    await stream.close();
    peer.send(data(3, 1), data(3, 1), data(3, 1));
    expect(brief(peer.take())).toEqual(["3: DATA 0 FIN", "3: RST STREAM_CLOSED"]);
  });
});
