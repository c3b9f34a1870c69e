// Commands inside callbacks, while a session has one half-ended stream and others still to end. The model test found
// each of these cases.

import type { Stream } from "@muxado/core";
import { type RawPeer, rawPeer } from "@muxado/testkit";
import { describe, expect, it } from "vitest";

const KIB = 1024;
const NOTHING = new Uint8Array(0);

/** A stream that the peer has opened. */
async function accepted(peer: RawPeer, streamId: number): Promise<Stream> {
  peer.send({ type: "data", streamId, syn: true, fin: false, body: NOTHING });
  return await peer.session.accept();
}

function sendBytes(peer: RawPeer, streamId: number, length: number): void {
  peer.send({ type: "data", streamId, syn: false, fin: false, body: new Uint8Array(length) });
}

function onReadable(stream: Stream, react: () => void): void {
  stream.observe({ onReadable: react, onWritable: () => {} });
}

describe("a callback", () => {
  it("that half-closes when it is told of the end leaves the stream once", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer, 3);
    onReadable(stream, () => void stream.closeWrite());
    peer.send({ type: "data", streamId: 3, syn: false, fin: true, body: NOTHING });
    expect(peer.session.stats().openStreams).toBe(0);
    const closing = peer.session.close();
    peer.flush();
    peer.end();
    await closing;
    expect(peer.clock.timers).toEqual([]);
  });

  it("of one stream that a GOAWAY fails does not bring another to life", async () => {
    const peer = rawPeer();
    const [one, other] = [peer.session.open(), peer.session.open()];
    let error: unknown;
    onReadable(one, () => {
      other.write(new Uint8Array(1)).catch((reason: unknown) => (error = reason));
    });
    peer.send({ type: "goAway", lastStreamId: 0, errorCode: 0, debug: NOTHING });
    await peer.settle();
    expect(peer.take()).toEqual([]);
    expect(error).toMatchObject({ code: "REMOTE_GONE_AWAY", retry: "safe" });
  });

  it("of a stream that is reset for its memory, while a write is composed, may write: that leaves as well", async () => {
    const streams: Stream[] = [];
    let hasWritten = false;
    const closed = (): void => {
      void streams[1]!.write(new Uint8Array(5 * KIB)).then(() => (hasWritten = true));
    };
    const peer = rawPeer({ memoryBudget: 60 * KIB, watcher: { closed } });
    streams.push(await accepted(peer, 3), await accepted(peer, 5));
    const full = streams[0]!;
    // A whole window, and more than the budget.
    full.write(new Uint8Array((256 + 64) * KIB)).catch(() => {});
    await peer.settle();
    expect(full.error).toMatchObject({ code: "ENHANCE_YOUR_CALM" });
    expect(hasWritten).toBe(true);
  });

  it("a trace that reads the rest while credit leaves gets credit for the rest, too", async () => {
    const peer = rawPeer({
      trace: (frame) => {
        if (frame.direction === "out" && frame.kind === "increment") while (stream.take());
      },
    });
    const stream = await accepted(peer, 3);
    for (let sent = 0; sent < 4; sent++) sendBytes(peer, 3, 64 * KIB);
    stream.take(128 * KIB);
    stream.take(128 * KIB);
    await peer.settle();
    const granted = peer.take().map((frame) => (frame.type === "increment" ? frame.increment : 0));
    expect(granted).toEqual([128 * KIB, 128 * KIB]);
  });

  it("a trace that reads another stream whose credit is about to leave gets its credit once", async () => {
    const peer = rawPeer({
      trace: (frame) => {
        if (frame.direction === "out" && frame.kind === "increment") while (streams[1]!.take());
      },
    });
    const streams = [await accepted(peer, 3), await accepted(peer, 5)];
    for (const streamId of [3, 3, 5, 5, 5, 5]) sendBytes(peer, streamId, 64 * KIB);
    for (const stream of streams) for (let read = 0; read < 2; read++) stream.take();
    await peer.settle();
    const increments = peer.take().filter((frame) => frame.type === "increment");
    expect(increments).toMatchObject([
      { streamId: 3, increment: 128 * KIB },
      { streamId: 5, increment: 256 * KIB },
    ]);
  });

  it("of one stream that a deadline resets sends nothing on another that it resets too", async () => {
    const peer = rawPeer();
    const [one, other] = [await accepted(peer, 3), await accepted(peer, 5)];
    let error: unknown;
    onReadable(one, () => {
      other.write(new Uint8Array(1)).catch((reason: unknown) => (error = reason));
    });
    void peer.session.close({ timeout: 10 });
    await peer.advance(10);
    const types = peer.take().map(({ type }) => type);
    expect(types.slice(0, 2)).toEqual(["reset", "reset"]);
    expect(types[2]).toBe("goAway");
    expect(error).toMatchObject({ code: "DRAIN_TIMEOUT" });
  });
});

describe("a stream", () => {
  it("is introduced by its SYN, whatever else it has to say", () => {
    const peer = rawPeer({ role: "client", windowSize: 1024 * 1024 });
    const stream = peer.session.open();
    void stream.write(new Uint8Array(5000));
    void stream.close();
    expect(peer.take()[0]).toMatchObject({ type: "data", streamId: 3, syn: true });
  });

  it("whose last bytes are lost with the transport does not call them safe to send again", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer, 3);
    peer.send({ type: "data", streamId: 3, syn: false, fin: true, body: NOTHING });
    peer.holdWrites();
    const writes = [stream.write(new Uint8Array(5000)), stream.closeWrite()].map((write) =>
      write.catch((error: unknown) => error),
    );
    peer.flush();
    expect(peer.session.stats().openStreams).toBe(0);
    peer.end(new Error("cable cut"));
    for (const error of await Promise.all(writes)) {
      expect(error).toMatchObject({ code: "TRANSPORT_FAILED", streamId: 3, retry: "unknown" });
    }
  });
});
