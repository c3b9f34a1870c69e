// The verdict whether a stream is safe to retry does not trust the last id in the GOAWAY of the Go peer. The numbers
// are those of the appendix of docs/spec/muxado.md.

import type { ResetCode, RetryVerdict, Stream } from "@muxado/core";
import { ErrorCode, type ErrorCodeName, type Frame } from "@muxado/frame";
import {
  bytes,
  data,
  fin,
  goAway,
  type RawPeer,
  rawPeer,
  reset,
  syn,
  increment,
} from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { acceptedWith, opened } from "../streams.ts";

describe("the Go peer", () => {
  describe("G6: the last id of a GOAWAY proves nothing by itself", () => {
    const REFUSALS = ["STREAM_REFUSED", "ACCEPT_QUEUE_FULL"];
    /** The frames that the peer has sent on the stream before its end. */
    const HEARD: Record<string, Frame[]> = {
      nothing: [],
      credit: [increment(2, 10)],
      data: [data(2, "hi")],
      "an empty FIN": [fin(2)],
    };

    describe.each(Object.entries(HEARD))("after %s came of a stream", (heard, frames) => {
      it.each(Object.keys(ErrorCode) as ErrorCodeName[])(
        "RST(%s) leaves a stream safe to retry only if it is a refusal and nothing came before",
        (code) => {
          const peer = rawPeer();
          const stream = opened(peer);
          peer.send(...frames, reset(2, code));
          const refused = REFUSALS.includes(code) ? "safe" : "unknown";
          expect(stream.error!.retry).toBe(heard === "nothing" ? refused : "unsafe");
        },
      );

      it("GOAWAY with a lower last id ends a stream only if nothing came on it, as safe to retry", () => {
        const peer = rawPeer();
        const stream = opened(peer);
        peer.send(...frames, goAway(0));
        const failed = { code: "REMOTE_GONE_AWAY", retry: "safe", origin: "remote" };
        if (heard === "nothing") expect(stream.error).toMatchObject(failed);
        else expect(stream.error).toBeUndefined();
        expect(peer.take()).toEqual([]);
      });

      it("GOAWAY with a stream's own id as the last lets it go on; its loss later is not safe to retry", () => {
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
      it.each(Object.entries(ends))(
        "%s leaves the verdict unknown unless something came",
        (_, end) => {
          const peer = rawPeer();
          const stream = opened(peer);
          peer.send(...frames);
          end(peer);
          stream.reset();
          expect(stream.error!.retry).toBe(heard === "nothing" ? "unknown" : "unsafe");
        },
      );
    });

    const unsent: Record<string, (peer: RawPeer, stream: Stream) => void> = {
      "GOAWAY with any last id": (peer) => peer.send(goAway(1000)),
      "the end of the transport": (peer) => peer.end(),
      "destroy here": (peer) => peer.session.destroy(new Error("why")),
      "a breach by the peer": (peer) => peer.send(syn(4)),
      "reset here": (_, stream) => stream.reset(),
    };
    it.each(Object.entries(unsent))(
      "a stream that was never sent is safe to retry after %s",
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

    it("the verdict on a stream of the peer is always unknown", async () => {
      for (const end of [
        reset(3, "STREAM_REFUSED"),
        reset(3, "INTERNAL_ERROR"),
        increment(3, 2 ** 31 - 1),
      ]) {
        const peer = rawPeer();
        const stream = await acceptedWith(peer, syn(3));
        peer.send(end);
        expect(stream.error!.retry).toBe("unknown");
      }
    });

    it("a verdict does not change by frames that come later", () => {
      const peer = rawPeer();
      const stream = opened(peer);
      peer.send(reset(2, "STREAM_REFUSED"), data(2, "late"));
      expect(stream.error!.retry).toBe("safe");
    });
  });
});
