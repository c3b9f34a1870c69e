// Every end of a stream or session wakes every blocked operation, with the error of that end.

import { MuxadoError, type Session, type Stream } from "@muxado/core";
import { bytes, data, goAway, type RawPeer, rawPeer, reset, syn } from "@muxado/testkit";
import { describe, expect, it, vi } from "vitest";
import { follow } from "../following.ts";
import { opened } from "../streams.ts";
import { readAll } from "../taking.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

describe("every blocked operation is woken by every end", () => {
  interface Blocked {
    readonly peer: RawPeer;
    readonly stream: Stream;
    /** Aborts the signal that the stream was opened with. */
    readonly abort: AbortController;
  }

  /** How each operation becomes blocked. */
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

  /** How the stream ends, and the error that everybody gets. */
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
    it.each(Object.entries(ends))(
      "a blocked operation is woken by %s",
      async (__, { end, error }) => {
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
        // Later operations are answered at once, with the same error.
        await expect(stream.write(bytes(1))).rejects.toBe(stream.error);
        await expect(stream.closeWrite()).rejects.toBe(stream.error);
        expect(() => stream.offer(bytes(1))).toThrow(stream.error);
        await expect(stream.close()).resolves.toBeUndefined();
      },
    );
  });

  it("the write timeout wakes every blocked operation, when the peer gives no credit", async () => {
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

  it("the memory budget wakes every blocked operation, and takes the unread bytes along", async () => {
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

    it.each(ending)(
      "a blocked operation of the session is woken by %s",
      async (_, { end, error }) => {
        const peer = rawPeer();
        const stream = opened(peer);
        const followed = follow(operate[operation](peer.session));
        await peer.settle();
        expect(followed.state).toBe("pending");
        end({ peer, stream, abort: new AbortController() });
        await peer.settle();
        // The transport has time to end.
        await peer.advance(10_000);
        if (operation !== "accept") return expect(followed.state).toBe("resolved");
        expect(followed.state).toBe("rejected");
        expect(followed.reason).toMatchObject({ code: error.code, scope: "session" });
        await expect(peer.session.accept()).rejects.toMatchObject({ code: error.code });
        expect(() => peer.session.open()).toThrow(expect.objectContaining({ retry: "safe" }));
      },
    );
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
