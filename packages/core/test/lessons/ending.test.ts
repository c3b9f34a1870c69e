// Half-close, close and reset of a stream are three different things. An end that loses bytes never looks like a clean
// end.

import { MuxadoError, type Stream } from "@muxado/core";
import { brief, bytes, data, fin, type RawPeer, rawPeer, reset, increment } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { follow } from "../following.ts";
import { accepted, opened } from "../streams.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

describe("RST after FIN", () => {
  it("an RST after FIN fails the write side, and the bytes before FIN are read to their end", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer, "all");
    const writing = follow(stream.write(bytes(WINDOW + 1)));
    peer.send(fin(3), reset(3, "INTERNAL_ERROR"));
    await peer.settle();
    expect(writing.state).toBe("rejected");
    expect(await stream.read()).toEqual(bytes("all"));
    expect(await stream.read()).toBeNull();
    expect(await stream.read()).toBeNull();
    expect(stream.error).toMatchObject({ code: "INTERNAL_ERROR" });
  });

  it("a Web Stream gives the bytes before FIN and RST to their end, whether it was touched before or after", async () => {
    for (const touched of ["before", "after"]) {
      const peer = rawPeer();
      const stream = await accepted(peer, "all");
      if (touched === "before") void stream.readable;
      peer.send(fin(3), reset(3, "INTERNAL_ERROR"));
      const reader = stream.readable.getReader();
      expect((await reader.read()).value).toEqual(bytes("all"));
      expect(await reader.read()).toEqual({ done: true, value: undefined });
    }
  });
});

describe("late frames after FIN", () => {
  it("an increment after our FIN is ignored, of whatever size", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    await stream.closeWrite();
    peer.take();
    peer.send(increment(2, 10), increment(2, 2 ** 31 - 1), data(2, "still open"));
    expect(peer.take()).toEqual([]);
    expect(stream.take()).toEqual(bytes("still open"));
  });

  it("a stream that is over answers only data, once", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    await stream.closeWrite();
    peer.send(fin(2));
    peer.take();
    peer.send(increment(2, 10), fin(2), reset(2, "STREAM_CLOSED"), data(2), data(2, 1), data(2, 1));
    expect(brief(peer.take())).toEqual(["2: RST STREAM_CLOSED"]);
    expect(stream.error).toBeUndefined();
  });
});

describe("half-close, close and reset are three things", () => {
  it("closeWrite ends our direction, and reading goes on", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    await stream.closeWrite();
    peer.send(data(2, "answer"), fin(2));
    expect(await stream.read()).toEqual(bytes("answer"));
    expect(await stream.read()).toBeNull();
    expect(brief(peer.take())).toEqual(["2: DATA 0 FIN"]);
  });

  it("close ends our direction, and reading is over at once", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer, "unread");
    const reading = stream.closeWrite().then(() => stream.read());
    expect(await reading).toEqual(bytes("unread"));
    peer.send(data(3, "more"));
    await stream.close();
    await expect(stream.read()).rejects.toMatchObject({ code: "STREAM_CLOSED", origin: "local" });
    expect(() => stream.take()).toThrow(expect.objectContaining({ code: "STREAM_CLOSED" }));
  });

  it.each<[string, (stream: Stream) => Promise<unknown>]>([
    ["a reader", (stream) => stream.read()],
    ["a reader of its Web Stream", (stream) => stream.readable.getReader().read()],
    [
      "an observer",
      (stream) => {
        return new Promise((resolve, reject) => {
          stream.observe({
            onReadable: () => {
              try {
                resolve(stream.take());
              } catch (error) {
                reject(error as Error);
              }
            },
            onWritable: () => {},
          });
        });
      },
    ],
  ])("close wakes %s", async (_, wait) => {
    const peer = rawPeer();
    const stream = await accepted(peer);
    const waiting = wait(stream);
    await peer.settle();
    await stream.close();
    await expect(waiting).rejects.toMatchObject({ code: "STREAM_CLOSED", origin: "local" });
  });

  it("reset ends both directions, with a code that is not 0", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer);
    const [reading, writing] = [stream.read(), stream.write(bytes(WINDOW + 1))];
    stream.reset(700);
    for (const operation of [reading, writing]) {
      await expect(operation).rejects.toMatchObject({ code: "UNKNOWN_CODE", wireCode: 700 });
    }
    expect(brief(peer.take())).toEqual(["3: RST 700"]);
  });

  it("closeWrite, close and reset are harmless when they are repeated, and after the others", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer);
    for (let times = 0; times < 2; times++) {
      await stream.closeWrite();
      await stream.close();
    }
    for (let times = 0; times < 2; times++) {
      stream.reset();
      await stream.close();
    }
    expect(brief(peer.take())).toEqual(["3: DATA 0 FIN", "3: RST STREAM_CANCELLED"]);
  });
});

describe("an end that loses bytes never looks like a clean one", () => {
  const losses: Record<string, (stream: Stream, peer: RawPeer) => void> = {
    "close here": (stream) => void stream.close(),
    "reset here": (stream) => stream.reset(),
  };

  it.each(Object.entries(losses))(
    "%s with unread bytes in front of FIN is no clean end",
    async (_, lose) => {
      const peer = rawPeer();
      const stream = await accepted(peer, "unread");
      peer.send(fin(3));
      lose(stream, peer);
      await expect(stream.read()).rejects.toBeInstanceOf(MuxadoError);
      expect(() => stream.take()).toThrow(MuxadoError);
    },
  );

  it.each(Object.entries(losses))("%s after all was read is still a clean end", async (_, lose) => {
    const peer = rawPeer();
    const stream = await accepted(peer, "read");
    peer.send(fin(3));
    expect(await stream.read()).toEqual(bytes("read"));
    lose(stream, peer);
    expect(await stream.read()).toBeNull();
  });

  it("bytes that are dropped after a close, in front of FIN, make the end an error", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer);
    void stream.write(bytes(WINDOW + 1)).catch(() => {});
    void stream.close().catch(() => {});
    peer.send(data(3, "dropped"), fin(3));
    await expect(stream.read()).rejects.toMatchObject({ code: "STREAM_CLOSED" });
  });

  it("a reset here with unread bytes errors the Web Stream", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer, "unread");
    peer.send(fin(3));
    const { readable } = stream;
    stream.reset();
    await expect(readable.getReader().read()).rejects.toBe(stream.error);
  });

  it("the loss of the transport in front of FIN is an error, after the bytes that came", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer, "some");
    peer.end();
    expect(await stream.read()).toEqual(bytes("some"));
    await expect(stream.read()).rejects.toMatchObject({ code: "PEER_EOF" });
  });
});
