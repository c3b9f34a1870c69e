// No side waits forever because the other side writes, reads slowly, or has closed its stream.

import {
  brief,
  bytes,
  connectedPair,
  contentOf,
  data,
  fin,
  patterned,
  rawPeer,
  syn,
  increment,
} from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { follow } from "../following.ts";
import { accepted, opened } from "../streams.ts";
import { readAll, takeAll } from "../taking.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

describe("mutual write deadlock", () => {
  it("two sides that write more than all windows hold, and read only then, both finish", async () => {
    const pair = connectedPair();
    const length = 3 * WINDOW;
    const [ours, theirs] = [patterned(length, 1), patterned(length, 2)];
    const stream = pair.client.open();
    const exchanged = (async () => {
      const other = await pair.server.accept();
      const written = [stream.write(ours), other.write(theirs)];
      await pair.drive();
      const read = [readAll(other), readAll(stream)];
      await Promise.all(written);
      await Promise.all([stream.closeWrite(), other.closeWrite()]);
      return await Promise.all(read);
    })();
    for (let round = 0; round < 50; round++) await pair.drive();
    const [atServer, atClient] = await exchanged;
    expect(Buffer.compare(atServer!, ours)).toBe(0);
    expect(Buffer.compare(atClient!, theirs)).toBe(0);
  });

  it("close does not wait behind data that is blocked: it comes back when told to", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    void stream.write(bytes(2 * WINDOW)).catch(() => {});
    const controller = new AbortController();
    const closing = stream.close({ signal: controller.signal });
    controller.abort("enough");
    await expect(closing).rejects.toBe("enough");
    // It continues in the background: FIN still comes when there is credit for the bytes before it.
    peer.take();
    peer.send(increment(2, WINDOW));
    const frames = peer.take();
    expect(contentOf(frames, 2)).toHaveLength(WINDOW);
    expect(frames.at(-1)).toMatchObject({ fin: true });
  });
});

describe("one slow reader", () => {
  it("a slow reader holds up nobody else: the others go on, whatever waits for it", async () => {
    const peer = rawPeer();
    peer.send(syn(3, WINDOW), syn(5));
    const [slow, quick] = [await peer.session.accept(), await peer.session.accept()];
    let read = 0;
    for (let round = 0; round < 16; round++) {
      peer.send(data(5, 64 * KIB));
      read += takeAll(quick).length;
      peer.take();
    }
    expect(read).toBe(4 * WINDOW);
    expect(takeAll(slow)).toHaveLength(WINDOW);
  });
});

describe("a reader that has gone", () => {
  it("a stream that is closed with the peer's credit spent is reset, for no FIN could come any more", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer, WINDOW);
    await stream.close();
    expect(brief(peer.take())).toEqual(["3: DATA 0 FIN", "3: RST STREAM_CLOSED"]);
    expect(peer.session.stats().openStreams).toBe(0);
  });

  it("a close that waits sends all that was written, and FIN, in front of that reset", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer, WINDOW);
    peer.holdWrites();
    const writing = stream.write(bytes(10 * KIB));
    peer.flush();
    const operations = [writing, stream.close()].map(follow);
    peer.releaseWrites();
    const frames = peer.take();
    expect(contentOf(frames, 3)).toEqual(bytes(10 * KIB));
    expect(brief(frames).at(-1)).toBe("3: RST STREAM_CLOSED");
    await peer.settle();
    expect(operations.map((operation) => operation.state)).toEqual(["resolved", "resolved"]);
  });

  it("a peer with credit left still ends a closed stream well with its FIN", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer, WINDOW - 1);
    await stream.close();
    const sent = brief(peer.take());
    expect(sent).toContain("3: DATA 0 FIN");
    peer.send(fin(3));
    expect(peer.take()).toEqual([]);
    expect(stream.error).toBeUndefined();
    expect(peer.session.stats().openStreams).toBe(0);
  });

  it("a writer is not left waiting when the other side closes, whatever the size of its window", async () => {
    for (const windowSize of [1, KIB, 64 * KIB, WINDOW]) {
      const pair = connectedPair({ server: { windowSize } });
      const stream = pair.client.open();
      const writing = follow(stream.write(new Uint8Array(2 * WINDOW)));
      await pair.drive();
      const inbound = await pair.server.accept();
      await inbound.close();
      await pair.drive();
      expect(writing.state, `window ${windowSize}`).toBe("rejected");
      expect(pair.server.stats().openStreams).toBe(0);
      expect(pair.client.stats().openStreams).toBe(0);
    }
  });

  it("data that arrives before the FIN of a closed stream has left is dropped, and its credit returned", async () => {
    const peer = rawPeer({ windowSize: WINDOW });
    const stream = await accepted(peer);
    void stream.write(bytes(WINDOW + 1)).catch(() => {});
    void stream.close().catch(() => {});
    peer.take();
    peer.send(data(3, WINDOW / 2));
    expect(brief(peer.take())).toEqual([`3: WNDINC ${WINDOW / 2}`]);
    expect(stream.error).toBeUndefined();
  });
});
