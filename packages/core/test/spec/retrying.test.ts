// A stream is safe to retry only if its peer cannot have taken it. docs/spec/muxado.md, docs/spec/yamux.md.

import { MuxadoError, type Stream } from "@muxado/core";
import { brief, bytes, data, goAway, type RawPeer, rawPeer, reset, wires } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { opened } from "../streams.ts";

describe("streams that are safe to retry", () => {
  /** Streams 2, 4 and 6. Their SYNs have left in the order 4, 2, 6: the mark of disorder is 4. */
  function outOfOrder(): { peer: RawPeer; streams: readonly [Stream, Stream, Stream] } {
    const peer = rawPeer();
    const [first, second] = [peer.session.open(), peer.session.open()];
    void second.write(bytes("first"));
    expect(brief(peer.take())).toEqual(["4: DATA 5 SYN", "2: DATA 0 SYN"]);
    return { peer, streams: [first, second, opened(peer)] };
  }

  it("a stream above the last id whose SYN left before no lower one is safe to retry", () => {
    const { peer, streams } = outOfOrder();
    peer.send(goAway(0));
    expect(streams[2].error).toMatchObject({ code: "REMOTE_GONE_AWAY", retry: "safe" });
  });

  it("a stream whose SYN left before that of a lower id goes on: a peer that has seen both may have taken it", () => {
    for (const last of [0, 2]) {
      const { peer, streams } = outOfOrder();
      peer.send(goAway(last));
      expect(streams[1].error, `last id ${last}`).toBeUndefined();
      peer.send(data(4, "working on it"));
      expect(streams[1].take()).toEqual(bytes("working on it"));
      expect(peer.take()).toEqual([]);
    }
  });

  it("a stream whose SYN left before that of a lower id is safe to retry, too, when the peer refuses it", () => {
    const { peer, streams } = outOfOrder();
    peer.send(goAway(0), reset(4, "STREAM_REFUSED"), reset(2, "STREAM_REFUSED"));
    for (const stream of streams) expect(stream.error).toMatchObject({ retry: "safe" });
  });

  it("a stream that was in order is not safe to retry when only the loss of the transport ends it", () => {
    const { peer, streams } = outOfOrder();
    peer.send(goAway(4));
    peer.end();
    expect(streams.map((stream) => stream.error?.retry)).toEqual(["unknown", "unknown", "safe"]);
  });

  it.each(wires)(
    "a stream is not safe to retry if its session is destroyed by the refusal to open another, on $name",
    async ({ wire }) => {
      const peer = rawPeer({ wire });
      const stream = opened(peer);
      peer.send(goAway(stream.id));
      try {
        peer.session.open();
      } catch (error) {
        expect(error).toMatchObject({ code: "REMOTE_GONE_AWAY", retry: "safe" });
        peer.session.destroy(error);
      }
      expect(stream.error).toBeInstanceOf(MuxadoError);
      expect(stream.error!.retry).toBe("unknown");
    },
  );

  it.each(wires)(
    "a stream that was refused before anything came on it is safe to retry, after no other reset, on $name",
    ({ wire }) => {
      const verdicts = {
        STREAM_REFUSED: "safe",
        ACCEPT_QUEUE_FULL: "safe",
        REMOTE_GONE_AWAY: "unknown",
        STREAM_CLOSED: "unknown",
        INTERNAL_ERROR: "unknown",
      } as const;
      for (const [code, verdict] of Object.entries(verdicts)) {
        const peer = rawPeer({ wire });
        const stream = opened(peer);
        peer.send(reset(stream.id, code as keyof typeof verdicts));
        expect(stream.error!.retry, code).toBe(verdict);
        const heard = rawPeer({ wire });
        const answered = opened(heard);
        heard.send(data(answered.id, 1), reset(answered.id, code as keyof typeof verdicts));
        expect(answered.error!.retry, `${code} after data`).toBe("unsafe");
      }
    },
  );
});
