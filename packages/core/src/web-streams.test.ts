// The Web Streams of a stream: bytes, pulled, with the credit and the ends of the stream itself.

import {
  connectedPair,
  patterned,
  type RawPeer,
  rawPeer,
  brief,
  bytes,
  contentOf,
  data,
  fin,
  reset,
  syn,
  increment,
} from "@muxado/testkit";
import { describe, expect, it, vi } from "vitest";
import type { Stream } from "./stream.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

async function accepted(
  content?: number | string | Uint8Array,
): Promise<{ peer: RawPeer; stream: Stream }> {
  const peer = rawPeer({ windowSize: WINDOW });
  peer.send(syn(3, content));
  return { peer, stream: (await peer.session.accept()) as Stream };
}

async function collect(readable: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(readable).arrayBuffer());
}

describe("readable", () => {
  it("is one and the same, made when first touched", async () => {
    const { stream } = await accepted();
    expect(stream.readable).toBe(stream.readable);
  });

  it("iteration gives the bytes that have arrived and those that arrive later, then the end", async () => {
    const { peer, stream } = await accepted("one");
    const reader = stream.readable.getReader();
    expect((await reader.read()).value).toEqual(bytes("one"));
    const next = reader.read();
    peer.send(data(3, "two"));
    expect((await next).value).toEqual(bytes("two"));
    const last = reader.read();
    peer.send(fin(3));
    expect(await last).toEqual({ done: true, value: undefined });
    await reader.closed;
  });

  it("of a stream that is at its end already is at its end", async () => {
    const { peer, stream } = await accepted();
    peer.send(fin(3));
    await stream.readable.getReader().closed;
  });

  it("shows the end to somebody who only waits for it", async () => {
    const { peer, stream } = await accepted();
    const { closed } = stream.readable.getReader();
    peer.send(fin(3));
    await closed;
  });

  it("shows the end only after everything was read", async () => {
    const { peer, stream } = await accepted("unread");
    const reader = stream.readable.getReader();
    const closed = vi.fn();
    void reader.closed.then(closed);
    peer.send(fin(3));
    await peer.settle();
    expect(closed).not.toHaveBeenCalled();
    await reader.read();
    expect((await reader.read()).done).toBe(true);
    await reader.closed;
  });

  it("reads no further ahead than asked: credit goes back with each read, not before", async () => {
    const { peer, stream } = await accepted(WINDOW);
    const { readable } = stream;
    await peer.settle();
    expect(peer.take()).toEqual([]);
    await readable.getReader().read();
    await peer.settle();
    expect(brief(peer.take())).toEqual([`3: WNDINC ${WINDOW}`]);
  });

  it("carries a large transfer whole", async () => {
    const pair = connectedPair({ chunks: "cut", latency: [0, 2] });
    const content = patterned(5 * WINDOW + 777);
    const stream = pair.client.open();
    void stream.write(content);
    void stream.closeWrite();
    const read = (async () => await collect((await pair.server.accept()).readable))();
    await pair.drive();
    expect(Buffer.compare(await read, content)).toBe(0);
  });

  it("gives chunks that are the reader's own: it may transfer them, and others stay whole", async () => {
    const { peer, stream } = await accepted();
    const reader = stream.readable.getReader();
    peer.send(data(3, 2000), data(3, 3000));
    const first = (await reader.read()).value!;
    structuredClone(first, { transfer: [first.buffer] });
    expect((await reader.read()).value).toEqual(bytes(3000));
  });

  describe("cancel", () => {
    it("resets a stream on which bytes could still come", async () => {
      const { peer, stream } = await accepted("unread");
      const reason = new Error("enough");
      await stream.readable.cancel(reason);
      expect(brief(peer.take())).toEqual(["3: RST STREAM_CANCELLED"]);
      expect(stream.error).toMatchObject({
        code: "STREAM_CANCELLED",
        origin: "local",
        cause: reason,
      });
    });

    it("of a direction that has ended leaves the other one alone", async () => {
      const { peer, stream } = await accepted("unread");
      peer.send(fin(3));
      await stream.readable.cancel();
      await stream.write(bytes("still writing"));
      expect(contentOf(peer.take(), 3)).toEqual(bytes("still writing"));
      expect(stream.error).toBeUndefined();
    });

    it("while a read waits ends that read", async () => {
      const { stream } = await accepted();
      const reader = stream.readable.getReader();
      const reading = reader.read();
      await reader.cancel();
      expect((await reading).done).toBe(true);
    });
  });

  describe("errors with the stream", () => {
    it("while a read waits", async () => {
      const { peer, stream } = await accepted();
      const reading = stream.readable.getReader().read();
      peer.send(reset(3, "INTERNAL_ERROR"));
      await expect(reading).rejects.toBe(stream.error);
    });

    it("an error is shown after the bytes that had arrived, even if nobody reads", async () => {
      const { peer, stream } = await accepted("before");
      const reader = stream.readable.getReader();
      peer.send(reset(3, "INTERNAL_ERROR"));
      expect((await reader.read()).value).toEqual(bytes("before"));
      await expect(reader.read()).rejects.toBe(stream.error);
    });

    it("before it was touched", async () => {
      const { peer, stream } = await accepted();
      peer.send(reset(3, "INTERNAL_ERROR"));
      await expect(stream.readable.getReader().closed).rejects.toBe(stream.error);
    });
  });

  describe("BYOB", () => {
    async function byob(content: string) {
      const { peer, stream } = await accepted(content);
      const reader = stream.readable.getReader({ mode: "byob" });
      const read = async (length: number): Promise<Uint8Array | undefined> =>
        (await reader.read(new Uint8Array(length))).value;
      return { peer, stream, read };
    }

    it("a BYOB read fills the memory of the reader with the bytes that have arrived", async () => {
      const { read } = await byob("hello");
      expect(await read(10)).toEqual(bytes("hello"));
    });

    it("gives the rest of a chunk that did not fit to the next reads", async () => {
      const { peer, read } = await byob("hello world");
      expect(await read(4)).toEqual(bytes("hell"));
      expect(await read(3)).toEqual(bytes("o w"));
      peer.send(data(3, "!"));
      expect(await read(4)).toEqual(bytes("orld"));
      expect(await read(10)).toEqual(bytes("!"));
    });

    it("gives a read that waits the last bytes, and the end afterwards, if both come at once", async () => {
      const { peer, read } = await byob("");
      const reading = read(10);
      await peer.settle();
      peer.send(data(3, "last"), fin(3));
      expect(await reading).toEqual(bytes("last"));
      expect(await read(10)).toHaveLength(0);
    });

    it("ends a read that waits without bytes", async () => {
      const { peer, read } = await byob("");
      const reading = read(10);
      await peer.settle();
      peer.send(fin(3));
      expect(await reading).toHaveLength(0);
    });
  });

  it("takes the place of an observer, and is refused if there is one", async () => {
    const { stream } = await accepted();
    stream.observe({ onReadable: () => {}, onWritable: () => {} });
    expect(() => stream.readable).toThrow(TypeError);
  });
});

describe("writable", () => {
  it("is one and the same, made when first touched", async () => {
    const { stream } = await accepted();
    expect(stream.writable).toBe(stream.writable);
  });

  it("sends chunks in order, and half-closes with its close", async () => {
    const { peer, stream } = await accepted();
    const writer = stream.writable.getWriter();
    void writer.write(bytes("one"));
    void writer.write(bytes("two"));
    await writer.close();
    expect(brief(peer.take())).toEqual(["3: DATA 3", "3: DATA 3", "3: DATA 0 FIN"]);
    peer.send(data(3, "still reading"));
    expect(stream.take()).toEqual(bytes("still reading"));
  });

  it("waits for credit as the stream does", async () => {
    const { peer, stream } = await accepted();
    const writer = stream.writable.getWriter();
    const written = vi.fn();
    void writer.write(bytes(WINDOW + 2000)).then(written);
    await peer.settle();
    peer.take();
    await peer.settle();
    expect(written).not.toHaveBeenCalled();
    expect(writer.desiredSize).toBeLessThanOrEqual(0);
    peer.send(increment(3, 2000));
    peer.take();
    await peer.settle();
    expect(written).toHaveBeenCalledOnce();
  });

  it("carries a large transfer by a pipe, from one session's stream to another's", async () => {
    const pair = connectedPair({ chunks: "cut" });
    const content = patterned(3 * WINDOW + 99);
    const up = pair.client.open();
    void up.write(content);
    void up.closeWrite();
    const echoed = (async () => {
      const inbound = await pair.server.accept();
      await inbound.readable.pipeTo(inbound.writable);
    })();
    const read = collect(up.readable);
    for (let round = 0; round < 100; round++) await pair.drive();
    expect(Buffer.compare(await read, content)).toBe(0);
    await echoed;
  });

  it("resets the stream when it is aborted", async () => {
    const { peer, stream } = await accepted();
    const reason = new Error("enough");
    await stream.writable.abort(reason);
    expect(brief(peer.take())).toEqual(["3: RST STREAM_CANCELLED"]);
    expect(stream.error).toMatchObject({ cause: reason });
  });

  describe("errors with the stream", () => {
    it("while a write waits", async () => {
      const { peer, stream } = await accepted();
      const writer = stream.writable.getWriter();
      const writing = writer.write(bytes(WINDOW + 1));
      peer.take();
      peer.send(reset(3, "INTERNAL_ERROR"));
      await expect(writing).rejects.toBe(stream.error);
    });

    it("while nobody writes", async () => {
      const { peer, stream } = await accepted();
      const writer = stream.writable.getWriter();
      peer.send(reset(3, "INTERNAL_ERROR"));
      await expect(writer.closed).rejects.toBe(stream.error);
    });

    it("before it was touched", async () => {
      const { peer, stream } = await accepted();
      peer.send(reset(3, "INTERNAL_ERROR"));
      await expect(stream.writable.getWriter().closed).rejects.toBe(stream.error);
    });
  });

  it("the writable refuses chunks that are not bytes, with a TypeError", async () => {
    const { stream } = await accepted();
    const writer = stream.writable.getWriter();
    await expect(writer.write("text" as unknown as Uint8Array)).rejects.toThrow(TypeError);
  });
});
