// Data at the end of a session arrives before the end, or its loss is reported.

import {
  brief,
  bytes,
  connectedPair,
  fin,
  goAway,
  patterned,
  rawPeer,
  reset,
  syn,
} from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { opened } from "../streams.ts";
import { readAll } from "../taking.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

describe("data at the end of a session", () => {
  it("all data that was written before close arrives before GOAWAY, whatever it takes", async () => {
    const pair = connectedPair({ latency: [1, 5], chunks: "cut", writeTime: [0, 3] });
    const content = patterned(2 * WINDOW + 12_345);
    const stream = pair.client.open();
    void stream.write(content);
    void stream.close();
    const closing = pair.client.close();
    const inbound = (async () => {
      const accepted = await pair.server.accept();
      const read = await readAll(accepted);
      await accepted.close();
      return read;
    })();
    await pair.drive();
    expect(Buffer.compare(await inbound, content)).toBe(0);
    await closing;
    const story = { localError: undefined, remoteError: undefined, remoteDebug: new Uint8Array(0) };
    expect(await pair.client.closed).toEqual(story);
    expect(await pair.server.closed).toEqual(story);
  });

  it("streams that arrived before the end of the session are still accepted and read", async () => {
    const peer = rawPeer();
    peer.send(syn(3, "first"), fin(3), syn(5, "second"));
    peer.end();
    const [first, second] = [await peer.session.accept(), await peer.session.accept()];
    expect(await readAll(first)).toEqual(bytes("first"));
    expect(await second.read()).toEqual(bytes("second"));
    await expect(second.read()).rejects.toMatchObject({ code: "PEER_EOF" });
    await expect(peer.session.accept()).rejects.toMatchObject({ code: "PEER_EOF" });
  });

  describe("the last write of a stream that has ended well, still on its way", () => {
    /** Both sides have sent FIN. The transport has not confirmed the write before our FIN. */
    async function lastWrite() {
      const peer = rawPeer();
      const stream = opened(peer);
      peer.holdWrites();
      const writing = stream.write(bytes(10 * KIB));
      void stream.closeWrite();
      peer.flush();
      peer.send(fin(2));
      expect(stream.error).toBeUndefined();
      expect(peer.session.stats().openStreams).toBe(0);
      return { peer, writing };
    }

    it("the last write of a stream resolves when the transport confirms it", async () => {
      const { peer, writing } = await lastWrite();
      peer.releaseWrites();
      await writing;
    });

    it("the last write of a stream fails with the transport, and its verdict is that of the stream", async () => {
      const { peer, writing } = await lastWrite();
      peer.end(new Error("ECONNRESET"));
      await expect(writing).rejects.toMatchObject({
        code: "TRANSPORT_FAILED",
        streamId: 2,
        retry: "unsafe",
      });
    });

    it("the last write of a stream resolves when the peer has ended the session in good order: it must have had it", async () => {
      const { peer, writing } = await lastWrite();
      peer.send(goAway(2));
      peer.end();
      // The transport has time to confirm it.
      await peer.advance(10_000);
      await writing;
      expect((await peer.session.closed).localError).toBeUndefined();
    });
  });

  it("a write on its way whose stream has failed is not told twice", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    peer.holdWrites();
    const writing = stream.write(bytes(10 * KIB));
    peer.flush();
    peer.send(reset(2, "INTERNAL_ERROR"));
    peer.releaseWrites();
    await expect(writing).rejects.toBe(stream.error);
  });

  it("a drain whose output the transport does not take in time says so", async () => {
    const peer = rawPeer({ closeTimeout: 5000, lingerTimeout: 100 });
    peer.holdWrites();
    opened(peer).reset();
    void peer.session.close();
    await peer.advance(5000);
    expect(peer.sessionHasDestroyed).toBe(true);
    const { localError } = await peer.session.closed;
    expect(localError).toMatchObject({ code: "DRAIN_TIMEOUT", origin: "local" });
    expect(localError!.message).toContain("bytes could not be sent");
  });

  describe("the rest of a graceful end when the peer has ended the transport", () => {
    const failure = new Error("closed with code 1000");

    it("nobody misses our GOAWAY if the peer's own came with the end of the last stream", async () => {
      const peer = rawPeer();
      void opened(peer).closeWrite();
      peer.flush();
      void peer.session.close();
      peer.send(fin(2), goAway(2));
      peer.end();
      peer.end(failure);
      expect((await peer.session.closed).localError).toBeUndefined();
    });

    it("a graceful end fails if the transport ends with a failure", async () => {
      const peer = rawPeer();
      void peer.session.close();
      peer.end(failure);
      const { localError } = await peer.session.closed;
      expect(localError).toMatchObject({ code: "TRANSPORT_FAILED", cause: failure });
    });

    it.each([
      ["under way", true],
      ["waiting", false],
    ])("a graceful end fails if bytes of a stream are lost, %s", async (_, isUnderWay) => {
      const peer = rawPeer();
      const stream = opened(peer);
      peer.send(fin(2));
      peer.holdWrites();
      stream.offer(bytes("last words"));
      void stream.closeWrite();
      if (isUnderWay) peer.flush();
      void peer.session.close();
      peer.end();
      peer.end(failure);
      const { localError } = await peer.session.closed;
      expect(localError).toMatchObject({ code: "TRANSPORT_FAILED", cause: failure });
    });
  });

  it("the transport ends only after the last byte was taken, and is given up later", async () => {
    const peer = rawPeer({ lingerTimeout: 500 });
    peer.holdWrites();
    opened(peer);
    const stream = peer.session.open();
    stream.offer(bytes("last words"));
    peer.session.destroy();
    await peer.settle();
    expect(peer.sessionHasEnded).toBe(false);
    peer.releaseWrites();
    await peer.settle();
    expect(brief(peer.take())).toEqual(["4: DATA 10 SYN", "GOAWAY 0 NO_ERROR"]);
    expect([peer.sessionHasEnded, peer.sessionHasDestroyed]).toEqual([true, false]);
    await peer.advance(500);
    expect(peer.sessionHasDestroyed).toBe(true);
  });

  it("a transport that takes nothing is given up after the linger time", async () => {
    const peer = rawPeer({ lingerTimeout: 500 });
    peer.holdWrites();
    opened(peer);
    void peer.session.close({ timeout: 0 });
    await peer.advance(499);
    expect(peer.sessionHasDestroyed).toBe(false);
    await peer.advance(1);
    expect(peer.sessionHasDestroyed).toBe(true);
    await peer.session.closed;
  });
});
