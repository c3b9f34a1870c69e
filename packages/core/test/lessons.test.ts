// What has bitten the users of other multiplexers: one theme each.

import { MuxadoError, type Session, type Stream, type TracedFrame } from "@muxado/core";
import {
  concatenated,
  connectedPair,
  patterned,
  type RawPeer,
  rawPeer,
  brief,
  bytes,
  contentOf,
  data,
  fin,
  goAway,
  reset,
  syn,
  increment,
} from "@muxado/testkit";
import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { takeAll } from "./taking.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

/** Reads `stream` to its end. */
async function readAll(stream: Stream): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return concatenated(pieces);
}

/** A stream of ours that the peer knows. */
function opened(peer: RawPeer): Stream {
  const stream = peer.session.open();
  peer.take();
  return stream;
}

/** A stream of the peer's that was accepted. */
async function accepted(peer: RawPeer, content?: number | string): Promise<Stream> {
  peer.send(syn(3, content));
  return await peer.session.accept();
}

/** Follows a promise without waiting for it. */
function follow(promise: Promise<unknown>): {
  state: "pending" | "resolved" | "rejected";
  reason: unknown;
} {
  const followed = {
    state: "pending" as "pending" | "resolved" | "rejected",
    reason: undefined as unknown,
  };
  promise.then(
    () => (followed.state = "resolved"),
    (reason: unknown) => {
      followed.state = "rejected";
      followed.reason = reason;
    },
  );
  return followed;
}

describe("every blocked operation is woken by every end", () => {
  interface Blocked {
    readonly peer: RawPeer;
    readonly stream: Stream;
    /** Aborts what the stream was opened with. */
    readonly abort: AbortController;
  }

  /** How each operation comes to be blocked. */
  const operations: Record<string, (blocked: Blocked) => Promise<unknown>> = {
    read: ({ stream }) => stream.read(),
    "read with a signal": ({ stream }) => stream.read({ signal: new AbortController().signal }),
    iteration: ({ stream }) => readAll(stream),
    "a read of its Web Stream": ({ stream }) => stream.readable.getReader().read(),
    "a BYOB read of its Web Stream": ({ stream }) =>
      stream.readable.getReader({ mode: "byob" }).read(new Uint8Array(10)),
    "the end of its readable Web Stream": ({ stream }) => stream.readable.getReader().closed,
    "a write that waits for credit": ({ stream }) => stream.write(bytes(WINDOW + 1)),
    "a write behind another": ({ stream }) => {
      void stream.write(bytes(WINDOW + 1));
      return stream.write(bytes(1));
    },
    "a write that waits for the transport": ({ peer, stream }) => {
      peer.holdWrites();
      void peer.session.open().write(bytes(WINDOW));
      peer.flush();
      return stream.write(bytes(10));
    },
    "a write that the transport has and does not finish": ({ peer, stream }) => {
      peer.holdWrites();
      const writing = stream.write(bytes(10 * KIB));
      peer.flush();
      return writing;
    },
    "a write that the next write will carry": ({ peer, stream }) => {
      peer.holdWrites();
      peer.session.open();
      peer.flush();
      return stream.write(bytes(10 * KIB));
    },
    "a write of its Web Stream": ({ stream }) =>
      stream.writable.getWriter().write(bytes(WINDOW + 1)),
    "the end of its writable Web Stream": ({ stream }) => stream.writable.getWriter().closed,
    "closeWrite behind a write": ({ stream }) => {
      void stream.write(bytes(WINDOW + 1));
      return stream.closeWrite();
    },
    "closeWrite with a signal": ({ stream }) => {
      void stream.write(bytes(WINDOW + 1));
      return stream.closeWrite({ signal: new AbortController().signal });
    },
    "close behind a write": ({ stream }) => {
      void stream.write(bytes(WINDOW + 1));
      return stream.close();
    },
  };

  /** How the stream ends, and the error that everybody is told. */
  const ends: Record<string, { end: (blocked: Blocked) => void; error: Partial<MuxadoError> }> = {
    "reset here": {
      end: ({ stream }) => stream.reset("INTERNAL_ERROR"),
      error: { code: "INTERNAL_ERROR", scope: "stream", origin: "local" },
    },
    "the abort of its signal": {
      end: ({ abort }) => abort.abort(new Error("not needed")),
      error: { code: "STREAM_CANCELLED", scope: "stream", origin: "local" },
    },
    "a reset by the peer": {
      end: ({ peer }) => peer.send(reset(2, "STREAM_REFUSED")),
      error: { code: "STREAM_REFUSED", scope: "stream", origin: "remote", retry: "safe" },
    },
    "a breach by the peer": {
      end: ({ peer }) => peer.send(data(2, WINDOW + 1)),
      error: { code: "FLOW_CONTROL_ERROR", scope: "stream", origin: "remote" },
    },
    "a GOAWAY that does not know it": {
      end: ({ peer }) => peer.send(goAway(0)),
      error: { code: "REMOTE_GONE_AWAY", scope: "stream", origin: "remote", retry: "safe" },
    },
    "destroy of the session": {
      end: ({ peer }) => peer.session.destroy(new Error("why")),
      error: { code: "SESSION_CLOSED", scope: "session", origin: "local", retry: "unknown" },
    },
    "close of the session at its deadline": {
      end: ({ peer }) => {
        void peer.session.close({ timeout: 100 });
        peer.clock.advance(100);
      },
      error: { code: "DRAIN_TIMEOUT", scope: "session", origin: "local", retry: "unknown" },
    },
    "the end of the transport": {
      end: ({ peer }) => peer.end(),
      error: { code: "PEER_EOF", scope: "session", origin: "remote", retry: "unknown" },
    },
    "a failure of the transport": {
      end: ({ peer }) => peer.end(new Error("ECONNRESET")),
      error: { code: "TRANSPORT_FAILED", scope: "session", origin: "local", retry: "unknown" },
    },
    "a breach of the session's rules": {
      end: ({ peer }) => peer.sendBytes(bytes("HTTP/1.1 400")),
      error: { code: "PROTOCOL_ERROR", scope: "session", origin: "remote", retry: "unknown" },
    },
    "the end of the transport after a GOAWAY": {
      end: ({ peer }) => {
        peer.send(goAway(2));
        peer.end();
      },
      error: { code: "SESSION_CLOSED", scope: "session", origin: "remote", retry: "unknown" },
    },
  };

  describe.each(Object.entries(operations))("%s", (_, operate) => {
    it.each(Object.entries(ends))("by %s", async (__, { end, error }) => {
      const peer = rawPeer();
      const abort = new AbortController();
      const stream = peer.session.open({ signal: abort.signal });
      peer.take();
      const blocked = { peer, stream, abort };
      const operation = follow(operate(blocked));
      await peer.settle();
      expect(operation.state).toBe("pending");
      end(blocked);
      await peer.settle();
      expect(operation.state).toBe("rejected");
      expect(operation.reason).toBeInstanceOf(MuxadoError);
      expect(operation.reason).toMatchObject({ ...error, streamId: 2 });
      expect(operation.reason).toBe(stream.error);
      // And what is asked for afterwards is answered at once, with the same.
      await expect(stream.write(bytes(1))).rejects.toBe(stream.error);
      await expect(stream.closeWrite()).rejects.toBe(stream.error);
      expect(() => stream.offer(bytes(1))).toThrow(stream.error);
      await expect(stream.close()).resolves.toBeUndefined();
    });
  });

  it("by our own patience, when the peer gives no credit", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    const operations = [
      stream.write(bytes(WINDOW + 1)),
      stream.write(bytes(1)),
      stream.closeWrite(),
      stream.read(),
      stream.writable.getWriter().closed,
      stream.readable.getReader().closed,
    ].map(follow);
    peer.take();
    await peer.advance(299_999);
    expect(operations.map(({ state }) => state)).toEqual(operations.map(() => "pending"));
    await peer.advance(1);
    for (const { reason } of operations) expect(reason).toBe(stream.error);
    expect(stream.error).toMatchObject({ code: "WRITE_TIMEOUT", scope: "stream", origin: "local" });
    expect(peer.clock.timers).toEqual([]);
  });

  it("by the memory budget, which takes what was unread along", async () => {
    const peer = rawPeer({ memoryBudget: 10 * KIB });
    peer.send(syn(3));
    const stream = (await peer.session.accept()) as Stream;
    const operations = [
      stream.write(bytes(WINDOW + 1)),
      stream.closeWrite(),
      stream.writable.getWriter().closed,
    ].map(follow);
    peer.take();
    const observer = { onReadable: vi.fn(), onWritable: vi.fn() };
    stream.observe(observer);
    peer.send(data(stream.id, 10 * KIB));
    await peer.settle();
    for (const { reason } of operations) expect(reason).toBe(stream.error);
    expect(stream.error).toMatchObject({ code: "ENHANCE_YOUR_CALM", scope: "stream" });
    expect(observer.onReadable).toHaveBeenCalled();
    expect(() => stream.take()).toThrow(stream.error);
    await expect(stream.read()).rejects.toBe(stream.error);
    expect(peer.session.stats()).toMatchObject({ memoryUnread: 0, memoryUnsent: 0 });
  });

  it.each(Object.entries(ends))("an observer is told of %s", async (_, { end }) => {
    const peer = rawPeer();
    const abort = new AbortController();
    const stream = peer.session.open({ signal: abort.signal });
    const observer = { onReadable: vi.fn(), onWritable: vi.fn() };
    stream.observe(observer);
    stream.offer(bytes(WINDOW + 1));
    peer.take();
    end({ peer, stream, abort });
    await peer.settle();
    expect(observer.onReadable).toHaveBeenCalledOnce();
    expect(observer.onWritable).toHaveBeenCalledOnce();
  });

  describe.each(["accept", "iteration", "close"] as const)("%s of the session", (operation) => {
    const operate: Record<typeof operation, (session: Session) => Promise<unknown>> = {
      accept: (session) => session.accept(),
      iteration: async (session) => {
        for await (const _ of session);
      },
      close: (session) => session.close(),
    };
    const ending = Object.entries(ends).filter(([, { error }]) => error.scope === "session");

    it.each(ending)("by %s", async (_, { end, error }) => {
      const peer = rawPeer();
      const stream = opened(peer);
      const followed = follow(operate[operation](peer.session));
      await peer.settle();
      expect(followed.state).toBe("pending");
      end({ peer, stream, abort: new AbortController() });
      await peer.settle();
      // The transport has its time to end.
      await peer.advance(10_000);
      if (operation !== "accept") return expect(followed.state).toBe("resolved");
      expect(followed.state).toBe("rejected");
      expect(followed.reason).toMatchObject({ code: error.code, scope: "session" });
      await expect(peer.session.accept()).rejects.toMatchObject({ code: error.code });
      expect(() => peer.session.open()).toThrow(expect.objectContaining({ retry: "safe" }));
    });
  });

  it("a session that is over keeps no timer, no stream and no transport", async () => {
    for (const { end, error } of Object.values(ends)) {
      if (error.scope !== "session") continue;
      const peer = rawPeer();
      const stream = opened(peer);
      end({ peer, stream, abort: new AbortController() });
      await peer.advance(10_000);
      expect(peer.clock.timers).toEqual([]);
      expect(peer.session.stats().openStreams).toBe(0);
      expect(peer.sessionHasDestroyed).toBe(true);
      await peer.session.closed;
    }
  });
});

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
    // It goes on behind: the FIN still comes, once there is credit for what is in front of it.
    peer.take();
    peer.send(increment(2, WINDOW));
    const frames = peer.take();
    expect(contentOf(frames, 2)).toHaveLength(WINDOW);
    expect(frames.at(-1)).toMatchObject({ fin: true });
  });
});

describe("one slow reader", () => {
  it("holds up nobody else: the others go on, whatever waits for it", async () => {
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
  it("with the peer's credit spent: the stream is reset, for no FIN could come any more", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer, WINDOW);
    await stream.close();
    expect(brief(peer.take())).toEqual(["3: DATA 0 FIN", "3: RST STREAM_CLOSED"]);
    expect(peer.session.stats().openStreams).toBe(0);
  });

  it("so does a close that waits: all that was written, and FIN, go in front of the reset", async () => {
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

  it("with credit left: the FIN of the peer still ends it well", async () => {
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

  it("with a small window too, and our own peer's writer is not left waiting", async () => {
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

  it("before our FIN has left: what arrives is dropped and its credit returned", async () => {
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

describe("RST after FIN", () => {
  it("fails the write side; what was received is read to its end", async () => {
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

  it("and the same through the Web Stream, whether it was touched before or after", async () => {
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

describe("what is late after FIN", () => {
  it("an increment is ignored, of whatever size", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    await stream.closeWrite();
    peer.take();
    peer.send(increment(2, 10), increment(2, 2 ** 31 - 1), data(2, "still open"));
    expect(peer.take()).toEqual([]);
    expect(stream.take()).toEqual(bytes("still open"));
  });

  it("on a stream that is over, only data is answered, once", async () => {
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
      "whoever observes it",
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

  it("each is harmless when it is repeated, and after the others", async () => {
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

  it.each(Object.entries(losses))("%s with unread bytes in front of FIN", async (_, lose) => {
    const peer = rawPeer();
    const stream = await accepted(peer, "unread");
    peer.send(fin(3));
    lose(stream, peer);
    await expect(stream.read()).rejects.toBeInstanceOf(MuxadoError);
    expect(() => stream.take()).toThrow(MuxadoError);
  });

  it.each(Object.entries(losses))("%s after all was read is still the end", async (_, lose) => {
    const peer = rawPeer();
    const stream = await accepted(peer, "read");
    peer.send(fin(3));
    expect(await stream.read()).toEqual(bytes("read"));
    lose(stream, peer);
    expect(await stream.read()).toBeNull();
  });

  it("bytes that are dropped after a close in front of FIN are missed at the end", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer);
    void stream.write(bytes(WINDOW + 1)).catch(() => {});
    void stream.close().catch(() => {});
    peer.send(data(3, "dropped"), fin(3));
    await expect(stream.read()).rejects.toMatchObject({ code: "STREAM_CLOSED" });
  });

  it("reset here with unread bytes errors the Web Stream", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer, "unread");
    peer.send(fin(3));
    const { readable } = stream;
    stream.reset();
    await expect(readable.getReader().read()).rejects.toBe(stream.error);
  });

  it("the loss of the transport in front of FIN is an error, after what came", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer, "some");
    peer.end();
    expect(await stream.read()).toEqual(bytes("some"));
    await expect(stream.read()).rejects.toMatchObject({ code: "PEER_EOF" });
  });
});

describe("data at the end of a session", () => {
  it("all that was written before close arrives before GOAWAY, whatever it takes", async () => {
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

  it("streams that arrived before the end are still accepted and read", async () => {
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
    /** Both sides have sent FIN; the transport has not confirmed what we wrote in front of ours. */
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

    it("resolves when the transport confirms it", async () => {
      const { peer, writing } = await lastWrite();
      peer.releaseWrites();
      await writing;
    });

    it("fails with the transport, and its verdict is that of the stream", async () => {
      const { peer, writing } = await lastWrite();
      peer.end(new Error("ECONNRESET"));
      await expect(writing).rejects.toMatchObject({
        code: "TRANSPORT_FAILED",
        streamId: 2,
        retry: "unsafe",
      });
    });

    it("resolves when the peer has ended the session in good order: it must have had it", async () => {
      const { peer, writing } = await lastWrite();
      peer.send(goAway(2));
      peer.end();
      // The transport has its time to confirm it.
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

  describe("what is left of a graceful end when the peer has ended the transport", () => {
    const failure = new Error("closed with code 1000");

    it("is a GOAWAY that nobody misses: the peer's own came with the end of the last stream", async () => {
      const peer = rawPeer();
      void opened(peer).closeWrite();
      peer.flush();
      void peer.session.close();
      peer.send(fin(2), goAway(2));
      peer.end();
      peer.end(failure);
      expect((await peer.session.closed).localError).toBeUndefined();
    });

    it("is a failure if it ends with one", async () => {
      const peer = rawPeer();
      void peer.session.close();
      peer.end(failure);
      const { localError } = await peer.session.closed;
      expect(localError).toMatchObject({ code: "TRANSPORT_FAILED", cause: failure });
    });

    it.each([
      ["under way", true],
      ["waiting", false],
    ])("is a failure if bytes of a stream are lost, %s", async (_, isUnderWay) => {
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

describe("windows of another size", () => {
  it.each([1, KIB, 64 * KIB])(
    "%i bytes: 256 KiB are absorbed, then credit is returned",
    async (windowSize) => {
      const peer = rawPeer({ windowSize });
      const stream = await accepted(peer, WINDOW);
      expect(peer.take()).toEqual([]);
      expect(takeAll(stream)).toHaveLength(WINDOW);
      const [first, ...more] = peer.take();
      expect(more).toEqual([]);
      const target = Math.max(windowSize, KIB);
      expect(first).toEqual(increment(3, target));
      peer.send(data(3, target));
      expect(stream.error).toBeUndefined();
      takeAll(stream);
      expect(brief(peer.take())).toEqual([`3: WNDINC ${target}`]);
      peer.send(data(3, target + 1));
      expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
    },
  );

  it.each([1, 100, KIB, KIB + 1, 2 * KIB, 64 * KIB, 4 * WINDOW])(
    "%i bytes: a transfer between two of us comes to its end, whatever the sizes of the writes",
    async (windowSize) => {
      const pair = connectedPair({ server: { windowSize } });
      const content = patterned(3 * WINDOW);
      const stream = pair.client.open();
      const sent = (async () => {
        for (let at = 0, size = 1; at < content.length; at += size, size = (size * 3) % 9973) {
          await stream.write(content.subarray(at, at + size));
        }
        await stream.close();
      })();
      const read = (async () => {
        const inbound = await pair.server.accept();
        const all = await readAll(inbound);
        await inbound.close();
        return all;
      })();
      await pair.drive();
      await sent;
      expect(Buffer.compare(await read, content)).toBe(0);
    },
  );

  it("larger than 256 KiB is announced by one increment when the stream begins, from either side", async () => {
    const peer = rawPeer({ windowSize: 4 * WINDOW });
    await accepted(peer);
    peer.session.open();
    await peer.session.open().write(bytes(1));
    void peer.session.open().write(bytes(5 * KIB));
    expect(brief(peer.take()).sort()).toEqual([
      "2: DATA 0 SYN",
      `2: WNDINC ${3 * WINDOW}`,
      "3: WNDINC 786432",
      "4: DATA 1 SYN",
      `4: WNDINC ${3 * WINDOW}`,
      "6: DATA 5120 SYN",
      `6: WNDINC ${3 * WINDOW}`,
    ]);
  });

  it("nothing is granted for a stream that the peer does not know", () => {
    const peer = rawPeer({ windowSize: 4 * WINDOW });
    peer.session.open().reset();
    expect(peer.take()).toEqual([]);
  });

  it.each([
    ["of a given size", { windowSize: WINDOW }, WINDOW],
    // As long as nothing is known of the round trip, nothing says that the window limits the stream.
    ["of the default size, over no distance", {}, WINDOW],
  ])(
    "%s: credit goes back as the application reads, and in one increment",
    async (_, options, first) => {
      const peer = rawPeer(options);
      const stream = await accepted(peer, WINDOW / 2);
      peer.send(data(3, WINDOW / 2));
      expect(peer.take()).toEqual([]);
      takeAll(stream);
      expect(brief(peer.take())).toEqual([`3: WNDINC ${first}`]);
      for (let round = 0; round < 3; round++) {
        peer.send(data(3, WINDOW / 2));
        takeAll(stream);
        expect(brief(peer.take())).toEqual([`3: WNDINC ${WINDOW / 2}`]);
      }
    },
  );

  it("no credit goes back once FIN has come, or for a stream that has ended", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer, WINDOW / 2);
    peer.send(data(3, WINDOW / 2), fin(3));
    takeAll(stream);
    expect(peer.take()).toEqual([]);
    peer.send(syn(7, WINDOW));
    takeAll(await peer.session.accept());
    // It was owed when FIN came, and is no more.
    peer.send(fin(7));
    expect(peer.take()).toEqual([]);
    peer.send(syn(5, WINDOW));
    const other = await peer.session.accept();
    takeAll(other);
    other.reset();
    expect(brief(peer.take())).toEqual(["5: RST STREAM_CANCELLED"]);
  });
});

describe("abort signals", () => {
  const controllerWith = (): { controller: AbortController; listeners: () => number } => {
    const controller = new AbortController();
    return {
      controller,
      listeners: () => getEventListeners(controller.signal, "abort").length,
    };
  };

  it("cancel a read, and the stream goes on", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer);
    const { controller, listeners } = controllerWith();
    const reading = stream.read({ signal: controller.signal });
    expect(listeners()).toBe(1);
    controller.abort("late");
    await expect(reading).rejects.toBe("late");
    expect(listeners()).toBe(0);
    peer.send(data(3, "next"));
    expect(await stream.read()).toEqual(bytes("next"));
  });

  it("cancel a write: what was not sent is taken back, and the stream goes on", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    const { controller, listeners } = controllerWith();
    const writing = stream.write(bytes(WINDOW + 5000), { signal: controller.signal });
    expect(contentOf(peer.take(), 2)).toHaveLength(WINDOW);
    controller.abort("late");
    await expect(writing).rejects.toBe("late");
    expect(listeners()).toBe(0);
    const next = stream.write(bytes("next"));
    peer.send(increment(2, WINDOW));
    expect(contentOf(peer.take(), 2)).toEqual(bytes("next"));
    await next;
  });

  it("of a write in front of others let those pass", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    const { controller } = controllerWith();
    const first = stream.write(bytes(WINDOW + 5000), { signal: controller.signal });
    peer.take();
    const second = stream.write(bytes(0));
    const third = stream.closeWrite();
    controller.abort("late");
    await expect(first).rejects.toBe("late");
    expect(brief(peer.take())).toEqual(["2: DATA 0 FIN"]);
    await Promise.all([second, third]);
  });

  it("of a write that is on its way lets the ones behind it alone", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    peer.holdWrites();
    const { controller } = controllerWith();
    const first = stream.write(bytes(10 * KIB), { signal: controller.signal });
    peer.flush();
    const second = stream.write(bytes(20 * KIB));
    controller.abort("late");
    await expect(first).rejects.toBe("late");
    peer.releaseWrites();
    expect(contentOf(peer.take(), 2)).toHaveLength(30 * KIB);
    await second;
  });

  it("of a write that is on its way already cannot take it back", async () => {
    const peer = rawPeer();
    peer.holdWrites();
    const stream = opened(peer);
    peer.releaseWrites();
    peer.holdWrites();
    const { controller } = controllerWith();
    const writing = stream.write(bytes(10 * KIB), { signal: controller.signal });
    expect(contentOf(peer.take(), 2)).toHaveLength(10 * KIB);
    controller.abort("late");
    await expect(writing).rejects.toBe("late");
    peer.releaseWrites();
    await stream.write(bytes("next"));
    expect(contentOf(peer.take(), 2)).toEqual(bytes("next"));
  });

  it("that have aborted stop an operation before it begins", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer, "there");
    const { session } = peer;
    const signal = AbortSignal.abort("before");
    await expect(stream.read({ signal })).rejects.toBe("before");
    await expect(stream.write(bytes(1), { signal })).rejects.toBe("before");
    await expect(session.accept({ signal })).rejects.toBe("before");
    expect(() => session.open({ signal })).toThrow("before");
    expect(peer.take()).toEqual([]);
    expect(session.stats().streamsOpened).toBe(0);
    expect(await stream.read()).toEqual(bytes("there"));
  });

  it("of a stream reset it, at any time of its life", () => {
    const peer = rawPeer();
    const { controller, listeners } = controllerWith();
    const stream = peer.session.open({ signal: controller.signal });
    peer.send();
    peer.take();
    const reason = new Error("not needed");
    controller.abort(reason);
    expect(brief(peer.take())).toEqual(["2: RST STREAM_CANCELLED"]);
    expect(stream.error).toMatchObject({
      code: "STREAM_CANCELLED",
      origin: "local",
      cause: reason,
    });
    expect(listeners()).toBe(0);
  });

  it("keep no listener of anything that is over", async () => {
    const peer = rawPeer();
    const { controller, listeners } = controllerWith();
    const { signal } = controller;
    const streams = Array.from({ length: 4 }, () => peer.session.open({ signal }));
    // One for all: an application may use one signal for thousands of operations.
    expect(listeners()).toBe(1);
    const accepting = peer.session.accept({ signal });
    const [first, second, third] = streams;
    const operations = [
      first!.read({ signal }),
      first!.write(bytes(WINDOW), { signal }),
      second!.closeWrite({ signal }),
      accepting,
    ];
    peer.send(syn(3));
    peer.take();
    peer.send(data(2, 1), fin(2), fin(4));
    await Promise.all(operations);
    await first!.closeWrite({ signal });
    third!.reset();
    streams[3]!.reset();
    void peer.session.close({ signal });
    (await accepting).reset();
    await peer.advance(1000);
    peer.end();
    await peer.session.closed;
    expect(listeners()).toBe(0);
  });

  it("of a close reset what is still open, at once or later, and leave no listener", async () => {
    for (const when of ["before", "later"]) {
      const peer = rawPeer();
      const { controller, listeners } = controllerWith();
      const stream = opened(peer);
      if (when === "before") controller.abort();
      void peer.session.close({ signal: controller.signal, timeout: Infinity });
      if (when === "later") {
        await peer.advance(1_000_000);
        expect(stream.error).toBeUndefined();
        controller.abort();
      }
      expect(stream.error).toMatchObject({ code: "DRAIN_TIMEOUT" });
      expect(brief(peer.take())).toEqual(["2: RST STREAM_CANCELLED", "GOAWAY 0 NO_ERROR"]);
      expect(listeners()).toBe(0);
    }
  });
});

describe("accounting of opens", () => {
  it("does not leak: streams that ended in any way may be followed by others", async () => {
    const peer = rawPeer({ maxOutboundStreams: 1, maxInboundStreams: 1 });
    for (let round = 0; round < 20; round++) {
      const stream = peer.session.open();
      if (round % 4 === 0) stream.reset();
      peer.take();
      if (round % 4 === 1) peer.send(reset(stream.id, "STREAM_REFUSED"));
      if (round % 4 === 2) {
        peer.send(fin(stream.id));
        await stream.closeWrite();
      }
      if (round % 4 === 3) {
        await stream.close();
        peer.send(fin(stream.id));
      }
      peer.send(syn(101 + 2 * round));
      const inbound = await peer.session.accept();
      if (round % 2 === 0) inbound.reset();
      else peer.send(reset(inbound.id, "STREAM_CANCELLED"));
      expect(peer.session.stats().openStreams).toBe(0);
    }
  });

  it("does not wait for an answer: a stream is written to before the peer has seen it", async () => {
    const peer = rawPeer();
    const stream = peer.session.open();
    await stream.write(bytes("hello"));
    expect(brief(peer.take())).toEqual(["2: DATA 5 SYN"]);
  });
});

describe("drains of the non-blocking layer", () => {
  it("are told once there is room, and only after an offer that was not taken in full", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    peer.send(increment(2, 10 * WINDOW));
    const observer = { onReadable: vi.fn(), onWritable: vi.fn() };
    stream.observe(observer);
    peer.holdWrites();
    stream.offer(bytes(1));
    peer.take();
    const chunk = bytes(WINDOW);
    expect(stream.offer(chunk)).toBe(chunk.length);
    expect(stream.offer(chunk)).toBe(0);
    peer.send(increment(2, 1));
    peer.flush();
    expect(observer.onWritable).not.toHaveBeenCalled();
    peer.releaseWrites();
    peer.take();
    expect(observer.onWritable).toHaveBeenCalledOnce();
    peer.send(increment(2, 1));
    peer.take();
    expect(observer.onWritable).toHaveBeenCalledOnce();
    expect(observer.onReadable).not.toHaveBeenCalled();
  });

  it("wait for credit, not for the transport, when it is credit that is missing", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    const observer = { onReadable: vi.fn(), onWritable: vi.fn() };
    stream.observe(observer);
    expect(stream.offer(bytes(WINDOW + 1))).toBe(WINDOW);
    peer.take();
    expect(observer.onWritable).not.toHaveBeenCalled();
    peer.send(increment(2, WINDOW));
    peer.take();
    expect(observer.onWritable).toHaveBeenCalledOnce();
    expect(stream.offer(bytes(WINDOW))).toBe(WINDOW);
  });

  it("do not get lost: offers that follow them send all of a large message", async () => {
    for (const writeTime of [
      [0, 0],
      [1, 9],
    ] as const) {
      const pair = connectedPair({ latency: [0, 3], chunks: "cut", writeTime });
      const content = patterned(20 * WINDOW);
      const stream = pair.client.open();
      let at = 0;
      const offer = (): void => {
        while (at < content.length) {
          const taken = stream.offer(content.subarray(at, at + 100_000));
          at += taken;
          if (taken < 100_000 && at < content.length) return;
        }
        void stream.closeWrite();
      };
      stream.observe({ onReadable: () => {}, onWritable: offer });
      offer();
      const read = (async () => await readAll(await pair.server.accept()))();
      await pair.drive();
      expect(Buffer.compare(await read, content)).toBe(0);
    }
  });

  it("are shared: streams that offer, one or many, starve neither each other nor those that write", async () => {
    for (const offering of [1, 2, 40]) {
      const peer = rawPeer();
      const streams = Array.from({ length: offering + 1 }, () => opened(peer));
      for (const { id } of streams) peer.send(increment(id, 2 ** 30));
      const [writing, ...others] = streams;
      peer.holdWrites();
      for (const stream of others) {
        const chunk = bytes(10_000);
        const offer = (): void => {
          while (stream.offer(chunk) === chunk.length);
        };
        stream.observe({ onReadable: () => {}, onWritable: offer });
        offer();
      }
      void writing!.write(new Uint8Array(100 * WINDOW)).catch(() => {});
      const sent = new Map(streams.map(({ id }) => [id, 0]));
      for (let round = 0; round < 20; round++) {
        for (const frame of peer.take()) {
          if (frame.type !== "data") continue;
          sent.set(frame.streamId, sent.get(frame.streamId)! + frame.body.length);
        }
        peer.releaseWrites();
        peer.holdWrites();
      }
      const total = [...sent.values()].reduce((sum, length) => sum + length, 0);
      const fair = total / streams.length;
      expect(total).toBeGreaterThan(19 * WINDOW);
      expect(Math.min(...sent.values()), `${offering} offering`).toBeGreaterThan(fair / 4);
    }
  });

  it("are told once for each, also to a stream whose offer has to wait behind a write", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    void stream.write(bytes(WINDOW + 1)).catch(() => {});
    const onWritable = vi.fn(() => void stream.offer(bytes(1)));
    stream.observe({ onReadable: () => {}, onWritable });
    expect(stream.offer(bytes(1))).toBe(0);
    peer.take();
    expect(onWritable).not.toHaveBeenCalled();
    peer.send(increment(2, 1));
    peer.take();
    expect(onWritable).not.toHaveBeenCalled();
    peer.send(increment(2, 1));
    expect(contentOf(peer.take(), 2)).toHaveLength(1);
    expect(onWritable).toHaveBeenCalledOnce();
  });

  it("one observer at a time: a second one is told so, another may follow", () => {
    const peer = rawPeer();
    const stream = opened(peer);
    const [first, second] = [0, 1].map(() => ({ onReadable: vi.fn(), onWritable: vi.fn() }));
    stream.observe(first);
    expect(() => stream.observe(second)).toThrow(TypeError);
    stream.observe(undefined);
    stream.observe(second);
    peer.send(data(2, 1));
    expect([first!.onReadable, second!.onReadable].map((call) => call.mock.calls.length)).toEqual([
      0, 1,
    ]);
  });
});

describe("reading twice at once", () => {
  it("is refused to the second reader and harms neither the first nor the stream", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer);
    const first = stream.read();
    await expect(stream.read()).rejects.toMatchObject({
      code: "READ_PENDING",
      scope: "stream",
      origin: "local",
      streamId: 3,
    });
    peer.send(data(3, "one"), data(3, "two"));
    expect([await first, await stream.read()]).toEqual([bytes("one"), bytes("two")]);
  });
});

describe("a transport that knows why it has ended", () => {
  const told = { code: "PEER_EOF", wireCode: 15, scope: "session", origin: "remote" } as const;

  it("has the last word on the code and on whose doing it was, and the cause is kept", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    const cause = new Error("ECONNRESET");
    peer.end(new MuxadoError({ ...told, cause }));
    expect(stream.error).toMatchObject({ ...told, cause, streamId: 2 });
    const { localError } = await peer.session.closed;
    expect(localError).toMatchObject({ ...told, cause });
    expect(localError!.message).toContain("ECONNRESET");
  });

  it("is itself the cause if it has none", async () => {
    const peer = rawPeer();
    const cause = new MuxadoError(told);
    peer.end(cause);
    const { localError } = await peer.session.closed;
    expect(localError).toMatchObject({ ...told, cause });
    expect(localError!.message).not.toContain("undefined");
  });
});

describe("deadlines that are switched off", () => {
  it("a peer may be silent after its GOAWAY for ever", async () => {
    const peer = rawPeer({ goAwayTimeout: Infinity });
    peer.send(syn(3), goAway(0));
    const stream = await peer.session.accept();
    await peer.advance(1_000_000_000);
    expect(stream.error).toBeUndefined();
    expect(peer.clock.timers).toEqual([]);
  });

  it("a drain may take for ever", async () => {
    const peer = rawPeer({ closeTimeout: Infinity });
    const stream = opened(peer);
    void peer.session.close();
    await peer.advance(1_000_000_000);
    expect(stream.error).toBeUndefined();
    expect(peer.clock.timers).toEqual([]);
  });
});

describe("await using", () => {
  it("closes a stream, and does not fail because the stream has", async () => {
    const peer = rawPeer();
    const [stream, failing] = [opened(peer), opened(peer)];
    await stream[Symbol.asyncDispose]();
    expect(brief(peer.take())).toEqual([`${stream.id}: DATA 0 FIN`]);
    void failing.write(bytes(WINDOW + 1)).catch(() => {});
    const disposing = failing[Symbol.asyncDispose]();
    peer.send(reset(failing.id, "INTERNAL_ERROR"));
    await disposing;
  });

  it("closes a session", async () => {
    const peer = rawPeer();
    const disposing = peer.session[Symbol.asyncDispose]();
    expect(brief(peer.take())).toEqual(["GOAWAY 0 NO_ERROR"]);
    peer.end();
    await disposing;
  });
});

describe("a trace", () => {
  it("sees each frame of a session, both ways, in order", () => {
    const seen: string[] = [];
    const trace = (frame: TracedFrame): void => void seen.push(`${frame.direction} ${frame.kind}`);
    const peer = rawPeer({ trace });
    const stream = peer.session.open();
    stream.offer(bytes("ask"));
    peer.take();
    peer.send(increment(2, 10), data(2, "answer"), reset(2, "STREAM_CANCELLED"), goAway(2));
    expect(seen).toEqual(["out data", "in increment", "in data", "in reset", "in goAway"]);
  });
});

describe("a session that is closing or over", () => {
  it("opens no stream: the error is safe to retry elsewhere", async () => {
    const closing = rawPeer();
    opened(closing);
    void closing.session.close();
    const refusal = { code: "SESSION_CLOSED", scope: "session", origin: "local", retry: "safe" };
    expect(() => closing.session.open()).toThrow(expect.objectContaining(refusal));
    const over = rawPeer();
    over.session.destroy();
    expect(() => over.session.open()).toThrow(expect.objectContaining(refusal));
  });

  it("takes every command without harm, as often as it comes", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    for (let times = 0; times < 3; times++) {
      peer.session.destroy();
      peer.session.goAway();
      void peer.session.close();
      stream.reset();
      await stream.close();
    }
    expect(brief(peer.take())).toEqual(["GOAWAY 0 NO_ERROR"]);
    await peer.advance(10_000);
    await peer.session.close();
    peer.end();
    peer.send(syn(3));
    expect(peer.session.stats()).toMatchObject({ openStreams: 0, streamsReceived: 0 });
  });
});
