// Async iteration: over the bytes of a stream and over the streams of a session.

import { rawPeer, brief, bytes, data, fin, goAway, reset, syn } from "@muxado/testkit";
import { describe, expect, it } from "vitest";

describe("over a stream", () => {
  it("gives chunks until the peer half-closes", async () => {
    const peer = rawPeer();
    peer.send(syn(3, "one"), data(3, "two"), fin(3, "three"));
    const stream = await peer.session.accept();
    let text = "";
    for await (const chunk of stream) text += new TextDecoder().decode(chunk);
    expect(text).toBe("onetwothree");
  });

  it("throws when the stream fails", async () => {
    const peer = rawPeer();
    peer.send(syn(3, "one"), reset(3, "INTERNAL_ERROR"));
    const stream = await peer.session.accept();
    const chunks: Uint8Array[] = [];
    const iterating = (async () => {
      for await (const chunk of stream) chunks.push(chunk);
    })();
    await expect(iterating).rejects.toMatchObject({ code: "INTERNAL_ERROR" });
    expect(chunks).toEqual([bytes("one")]);
  });

  it("leaves the stream as it is when the loop is left, and may go on in another", async () => {
    const peer = rawPeer();
    peer.send(syn(3, "one"));
    const stream = await peer.session.accept();
    for await (const _ of stream) break;
    expect(peer.take()).toEqual([]);
    peer.send(fin(3, "two"));
    const rest: Uint8Array[] = [];
    for await (const chunk of stream) rest.push(chunk);
    expect(rest).toEqual([bytes("two")]);
  });

  it("may hold an iterator and iterate over that", async () => {
    const peer = rawPeer();
    peer.send(syn(3, "one"), fin(3));
    const iterator = (await peer.session.accept())[Symbol.asyncIterator]();
    expect(iterator[Symbol.asyncIterator]()).toBe(iterator);
    expect(await iterator.next()).toEqual({ done: false, value: bytes("one") });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });
});

describe("over a session", () => {
  const ends = {
    "an orderly end": (peer: ReturnType<typeof rawPeer>) => peer.send(goAway(0)),
    "a failure": (peer: ReturnType<typeof rawPeer>) => peer.end(new Error("ECONNRESET")),
    "a breach": (peer: ReturnType<typeof rawPeer>) => peer.sendBytes(bytes("HTTP/1.1 400")),
  };

  it.each(Object.entries(ends))("gives streams until %s, which does not throw", async (_, end) => {
    const peer = rawPeer();
    const ids: number[] = [];
    const iterating = (async () => {
      for await (const stream of peer.session) ids.push(stream.id);
    })();
    peer.send(syn(3), syn(5));
    await peer.settle();
    end(peer);
    peer.end();
    await iterating;
    expect(ids).toEqual([3, 5]);
  });

  it("leaves the session as it is when the loop is left", async () => {
    const peer = rawPeer();
    peer.send(syn(3), syn(5));
    for await (const stream of peer.session) {
      expect(stream.id).toBe(3);
      break;
    }
    const iterator = peer.session[Symbol.asyncIterator]();
    expect(iterator[Symbol.asyncIterator]()).toBe(iterator);
    expect((await iterator.next()).value.id).toBe(5);
    expect(brief(peer.take())).toEqual([]);
  });
});
