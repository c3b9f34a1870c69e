// Many streams, bytes and pieces. The memory that is held stays in proportion to the granted credit.

import { muxado, type Stream } from "@muxado/core";
import { encode } from "@muxado/frame";
import { connectedPair, hop, rawPeer } from "@muxado/testkit";
import { describe, expect, it } from "vitest";

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

const drain = (): Promise<void> => hop(8);

describe("ten thousand streams", () => {
  it("open at once, each with an answer of its own, and leave nothing behind", async () => {
    const pair = connectedPair({ seed: 1, session: { maxInboundStreams: 10_000 } });
    const { client, server } = pair;
    void serve(server);
    const answers = Array.from({ length: 10_000 }, async (_, count) => {
      const stream = client.open();
      await stream.write(new Uint8Array([count & 0xff, count >> 8]));
      await stream.closeWrite();
      const answer = await stream.read();
      expect(await stream.read()).toBe(null);
      return answer![0]! + answer![1]! * 256;
    });
    expect(client.stats().openStreams).toBe(10_000);
    await pair.drive();
    const numbers = await Promise.all(answers);
    expect(numbers.every((number, count) => number === count)).toBe(true);
    expect(client.stats().openStreams + server.stats().openStreams).toBe(0);
  });

  async function serve(session: AsyncIterable<Stream>): Promise<void> {
    for await (const stream of session) void answer(stream);
  }

  async function answer(stream: Stream): Promise<void> {
    for await (const chunk of stream) await stream.write(chunk);
    await stream.closeWrite();
  }
});

describe("one gibibyte to a slow reader", () => {
  it("is never held beyond the window on one side and the budget on the other", async () => {
    const windowSize = 256 * KIB;
    const pair = connectedPair({ seed: 1, session: { windowSize } });
    const { client, server } = pair;
    const chunk = new Uint8Array(128 * KIB);
    const mine = client.open();
    const writing = (async () => {
      for (let sent = 0; sent < GIB; sent += chunk.length) await mine.write(chunk);
      await mine.closeWrite();
    })();
    await pair.drive(drain);
    const theirs = await server.accept();
    const { receiving } = theirs as unknown as { receiving: { unread: number } };
    let [read, mostUnread, mostToSend] = [0, 0, 0];
    for (let piece = theirs.take(); piece !== null; piece = theirs.take()) {
      read += piece?.length ?? 0;
      // Everything that can move does so, and then waits for the reader again.
      await pair.drive(drain);
      mostUnread = Math.max(mostUnread, receiving.unread);
      mostToSend = Math.max(mostToSend, client.stats().bytesToSend);
    }
    await writing;
    expect(read).toBe(GIB);
    expect(mostUnread).toBeLessThanOrEqual(windowSize);
    expect(mostToSend).toBeLessThanOrEqual(320 * KIB);
  });
});

describe("a mebibyte that comes byte by byte", () => {
  it("retains memory for its bytes, not for its pieces", async () => {
    const peer = rawPeer({ wire: { ...muxado, initialWindow: MIB } });
    const body = new Uint8Array(MIB);
    const frame = encode({ type: "data", streamId: 3, syn: true, fin: true, body });
    for (let at = 0; at < frame.length; at++) peer.sendBytes(frame.subarray(at, at + 1));
    const stream = await peer.session.accept();
    const memory = new Set<ArrayBufferLike>();
    let read = 0;
    for (let piece = stream.take(); piece; piece = stream.take()) {
      memory.add(piece.buffer);
      read += piece.length;
    }
    const retained = [...memory].reduce((sum, buffer) => sum + buffer.byteLength, 0);
    expect(read).toBe(MIB);
    expect(retained).toBeLessThanOrEqual(1.1 * MIB);
    expect(memory.size).toBeLessThanOrEqual(128);
  });
});
