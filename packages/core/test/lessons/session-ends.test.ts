// The end of a session is reported with its cause, comes when it is requested, and makes later commands harmless.

import { MuxadoError } from "@muxado/core";
import { brief, bytes, goAway, rawPeer, reset, syn } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { opened } from "../streams.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

describe("a transport that knows why it has ended", () => {
  const told = { code: "PEER_EOF", wireCode: 15, scope: "session", origin: "remote" } as const;

  it("the error of a transport decides the code and the origin of the session's end, and its cause is kept", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    const cause = new Error("ECONNRESET");
    peer.end(new MuxadoError({ ...told, cause }));
    expect(stream.error).toMatchObject({ ...told, cause, streamId: 2 });
    const { localError } = await peer.session.closed;
    expect(localError).toMatchObject({ ...told, cause });
    expect(localError!.message).toContain("ECONNRESET");
  });

  it("the error of a transport is itself the cause if it has none", async () => {
    const peer = rawPeer();
    const cause = new MuxadoError(told);
    peer.end(cause);
    const { localError } = await peer.session.closed;
    expect(localError).toMatchObject({ ...told, cause });
    expect(localError!.message).not.toContain("undefined");
  });
});

describe("deadlines that are switched off", () => {
  it("a peer may be silent forever after its GOAWAY, without a goAwayTimeout", async () => {
    const peer = rawPeer({ goAwayTimeout: Infinity });
    peer.send(syn(3), goAway(0));
    const stream = await peer.session.accept();
    await peer.advance(1_000_000_000);
    expect(stream.error).toBeUndefined();
    expect(peer.clock.timers).toEqual([]);
  });

  it("a drain may take forever, without a closeTimeout", async () => {
    const peer = rawPeer({ closeTimeout: Infinity });
    const stream = opened(peer);
    void peer.session.close();
    await peer.advance(1_000_000_000);
    expect(stream.error).toBeUndefined();
    expect(peer.clock.timers).toEqual([]);
  });
});

describe("await using", () => {
  it("await using closes a stream, and does not fail because the stream has", async () => {
    const peer = rawPeer();
    const [stream, failing] = [opened(peer), opened(peer)];
    await stream[Symbol.asyncDispose]();
    expect(brief(peer.take())).toEqual([`${stream.id}: DATA 0 FIN`]);
    void failing.write(bytes(WINDOW + 1)).catch(() => {});
    const disposing = failing[Symbol.asyncDispose]();
    peer.send(reset(failing.id, "INTERNAL_ERROR"));
    await disposing;
  });

  it("await using closes a session", async () => {
    const peer = rawPeer();
    const disposing = peer.session[Symbol.asyncDispose]();
    expect(brief(peer.take())).toEqual(["GOAWAY 0 NO_ERROR"]);
    peer.end();
    await disposing;
  });
});

describe("a session that is closing or over", () => {
  it("a session that is closing or over opens no stream: the error is safe to retry elsewhere", async () => {
    const closing = rawPeer();
    opened(closing);
    void closing.session.close();
    const refusal = { code: "SESSION_CLOSED", scope: "session", origin: "local", retry: "safe" };
    expect(() => closing.session.open()).toThrow(expect.objectContaining(refusal));
    const over = rawPeer();
    over.session.destroy();
    expect(() => over.session.open()).toThrow(expect.objectContaining(refusal));
  });

  it("a session that is over takes every command without harm, as often as it comes", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    for (let times = 0; times < 3; times++) {
      peer.session.destroy();
      peer.session.goAway();
      void peer.session.close();
      stream.reset();
      await stream.close();
    }
    expect(brief(peer.take())).toEqual(["GOAWAY 0 NO_ERROR"]);
    await peer.advance(10_000);
    await peer.session.close();
    peer.end();
    peer.send(syn(3));
    expect(peer.session.stats()).toMatchObject({ openStreams: 0, streamsReceived: 0 });
  });
});
