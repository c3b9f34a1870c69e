// The types of the peer's streams are read in parallel, however they are cut. A stream without a type is refused. Spec
// §9.1.

import type { MuxadoError } from "@muxado/core";
import { brief, uncaughtIn, data, fin, reset, syn } from "@muxado/testkit";
import type { TypedStream } from "@muxado/typed";
import { describe, expect, it } from "vitest";
import { typed, typedPeer } from "./peer.ts";

/** Accepts everything and keeps it. */
function acceptAll(session: AsyncIterable<TypedStream>): TypedStream[] {
  const accepted: TypedStream[] = [];
  void (async () => {
    for await (const stream of session) accepted.push(stream);
  })();
  return accepted;
}

/** A session that reports the streams that it refuses. */
function reporting(options: Parameters<typeof typedPeer>[0] = {}) {
  const refused: MuxadoError[] = [];
  return { refused, ...typedPeer({ onRefused: (error) => refused.push(error), ...options }) };
}

describe("an accepted stream", () => {
  it.each([0, 1, 0x01020304, 0x80000000, 0xffffffff])(
    "has the type that the peer has sent, 0x%x, and begins behind it",
    async (type) => {
      const { peer, session } = typedPeer();
      peer.send(syn(3, typed(type, 42)));
      const stream = await session.accept();
      expect(stream).toMatchObject({ id: 3, type, session });
      expect(await stream.read()).toEqual(new Uint8Array([42]));
    },
  );

  it.each([1, 2, 3, 4])("may have its type cut after %i bytes, by frames", async (at) => {
    const { peer, session } = typedPeer();
    const bytes = typed(0x01020304, 42);
    peer.send(syn(3, bytes.slice(0, at)));
    peer.send(data(3, bytes.slice(at)));
    const stream = await session.accept();
    expect(stream.type).toBe(0x01020304);
    expect(await stream.read()).toEqual(new Uint8Array([42]));
  });

  it("may have its type in five frames, the first empty, with others between", async () => {
    const { peer, session } = typedPeer();
    const accepted = acceptAll(session);
    peer.send(syn(3));
    for (const [index, byte] of typed(0xfffefdfc).entries()) {
      peer.send(syn(5 + 2 * index, typed(index)));
      await peer.settle();
      peer.send(data(3, Uint8Array.of(byte)));
    }
    await peer.settle();
    expect(accepted.map(({ id, type }) => [id, type])).toEqual([
      [5, 0],
      [7, 1],
      [9, 2],
      [11, 3],
      [3, 0xfffefdfc],
    ]);
  });

  it("may end right behind its type", async () => {
    const { peer, session } = typedPeer();
    peer.send(syn(3, typed(7)), fin(3));
    const stream = await session.accept();
    expect(await stream.read()).toBe(null);
  });

  it("that was reset behind its type is given out, with its error", async () => {
    const { peer, session } = typedPeer();
    peer.send(syn(3, typed(7, 42)), reset(3, "STREAM_CANCELLED"));
    const stream = await session.accept();
    expect(await stream.read()).toEqual(new Uint8Array([42]));
    expect(stream.error).toMatchObject({ code: "STREAM_CANCELLED", origin: "remote" });
  });

  it("gets its credit back for its type, too", async () => {
    const { peer, session } = typedPeer();
    peer.send(syn(3, typed(7)));
    const stream = await session.accept();
    // If the type were not consumed, these bytes would not use up half of the window.
    peer.send(data(3, 128 * 1024 - 4));
    while (stream.take() !== undefined);
    expect(brief(peer.take())[0]).toMatch(/^3: WNDINC/);
  });
});

describe("a stream that is silent", () => {
  it("holds up none of those that came after it", async () => {
    const { peer, session } = typedPeer();
    peer.send(syn(3));
    peer.send(syn(5, typed(7)));
    expect(await session.accept()).toMatchObject({ id: 5, type: 7 });
  });

  it("is refused after ten seconds, and reported", async () => {
    const { peer, session, refused } = reporting();
    const accepted = acceptAll(session);
    peer.send(syn(3, Uint8Array.of(0, 0)));
    await peer.settle();
    await peer.advance(9_999);
    expect(peer.take()).toEqual([]);
    await peer.advance(1);
    expect(brief(peer.take())).toEqual(["3: RST STREAM_REFUSED"]);
    expect(refused).toMatchObject([
      { code: "TYPE_MISSING", scope: "stream", origin: "remote", streamId: 3 },
    ]);
    expect(accepted).toEqual([]);
    peer.send(syn(5, typed(7)));
    await peer.settle();
    expect(accepted).toHaveLength(1);
  });

  it("has a deadline of its own, which one timer watches for all", async () => {
    const { peer, session } = typedPeer({ typeTimeout: 100 });
    acceptAll(session);
    for (const id of [3, 5, 7]) {
      peer.send(syn(id));
      await peer.settle();
      await peer.advance(40);
      expect(peer.clock.timers).toHaveLength(1);
    }
    const refusals: string[][] = [];
    for (let ms = 120; ms <= 200; ms += 20) {
      refusals.push(brief(peer.take()));
      await peer.advance(20);
    }
    expect(refusals.flat()).toEqual([3, 5, 7].map((id) => `${id}: RST STREAM_REFUSED`));
    expect(refusals.filter((some) => some.length > 0)).toHaveLength(3);
    expect(peer.clock.timers).toEqual([]);
  });

  it("has none when it is switched off", async () => {
    const { peer } = typedPeer({ typeTimeout: Infinity });
    peer.send(syn(3));
    await peer.settle();
    expect(peer.clock.timers).toEqual([]);
  });

  it("needs no timer once it has spoken or failed", async () => {
    const { peer, session } = typedPeer();
    peer.send(syn(3), syn(5));
    await peer.settle();
    expect(peer.clock.timers).toContainEqual(expect.objectContaining({ due: 10_000 }));
    peer.send(data(3, typed(7)), reset(5, "STREAM_CANCELLED"));
    await session.accept();
    await peer.advance(60_000);
    expect(peer.clock.timers).toEqual([]);
  });

  it("is one of 128 at the most: one more is refused, and those that speak are not", async () => {
    const { peer, session, refused } = reporting();
    const accepted = acceptAll(session);
    for (let id = 3; id < 3 + 2 * 129; id += 2) peer.send(syn(id));
    await peer.settle();
    expect(brief(peer.take())).toEqual([`${1 + 2 * 129}: RST STREAM_REFUSED`]);
    expect(refused).toMatchObject([{ code: "TYPE_MISSING" }]);
    peer.send(syn(1001, typed(7)), data(3, typed(8)));
    await peer.settle();
    expect(new Set(accepted.map(({ type }) => type))).toEqual(new Set([7, 8]));
  });
});

describe("a stream that ends before its type", () => {
  const ends = {
    "with FIN": [fin(3), "the stream ended before its type arrived"],
    "with FIN in the middle of it": [
      fin(3, Uint8Array.of(0, 0)),
      "the stream ended before its type arrived",
    ],
    "with a reset": [reset(3, "STREAM_CANCELLED"), "the stream ended before its type arrived"],
  } as const;

  it.each(Object.entries(ends))(
    "%s is reset and reported, and accepting goes on",
    async (_, [end, why]) => {
      const { peer, session, refused } = reporting();
      const accepted = acceptAll(session);
      peer.send(syn(3, Uint8Array.of(0)), end);
      await peer.settle();
      const answer = end.type === "reset" ? [] : ["3: RST STREAM_REFUSED"];
      expect(brief(peer.take())).toEqual(answer);
      expect(refused).toHaveLength(1);
      expect(refused[0]).toMatchObject({ code: "TYPE_MISSING", streamId: 3 });
      expect(refused[0]!.message).toContain(why);
      expect(session.stats().openStreams).toBe(0);
      peer.send(syn(5, typed(7)));
      await peer.settle();
      expect(accepted).toHaveLength(1);
    },
  );

  it("may have a reporter that throws: the error is reported as uncaught", async () => {
    const mistake = new Error("a reporter's own");
    const { peer, session } = typedPeer({
      onRefused: () => {
        throw mistake;
      },
    });
    const thrown = await uncaughtIn(async () => {
      peer.send(syn(3), fin(3));
      await peer.settle();
    });
    expect(thrown).toEqual([mistake]);
    peer.send(syn(5, typed(7)));
    expect(await session.accept()).toMatchObject({ id: 5 });
  });
});

describe("streams that nobody accepts", () => {
  it("wait up to the backlog; the newest beyond are refused when the turn is over", async () => {
    const { peer, session } = typedPeer({ acceptBacklog: 2 });
    peer.send(...[3, 5, 7, 9].map((id) => syn(id, typed(id))));
    await peer.settle();
    await peer.settle();
    expect(brief(peer.take())).toEqual(["7: RST ACCEPT_QUEUE_FULL", "9: RST ACCEPT_QUEUE_FULL"]);
    expect(session.stats().waitingForAccept).toBe(2);
    expect((await session.accept()).type).toBe(3);
    expect((await session.accept()).type).toBe(5);
  });

  it("are refused after one to two times the timeout, those that came later later", async () => {
    const { peer, session } = typedPeer({ acceptTimeout: 1000 });
    peer.send(syn(3, typed(3)));
    await peer.settle();
    await peer.advance(1500);
    peer.send(syn(5, typed(5)));
    await peer.settle();
    await peer.advance(499);
    expect(peer.take()).toEqual([]);
    await peer.advance(1);
    expect(brief(peer.take())).toEqual(["3: RST STREAM_REFUSED"]);
    expect((await session.accept()).type).toBe(5);
    await peer.advance(2000);
    expect(peer.clock.timers).toEqual([]);
  });

  it("may wait forever if an option says so", async () => {
    const { peer, session } = typedPeer({ acceptTimeout: Infinity });
    peer.send(syn(3, typed(3)));
    await peer.settle();
    await peer.advance(1e9);
    expect((await session.accept()).type).toBe(3);
  });

  it("may be thousands in one turn, when a loop accepts them", async () => {
    const { peer, session } = typedPeer();
    const accepted = acceptAll(session);
    peer.send(...Array.from({ length: 4000 }, (_, index) => syn(3 + 2 * index, typed(index))));
    await peer.settle();
    await peer.settle();
    expect(accepted.map(({ type }) => type)).toEqual(accepted.map((_, index) => index));
    expect(accepted).toHaveLength(4000);
    expect(peer.take()).toEqual([]);
  });
});

describe("the end of the session", () => {
  it("ends accepts and loops, after the streams that had come", async () => {
    const { peer, session } = typedPeer();
    peer.send(syn(3, typed(7)));
    peer.end();
    await peer.settle();
    expect(await session.accept()).toMatchObject({ id: 3 });
    await expect(session.accept()).rejects.toMatchObject({ code: "PEER_EOF", scope: "session" });
    for await (const _ of session) expect.fail("no stream is left");
  });

  it("is not reported for a stream without a type, and leaves no timer", async () => {
    const { peer, session, refused } = reporting();
    const accepting = session.accept();
    peer.send(syn(3));
    await peer.settle();
    peer.end();
    await expect(accepting).rejects.toMatchObject({ code: "PEER_EOF" });
    expect(refused).toEqual([]);
    expect((await session.closed).localError).toMatchObject({ code: "PEER_EOF" });
    expect(peer.clock.timers).toEqual([]);
  });
});

describe("a peer that opens streams which are not wanted", () => {
  const unwanted: Record<string, (id: number) => ReturnType<typeof syn>[]> = {
    "that end before their type": (id) => [syn(id), fin(id)],
    "that nobody accepts": (id) => [syn(id, typed(1))],
    "of a type that is not served": (id) => [syn(id, typed(9))],
  };

  it.each(Object.entries(unwanted))("%s has its session ended in the end", async (what, frames) => {
    const { peer, session } = typedPeer({ maxProvokedResets: 1000, acceptBacklog: 1 });
    if (what.includes("served")) void session.serve({ 1: () => {} });
    for (let id = 3; id < 3 + 2 * 1000; id += 2) {
      peer.send(...frames(id));
      await peer.settle();
    }
    expect(peer.sessionHasEnded).toBe(false);
    for (let id = 3003; id < 3007; id += 2) peer.send(...frames(id));
    await peer.settle();
    await peer.settle();
    expect(brief(peer.take()).at(-1)).toMatch(/^GOAWAY .* ENHANCE_YOUR_CALM$/);
  });
});

describe("a claimed type", () => {
  it("takes along the streams that wait already, and leaves the others", async () => {
    const { peer, session } = typedPeer();
    peer.send(...[1, 7, 2, 7].map((type, index) => syn(3 + 2 * index, typed(type))));
    await peer.settle();
    const claimed: number[] = [];
    session.claim(7, ({ id }) => claimed.push(id));
    expect(claimed).toEqual([5, 9]);
    expect((await session.accept()).id).toBe(3);
    expect((await session.accept()).id).toBe(7);
    expect(session.stats().waitingForAccept).toBe(0);
  });

  it("goes to its claimer, also when nobody accepts and the backlog is full", async () => {
    const { peer, session } = typedPeer({ acceptBacklog: 1 });
    const claimed: number[] = [];
    session.claim(7, ({ id }) => claimed.push(id));
    peer.send(syn(3, typed(1)), syn(5, typed(2)), syn(7, typed(7)));
    await peer.settle();
    expect(claimed).toEqual([7]);
    expect((await session.accept()).type).toBe(1);
  });

  it("has one claimer, who may give it back", async () => {
    const { peer, session } = typedPeer();
    session.claim(7, () => {});
    expect(() => session.claim(7, () => {})).toThrow(TypeError);
    session.claim(7, undefined);
    peer.send(syn(3, typed(7)));
    expect((await session.accept()).type).toBe(7);
  });

  it("may have a claimer that throws: the error is reported as uncaught", async () => {
    const mistake = new Error("a claimer's own");
    const { peer, session } = typedPeer();
    session.claim(7, () => {
      throw mistake;
    });
    const thrown = await uncaughtIn(async () => {
      peer.send(syn(3, typed(7)), syn(5, typed(1)));
      await peer.settle();
    });
    expect(thrown).toEqual([mistake]);
    expect((await session.accept()).type).toBe(1);
  });
});
