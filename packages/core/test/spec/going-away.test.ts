// A GOAWAY ends no open stream. Silence after it ends only sessions without open streams, and nothing follows the last
// GOAWAY. docs/spec/muxado.md, docs/spec/yamux.md.

import {
  brief,
  bytes,
  contentOf,
  data,
  fin,
  goAway,
  type RawPeer,
  rawPeer,
  reset,
  syn,
  wires,
  increment,
} from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { accepted, opened } from "../streams.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

describe.each(wires)("a GOAWAY with an error code, on $name", ({ wire }) => {
  it("a GOAWAY with an error code ends no stream that is open: both directions go on, and end well", async () => {
    const peer = rawPeer({ wire });
    const theirs = await accepted(peer);
    const ours = opened(peer);
    peer.send(goAway(ours.id, "INTERNAL_ERROR"));
    peer.send(data(theirs.id, "in"), data(ours.id, "back"));
    expect([theirs.take(), ours.take()]).toEqual([bytes("in"), bytes("back")]);
    await theirs.write(bytes("out"));
    await ours.write(bytes("forth"));
    await Promise.all([theirs.closeWrite(), ours.closeWrite()]);
    peer.send(fin(theirs.id), fin(ours.id));
    const sent = peer.take();
    expect(contentOf(sent, theirs.id)).toEqual(bytes("out"));
    expect(contentOf(sent, ours.id)).toEqual(bytes("forth"));
    expect([theirs.error, ours.error]).toEqual([undefined, undefined]);
    expect(brief(sent).join()).not.toMatch(/GOAWAY|RST/);
  });

  it("a session refuses new streams after a GOAWAY with an error code, as after any other", () => {
    const peer = rawPeer({ wire });
    peer.send(goAway(0, "INTERNAL_ERROR"));
    expect(() => peer.session.open()).toThrow(
      expect.objectContaining({ code: "REMOTE_GONE_AWAY", origin: "remote", retry: "safe" }),
    );
    expect(peer.take()).toEqual([]);
  });

  it("a GOAWAY with an error code is the cause of the error of streams that are open when the transport ends", async () => {
    const peer = rawPeer({ wire });
    const ours = opened(peer);
    peer.send(goAway(ours.id, "INTERNAL_ERROR"));
    peer.end();
    expect(ours.error).toMatchObject({ code: "SESSION_CLOSED", scope: "session" });
    expect(ours.error!.cause).toMatchObject({ code: "INTERNAL_ERROR", origin: "remote" });
    expect((await peer.session.closed).remoteError).toMatchObject({ code: "INTERNAL_ERROR" });
  });

  it("a GOAWAY that tells of a breach is the last frame of the session that found it", async () => {
    const peer = rawPeer({ wire });
    const stream = await accepted(peer);
    peer.take();
    // An id of the session's own parity.
    peer.send(syn(4), data(3, "not heard"));
    expect(peer.take().map(({ type }) => type)).toEqual(["goAway"]);
    expect(stream.error).toMatchObject({ code: "PROTOCOL_ERROR", scope: "session" });
    expect(peer.sessionHasEnded).toBe(true);
  });
});

describe.each(wires)("silence after a GOAWAY, on $name", ({ wire }) => {
  it("silence after a GOAWAY is no reason to end a session in which a stream is open, however long", async () => {
    const peer = rawPeer({ wire });
    const stream = opened(peer);
    peer.send(goAway(stream.id));
    for (let hour = 0; hour < 24; hour++) await peer.advance(3_600_000);
    expect(stream.error).toBeUndefined();
    expect(peer.take()).toEqual([]);
    peer.send(data(stream.id, "at last"));
    expect(stream.take()).toEqual(bytes("at last"));
  });

  it("silence after a GOAWAY ends a session in which no stream is open but those that nobody waits for", async () => {
    const peer = rawPeer({ wire });
    const stream = opened(peer);
    stream.unref();
    peer.send(goAway(stream.id));
    await peer.advance(29_999);
    expect(peer.take()).toEqual([]);
    await peer.advance(1);
    expect(brief(peer.take()).at(-1)).toContain("NO_ERROR");
    expect(stream.error).toMatchObject({ code: "SESSION_CLOSED" });
  });

  it("silence after a GOAWAY ends a session whose last stream has ended since", async () => {
    const peer = rawPeer({ wire });
    const stream = opened(peer);
    peer.send(goAway(stream.id));
    await peer.advance(20_000);
    await stream.closeWrite();
    peer.send(fin(stream.id));
    expect(stream.error).toBeUndefined();
    expect(brief(peer.take())).toEqual([`${stream.id}: DATA 0 FIN`]);
    for (let second = 0; second < 60; second++) await peer.advance(1000);
    expect(peer.take().map(({ type }) => type)).toEqual(["goAway"]);
  });
});

describe("a stream that failed because of a GOAWAY, on muxado", () => {
  it("a stream that failed because of a GOAWAY is not reset on the wire; data that comes on it later is, once, and nothing else is answered", () => {
    const peer = rawPeer();
    const stream = opened(peer);
    peer.send(goAway(0));
    expect(stream.error).toMatchObject({ code: "REMOTE_GONE_AWAY", retry: "safe" });
    expect(peer.take()).toEqual([]);
    peer.send(fin(2), increment(2, 5), reset(2, "STREAM_REFUSED"));
    expect(peer.take()).toEqual([]);
    peer.send(data(2, "late"), data(2, "later"));
    expect(brief(peer.take())).toEqual(["2: RST STREAM_CLOSED"]);
  });
});

describe("the last id of a GOAWAY, on muxado", () => {
  it("the last id of a GOAWAY is that of the highest stream that was taken, accepted or not, ended or not", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer);
    peer.send(syn(9), syn(5), reset(9, "STREAM_CANCELLED"));
    stream.reset();
    peer.session.goAway();
    expect(peer.take().find(({ type }) => type === "goAway")).toMatchObject({ lastStreamId: 9 });
  });

  it("the last id of a GOAWAY does not rise by SYNs that are refused after it", () => {
    const peer = rawPeer();
    peer.send(syn(3));
    peer.session.goAway();
    peer.send(syn(101));
    peer.session.goAway("INTERNAL_ERROR");
    peer.session.destroy();
    const frames = brief(peer.take()).filter((line) => !line.includes("DATA"));
    expect(frames).toEqual([
      "GOAWAY 3 NO_ERROR",
      "101: RST STREAM_REFUSED",
      "GOAWAY 3 INTERNAL_ERROR",
      "GOAWAY 3 NO_ERROR",
    ]);
  });

  it("the last id of a GOAWAY does not count SYNs that are refused before it, but counts those that had their turn", () => {
    const refusing = rawPeer({ maxInboundStreams: 1 });
    refusing.send(syn(3), syn(9), syn(11, WINDOW + 1));
    refusing.session.goAway();
    expect(brief(refusing.take())).toContain("GOAWAY 3 NO_ERROR");
    const queueing = rawPeer({ acceptBacklog: 1 });
    queueing.send(syn(3), syn(9));
    expect(brief(queueing.take())).toEqual(["9: RST ACCEPT_QUEUE_FULL"]);
    queueing.session.goAway();
    expect(brief(queueing.take())[0]).toBe("GOAWAY 9 NO_ERROR");
  });
});

describe.each(wires)("the transport after the last GOAWAY, on $name", ({ wire }) => {
  const ends: Record<string, (peer: RawPeer) => void> = {
    "a graceful close": (peer) => void peer.session.close(),
    "an end with an error": (peer) => peer.session.destroy(new Error("why")),
    "a breach of the peer's": (peer) => peer.send(syn(4)),
  };

  it.each(Object.entries(ends))(
    "the transport is read on after %s, into nothing, until the peer's side ends",
    async (_, end) => {
      const peer = rawPeer({ wire });
      end(peer);
      expect(peer.take().map(({ type }) => type)).toEqual(["goAway"]);
      expect([peer.sessionHasEnded, peer.sessionHasDestroyed]).toEqual([true, false]);
      peer.send(syn(3, WINDOW), increment(3, 1), data(5, 1), syn(4));
      await peer.settle();
      expect(peer.take()).toEqual([]);
      expect(peer.sessionHasDestroyed).toBe(false);
      peer.end();
      expect(peer.sessionHasDestroyed).toBe(true);
    },
  );
});
