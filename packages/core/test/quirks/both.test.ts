// Sessions send nothing that the Go or the Rust peer cannot place, and answer as both do. The numbers are those of the
// appendix of docs/spec/muxado.md.

import type { MuxadoError } from "@muxado/core";
import { brief, data, rawPeer, syn } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { acceptedWith } from "../streams.ts";

describe("both peers", () => {
  it("nothing is sent for a stream that never was, for both peers ignore an RST that they cannot place", async () => {
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

  it("nothing is sent for a stream that never was at the deadline of a drain, or at any other end, either", async () => {
    const expired = rawPeer();
    expired.session.open();
    void expired.session.close({ signal: AbortSignal.abort() });
    expect(brief(expired.take())).toEqual(["GOAWAY 0 NO_ERROR"]);
    const destroyed = rawPeer();
    destroyed.session.open();
    destroyed.session.destroy();
    expect(brief(destroyed.take())).toEqual(["GOAWAY 0 NO_ERROR"]);
  });

  it("a session answers data that comes after a close with RST, once, as both peers do", async () => {
    const peer = rawPeer();
    const stream = await acceptedWith(peer, syn(3, "unread"));
    await stream.close();
    peer.send(data(3, 1), data(3, 1), data(3, 1));
    expect(brief(peer.take())).toEqual(["3: DATA 0 FIN", "3: RST STREAM_CLOSED"]);
  });
});
