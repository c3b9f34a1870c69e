// Turns on live streams: commands inside them, the shares of the streams, and the commands of a trace meanwhile.

import type { Stream } from "@muxado/core";
import {
  brief,
  bytes,
  connectedPair,
  contentOf,
  data,
  elapse,
  type RawPeer,
  rawPeer,
  syn,
  increment,
} from "@muxado/testkit";
import { describe, expect, it } from "vitest";

const KIB = 1024;
const WINDOW = 256 * KIB;

function onWritable(stream: Stream, react: () => void): void {
  stream.observe({ onReadable: () => {}, onWritable: react });
}

/** A local stream that the peer knows. It has used up its credit, and has offered more bytes. */
function starved(peer: RawPeer): Stream {
  const stream = peer.session.open();
  stream.offer(bytes(WINDOW + 5000));
  peer.take();
  return stream;
}

describe("a command in a turn", () => {
  it("that opens a stream: it leaves, though the turn itself has sent nothing", () => {
    const peer = rawPeer();
    const stream = starved(peer);
    onWritable(stream, () => void peer.session.open());
    peer.send(increment(stream.id, WINDOW));
    expect(brief(peer.take())).toEqual([`${stream.id + 2}: DATA 0 SYN`]);
  });

  it("that reads: the credit leaves, though the turn itself has sent nothing", async () => {
    const peer = rawPeer();
    const stream = starved(peer);
    peer.send(syn(3, WINDOW));
    const other = await peer.session.accept();
    onWritable(stream, () => void other.take());
    peer.send(increment(stream.id, WINDOW));
    expect(brief(peer.take())).toEqual([`3: WNDINC ${WINDOW}`]);
  });

  it("that changes the stream's own priority holds from the next turn on", () => {
    const peer = rawPeer();
    const stream = starved(peer);
    onWritable(stream, () => {
      stream.priority = { urgency: 0 };
      stream.offer(bytes(10));
      stream.offer(bytes(10));
    });
    peer.send(increment(stream.id, WINDOW));
    expect(contentOf(peer.take(), stream.id)).toHaveLength(20);
    expect(stream.priority).toEqual({ urgency: 0, weight: 16 });
  });

  it("that ends the session ends it", () => {
    const peer = rawPeer();
    const stream = starved(peer);
    onWritable(stream, () => peer.session.destroy());
    peer.send(increment(stream.id, WINDOW));
    expect(brief(peer.take())).toEqual(["GOAWAY 0 NO_ERROR"]);
  });

  it("that only ever makes others wait does not hold up the program", async () => {
    const peer = rawPeer();
    const streams = [starved(peer), starved(peer), starved(peer)];
    let turns = 0;
    for (const stream of streams) {
      onWritable(stream, () => {
        if (++turns > 5000) return;
        for (const other of streams) if (other !== stream) other.offer(bytes(1000));
      });
    }
    for (const { id } of streams) peer.send(increment(id, WINDOW));
    peer.take();
    await peer.settle();
    expect(turns).toBeGreaterThan(5000);
  });
});

describe("offers", () => {
  it.each([
    [64, 16],
    [256, 16],
    [16, 4],
  ])("of weights %i and %i share by them", async (heavy, light) => {
    const pair = connectedPair({
      writeTime: [1, 1],
      session: { windowSize: 2 ** 30, memoryBudget: Infinity },
    });
    const streams = [heavy, light].map((weight) => {
      const stream = pair.client.open({ priority: { weight } });
      const chunk = new Uint8Array(64 * KIB);
      const offer = (): void => {
        while (stream.error === undefined && stream.offer(chunk) === chunk.length);
      };
      onWritable(stream, offer);
      offer();
      return stream;
    });
    void (async () => {
      for await (const stream of pair.server) void drain(stream);
    })();
    await elapse(pair, 400);
    const [most, least] = streams.map((stream) => stream.stats().bytesSent);
    expect(most! / least!).toBeGreaterThan((heavy / light) * 0.9);
    expect(most! / least!).toBeLessThan((heavy / light) * 1.1);
    pair.client.destroy();
    pair.server.destroy();
  });

  it("go out in frames of 32 KiB while somebody waits, however much is taken", () => {
    const peer = rawPeer();
    const [waiting, offering] = [
      peer.session.open({ priority: { urgency: 7 } }),
      peer.session.open(),
    ];
    void waiting.write(bytes(100 * KIB));
    offering.offer(bytes(128 * KIB));
    const frames = peer
      .take()
      .filter((frame) => "streamId" in frame && frame.streamId === offering.id);
    expect(brief(frames)[0]).toBe(`${offering.id}: DATA ${32 * KIB} SYN`);
    expect(frames).toHaveLength(4);
  });

  it("that nobody stands behind any more have no deadline", async () => {
    const peer = rawPeer({ writeTimeout: 1000 });
    const stream = starved(peer);
    onWritable(stream, () => {});
    stream.observe(undefined);
    await peer.advance(10_000);
    expect(stream.error).toBeUndefined();
  });
});

describe("a trace that sees the last frame of a write", () => {
  it("may reset the stream", () => {
    const peer: RawPeer = rawPeer({
      trace: (frame) => {
        if (frame.kind === "data" && frame.direction === "out" && frame.length === 9000)
          stream.reset();
      },
    });
    const stream = peer.session.open();
    void stream.write(bytes(9000));
    void stream.closeWrite();
    expect(brief(peer.take()).at(-1)).toBe(`${stream.id}: RST STREAM_CANCELLED`);
    expect(peer.session.stats()).toMatchObject({ openStreams: 0, memoryUnsent: 0 });
  });

  it("may abort that write, and takes nothing of the next one", async () => {
    const controller = new AbortController();
    const peer = rawPeer({
      trace: (frame) => {
        if (frame.kind === "data" && frame.length === 9000) controller.abort();
      },
    });
    const stream = peer.session.open();
    void stream.write(bytes(9000), { signal: controller.signal });
    const next = stream.write(bytes(8000));
    expect(contentOf(peer.take(), stream.id)).toHaveLength(17_000);
    await next;
    expect(stream.stats().bytesUnsent).toBe(0);
  });
});

describe("the statistics of a stream", () => {
  it("a write that the transport does not confirm tells since when", async () => {
    const peer = rawPeer();
    const stream = peer.session.open();
    peer.holdWrites();
    void stream.write(bytes(8000));
    peer.flush();
    await peer.advance(60_000);
    expect(stream.stats()).toMatchObject({ writeBlockedBy: "transport", writeBlockedFor: 60_000 });
  });

  it("an offer that is repeated in vain still tells since when", async () => {
    const peer = rawPeer();
    const stream = starved(peer);
    await peer.advance(1000);
    stream.offer(bytes(10));
    expect(stream.stats()).toMatchObject({ writeBlockedBy: "window", writeBlockedFor: 1000 });
  });
});

describe("timeouts of thousands of streams", () => {
  it("are held against nobody: the session goes on", async () => {
    const peer = rawPeer({ writeTimeout: 1000, maxProvokedResets: 10 });
    const streams = Array.from({ length: 20 }, () => starved(peer));
    peer.send(syn(3), data(3, 1));
    await peer.advance(1000);
    for (const stream of streams) expect(stream.error).toMatchObject({ code: "WRITE_TIMEOUT" });
    expect((await peer.session.accept()).error).toBeUndefined();
    expect(peer.session.stats().resetsSent).toEqual({ WRITE_TIMEOUT: 20 });
  });
});

describe("a reader that pauses", () => {
  it.each([1, 4, 16])("does not have any of %i tuned uploads reset", async (uploads) => {
    const pair = connectedPair({ bandwidth: 200e6, latency: [50, 50] });
    const pause = { until: 0 };
    const received: Stream[] = [];
    void (async () => {
      for await (const stream of pair.server) {
        received.push(stream);
        void drain(stream, pause);
      }
    })();
    const sending = Array.from({ length: uploads }, () => pair.client.open());
    for (const stream of sending) void pump(stream);
    await elapse(pair, 2500);
    expect(Math.max(...received.map((stream) => stream.stats().receiveWindow))).toBeGreaterThan(
      WINDOW,
    );
    pause.until = Infinity;
    await elapse(pair, 2000);
    expect(pair.server.stats().resetsSent).toEqual({});
    expect(sending.every((stream) => stream.error === undefined)).toBe(true);
    pair.client.destroy();
    pair.server.destroy();
  });
});

/** Reads to the end, unless it is told to pause. */
async function drain(stream: Stream, pause = { until: 0 }): Promise<void> {
  try {
    while (pause.until === 0 && (await stream.read()) !== null);
  } catch {
    // The test is over.
  }
}

/** Writes forever. */
async function pump(stream: Stream): Promise<void> {
  const chunk = new Uint8Array(64 * KIB);
  try {
    for (;;) await stream.write(chunk);
  } catch {
    // The test is over.
  }
}
