// Streams open and are accepted in the ways that the Go peer needs and uses. The numbers are those of the appendix of
// docs/spec/muxado.md.

import { muxado, type Stream } from "@muxado/core";
import { ErrorCode } from "@muxado/frame";
import { brief, bytes, data, rawPeer, reset, syn, synFin } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { acceptedWith, opened } from "../streams.ts";

const KIB = 1024;

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

    it.each(Object.entries(ways))("SYN and FIN never leave on one frame, %s", (_, act) => {
      const peer = rawPeer();
      act(peer.session.open());
      const frames = peer.take();
      expect(frames.at(0)).toMatchObject({ syn: true, fin: false });
      expect(frames.at(-1)).toMatchObject({ syn: false, fin: true });
      expect(frames.length).toBeLessThanOrEqual(2);
    });

    it("SYN and FIN never leave on one frame when the stream had to wait for the transport", () => {
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

    it("SYN and FIN on one frame of the peer end the inbound direction, and a reply leaves", async () => {
      const peer = rawPeer();
      const stream = await acceptedWith(peer, synFin(3, "ask"));
      expect([stream.take(), stream.take()]).toEqual([bytes("ask"), null]);
      await stream.write(bytes("answer"));
      await stream.closeWrite();
      expect(brief(peer.take())).toEqual(["3: DATA 6", "3: DATA 0 FIN"]);
      expect(peer.session.stats().openStreams).toBe(0);
    });
  });

  describe("G5: it goes on buffering a stream that it has refused for a full accept queue", () => {
    it("RST(ACCEPT_QUEUE_FULL) is answered by a reset that frees the entry, once", async () => {
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

    it("a reset with any other code is not answered", () => {
      for (const code of Object.values(ErrorCode).filter((code) => code !== 9)) {
        const peer = rawPeer();
        opened(peer);
        peer.send(reset(2, code));
        expect(peer.take(), `code ${code}`).toEqual([]);
      }
    });

    it("RST(ACCEPT_QUEUE_FULL) is not answered on a wire whose peers do not need it", () => {
      const peer = rawPeer({ wire: { ...muxado, answersFullAcceptQueue: false } });
      opened(peer);
      peer.send(reset(2, "ACCEPT_QUEUE_FULL"));
      expect(peer.take()).toEqual([]);
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

  it("G12: an empty frame with SYN and FIN is a stream that is at its end", async () => {
    const peer = rawPeer();
    const stream = await acceptedWith(peer, synFin(3));
    expect(await stream.read()).toBeNull();
    expect(peer.take()).toEqual([]);
    await stream.close();
    expect(brief(peer.take())).toEqual(["3: DATA 0 FIN"]);
  });

  it("G19: DATA before or without SYN is answered on its stream, and is never fatal", async () => {
    const peer = rawPeer();
    const own = peer.session.open();
    own.reset();
    peer.send(data(3, "early"), data(own.id, "ours?"), data(5));
    expect(brief(peer.take())).toEqual(["3: RST STREAM_CLOSED", "2: RST STREAM_CLOSED"]);
    expect((await acceptedWith(peer, syn(7, "fine"))).take()).toEqual(bytes("fine"));
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
});
