// Faults that real use and a hostile peer have found, situation by situation. None may come back. Faults about the end
// of a session are in the compliance suite, and faults of one adapter are beside it.

import {
  brief,
  bytes,
  data,
  fin,
  goAway,
  type RawPeer,
  type RawPeerOptions,
  rawPeer,
  reset,
  syn,
  wires,
} from "@muxado/testkit";
import { describe, expect, it, vi } from "vitest";
import { MuxadoError, Session, type Stream, type Transport } from "@muxado/core";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Takes the memory of `chunk` away, like `postMessage` with a list of transfers. */
function transfer(chunk: Uint8Array<ArrayBuffer>): void {
  structuredClone(chunk.buffer, { transfer: [chunk.buffer] });
}

async function accepted(peer: RawPeer, id: number): Promise<Stream> {
  peer.send(syn(id));
  return (await peer.session.accept()) as Stream;
}

describe.each(wires)(
  "memory that is transferred while a stream still uses it, on $name",
  ({ wire }) => {
    it("fails the stream whose write waits for it, and no other", async () => {
      const peer = rawPeer({ wire });
      const [broken, other] = [await accepted(peer, 3), await accepted(peer, 5)];
      peer.holdWrites();
      void other.write(bytes(10 * KIB));
      peer.flush();
      const chunk = new Uint8Array(100 * KIB);
      const writing = broken.write(chunk).catch((error: unknown) => error);
      transfer(chunk);
      peer.releaseWrites();
      await peer.settle();
      const error = (await writing) as MuxadoError;
      expect(error).toMatchObject({ code: "INTERNAL_ERROR", origin: "local", streamId: 3 });
      expect(error.message).toContain("the memory of a write was transferred");
      expect(broken.error).toBe(error);
      expect(brief(peer.take())).toContain("3: RST INTERNAL_ERROR");
      expect(other.error).toBeUndefined();
      await other.write(bytes("still"));
    });

    it("resets the stream that had offered it, and leaves the frames of others whole", async () => {
      const peer = rawPeer({ wire });
      const [broken, other] = [await accepted(peer, 3), await accepted(peer, 5)];
      peer.take();
      const chunk = new Uint8Array(20 * KIB).fill(7);
      expect(broken.offer(chunk)).toBe(chunk.length);
      void other.write(bytes("fine"));
      transfer(chunk);
      const frames = peer.take();
      expect(brief(frames)).toEqual(["3: DATA 20480", "5: DATA 4", "3: RST INTERNAL_ERROR"]);
      expect(broken.error).toMatchObject({ code: "INTERNAL_ERROR", origin: "local" });
      expect(other.error).toBeUndefined();
    });
  },
);

describe("a transport that breaks its contract", () => {
  /** A session over a transport with one method replaced. */
  function over(own: Partial<Transport>): { session: Session; input: () => void } {
    let written = (): void => {};
    const transport: Transport = {
      start: (input) => void (written = () => input.written()),
      write: () => {},
      end: () => {},
      destroy: () => {},
      ...own,
    };
    const session = new Session(transport, "client", { transportTimeout: 1 });
    return { session, input: () => written() };
  }

  it("throws when it writes: the session ends with that as the cause", async () => {
    const reason = new Error("this pipe is no pipe");
    const { session } = over({
      write: () => {
        throw reason;
      },
    });
    const reading = session.open().read();
    await expect(reading).rejects.toMatchObject({ code: "TRANSPORT_FAILED", cause: reason });
    const { localError } = await session.closed;
    expect(localError).toMatchObject({ code: "TRANSPORT_FAILED", origin: "local", cause: reason });
  });

  it.each(["end", "destroy"] as const)(
    "throws in %s: the session ends all the same",
    async (verb) => {
      const { session, input } = over({
        [verb]: () => {
          throw new Error("no");
        },
        write: () => queueMicrotask(() => input()),
      });
      session.destroy();
      await session.close({ timeout: 0 });
    },
  );

  it("never confirms a write: the session ends in time", async () => {
    const { session } = over({});
    session.open();
    const { localError } = await session.closed;
    expect(localError!.message).toContain("the transport has not confirmed a write for 1 ms");
  });

  it("confirms twice: the session ends", async () => {
    const { session, input } = over({ write: () => queueMicrotask(() => (input(), input())) });
    session.open();
    const { localError } = await session.closed;
    expect(localError).toMatchObject({ code: "TRANSPORT_FAILED" });
    expect(localError!.message).toContain("confirmed a write that was not under way");
  });
});

describe.each(wires)(
  "honest streams that nobody reads, with default options, on $name",
  ({ wire }) => {
    /** A whole window, in frames as a peer sends them. */
    const WINDOWFUL = Array.from({ length: 8 }, () => new Uint8Array(32 * KIB));

    it("500 downloads whose readers pause lose nothing", () => {
      const peer = rawPeer({ wire, role: "client" });
      const streams = Array.from({ length: 500 }, () => peer.session.open());
      peer.take();
      // On Yamux, 256 streams may be open before they are acknowledged.
      for (let round = 0; round < 2; round++) {
        for (const { id } of streams) peer.send(data(id, WINDOWFUL[0]!));
        peer.take();
      }
      for (const body of WINDOWFUL.slice(2))
        for (const { id } of streams) peer.send(data(id, body));
      expect(streams.filter(({ error }) => error !== undefined)).toEqual([]);
      expect(peer.take().filter(({ type }) => type === "reset")).toEqual([]);
      for (const stream of streams) stream.reset();
      expect(peer.session.stats().memoryUnread).toBe(0);
    });

    it("2 000 uploads: some are accepted, some wait, the others are refused, and none is reset", async () => {
      const peer = rawPeer({ wire });
      const taken: Stream[] = [];
      void (async () => {
        for await (const stream of peer.session) taken.push(stream as Stream);
      })();
      const ids = Array.from({ length: 2000 }, (_, index) => 3 + 2 * index);
      for (const [index, id] of ids.entries()) {
        peer.send(syn(id, WINDOWFUL[0]!));
        if (index % 2 === 0) await peer.settle();
      }
      for (const body of WINDOWFUL.slice(1)) for (const id of ids) peer.send(data(id, body));
      const { memoryUnread, waitingForAccept, resetsSent } = peer.session.stats();
      expect(taken.length).toBeGreaterThanOrEqual(128);
      expect(taken.filter(({ error }) => error !== undefined)).toEqual([]);
      expect(memoryUnread).toBeLessThanOrEqual(128 * MIB);
      expect(resetsSent).toEqual({
        ACCEPT_QUEUE_FULL: 2000 - taken.length - waitingForAccept,
      });
      // One stream is read to its last byte, and the next one is accepted.
      const before = taken.length;
      while (taken[0]!.take() !== undefined);
      await peer.settle();
      expect(taken.length).toBe(before + 1);
    });

    it("256 streams that are full at once are none too many", async () => {
      const peer = rawPeer({ wire });
      const streams: Stream[] = [];
      for (let id = 3; streams.length < 256; id += 2) streams.push(await accepted(peer, id));
      for (const body of WINDOWFUL) for (const { id } of streams) peer.send(data(id, body));
      expect(streams.filter(({ error }) => error !== undefined)).toEqual([]);
    });

    it("thousands of idle streams do not keep further ones from being accepted", async () => {
      const peer = rawPeer({ wire });
      let last: Stream | undefined;
      for (let id = 3; id < 5003; id += 2) last = await accepted(peer, id);
      expect(last!.id).toBe(5001);
    });
  },
);

describe.each(wires)("bytes on streams that the peer resets, on $name", ({ wire }) => {
  it("take an eighth of the budget at the most, whether or not their streams were accepted", async () => {
    const peer = rawPeer({ wire, memoryBudget: 8 * MIB, maxRapidResets: Infinity });
    const streams: Stream[] = [];
    for (let id = 3; id < 203; id += 2) {
      const stream = await accepted(peer, id);
      peer.send(data(id, 100 * KIB), reset(id, "STREAM_CANCELLED"));
      streams.push(stream);
    }
    const left = streams.map((stream) => {
      let sum = 0;
      try {
        for (let piece = stream.take(); piece; piece = stream.take()) sum += piece.length;
      } catch {
        // The reset comes after the bytes that are left.
      }
      return sum;
    });
    expect(left.slice(-5)).toEqual(Array.from({ length: 5 }, () => 100 * KIB));
    expect(left.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(1 * MIB);
  });
});

describe.each(wires)("the end of a session with many streams, on $name", ({ wire }) => {
  it("is told to those who wait in parts, and to all before it is over", async () => {
    const peer = rawPeer({ wire, role: "client" });
    const told = { failed: 0 };
    for (let count = 0; count < 1000; count++) {
      const stream = peer.session.open();
      stream.read().catch(() => told.failed++);
    }
    peer.take();
    peer.end(new Error("the line is cut"));
    expect(peer.session.stats().openStreams).toBe(0);
    await Promise.resolve();
    await new Promise<void>((resolve) => queueMicrotask(resolve));
    expect(told.failed).toBeLessThanOrEqual(256);
    let isOver = false;
    void peer.session.closed.then(() => (isOver = true));
    await peer.settle();
    expect(isOver).toBe(false);
    for (let part = 0; part < 3; part++) await peer.advance(0);
    expect(told.failed).toBe(1000);
    expect(isOver).toBe(true);
  });

  it("makes no stack trace for an end, neither for a read that waits nor for a call that comes later", async () => {
    const peer = rawPeer({ wire, role: "client" });
    const [waiting, late] = [peer.session.open(), peer.session.open()];
    const error = waiting.read().catch((reason: Error) => reason);
    peer.end();
    // Some engines have no stack at all.
    expect(((await error) as Error).stack ?? "").not.toMatch(/^\s+at /m);
    expect(late.error!.stack ?? "").not.toMatch(/^\s+at /m);
    expect(Error.stackTraceLimit).toBeGreaterThan(0);
  });
});

describe.each(wires)("the peer's GOAWAY for a thousand streams of ours, on $name", ({ wire }) => {
  /** A session that has opened more streams than are told at once. Its transport takes nothing yet. */
  function crowd(options: RawPeerOptions = {}): { peer: RawPeer; streams: Stream[] } {
    const peer = rawPeer({ wire, role: "client", ...options });
    peer.holdWrites();
    return { peer, streams: Array.from({ length: 1000 }, () => peer.session.open()) };
  }

  it("stops those that have not been sent at once: none leaves while others are told", async () => {
    const { peer, streams } = crowd();
    for (const stream of streams) stream.write(bytes(8 * KIB)).catch(() => {});
    const early = peer.take().length;
    peer.send(goAway(0));
    peer.releaseWrites();
    const left = new Set(
      peer.take().flatMap((frame) => ("streamId" in frame ? [frame.streamId] : [])),
    );
    for (let part = 0; part < 4; part++) await peer.advance(0);
    const safe = streams.filter(({ error }) => error?.retry === "safe");
    expect(safe.length).toBeGreaterThan(early);
    expect(safe.filter(({ id }) => left.has(id))).toEqual([]);
  });

  it("tells of 256 ends in one task at the most, also if GOAWAY after GOAWAY fails more of them", async () => {
    const closed: number[] = [];
    const { peer, streams } = crowd({ watcher: { closed: ({ id }) => void closed.push(id) } });
    peer.releaseWrites();
    peer.take();
    const lastIds = [0.75, 0.5, 0.25, 0].map((part) => streams[streams.length * part]!.id);
    peer.send(...lastIds.map((id) => goAway(id)));
    expect(closed.length).toBeGreaterThan(0);
    expect(closed.length).toBeLessThanOrEqual(256);
    await peer.advance(0);
    expect(closed.length).toBeGreaterThan(700);
  });

  it("tells of each end once, if a reset comes in between", async () => {
    const closed: number[] = [];
    const { peer, streams } = crowd({ watcher: { closed: ({ id }) => void closed.push(id) } });
    peer.releaseWrites();
    peer.take();
    peer.send(goAway(0), reset(streams.at(-1)!.id, "STREAM_REFUSED"));
    for (let part = 0; part < 4; part++) await peer.advance(0);
    expect(closed.length).toBeGreaterThan(700);
    expect(new Set(closed).size).toBe(closed.length);
  });
});

describe.each(wires)("a session that its own refusals end, on $name", ({ wire }) => {
  it("leaves no timer for the streams that nobody has accepted", async () => {
    const peer = rawPeer({ wire, acceptTimeout: 1000, maxProvokedResets: 2 });
    for (const id of [3, 5, 7]) peer.send(syn(id));
    await peer.advance(1000);
    for (const id of [9, 11]) peer.send(syn(id));
    await peer.advance(1000);
    peer.end();
    await peer.settle();
    expect(peer.session.stats().openStreams).toBe(0);
    expect(peer.clock.timers).toEqual([]);
    expect((await peer.session.closed).localError).toMatchObject({ code: "ENHANCE_YOUR_CALM" });
  });
});

describe.each(wires)(
  "a second close while the session waits for the peer's end, on $name",
  ({ wire }) => {
    it("does not make a deadline out of a breach", async () => {
      const peer = rawPeer({ wire });
      peer.send(syn(3), syn(3));
      void peer.session.close({ timeout: 0 });
      await peer.advance(1_000);
      expect((await peer.session.closed).localError).toMatchObject({ code: "PROTOCOL_ERROR" });
    });

    it("tells of a deadline only what has passed", async () => {
      const peer = rawPeer({ wire });
      void peer.session.close();
      await peer.settle();
      void peer.session.close({ timeout: 0 });
      await peer.settle();
      peer.end();
      expect((await peer.session.closed).localError).toBeUndefined();
    });

    it("tells that the peer has not ended, when that is so", async () => {
      const peer = rawPeer({ wire });
      void peer.session.close({ timeout: 5_000 });
      await peer.settle();
      await peer.advance(4_999);
      expect(peer.sessionHasDestroyed).toBe(false);
      await peer.advance(1);
      const { localError } = await peer.session.closed;
      expect(localError).toMatchObject({ code: "DRAIN_TIMEOUT", origin: "local" });
      expect(localError!.message).toContain("the peer has not ended the connection");
    });
  },
);

describe.each(wires)("resets of our own, on $name", ({ wire }) => {
  it("are not held against a peer, however many wait behind a write", async () => {
    const peer = rawPeer({ wire, maxInboundStreams: Infinity, acceptBacklog: Infinity });
    const streams: Stream[] = [];
    for (let id = 3; streams.length < 90_000; id += 2) {
      peer.send(syn(id));
      streams.push((await peer.session.accept()) as Stream);
    }
    peer.take();
    peer.holdWrites();
    void streams.pop()!.write(bytes(10));
    peer.flush();
    for (const stream of streams) stream.reset();
    peer.send(syn(1_000_001));
    expect(peer.session.stats().openStreams).toBe(2);
    expect(peer.sessionHasEnded).toBe(false);
  });

  it("which relieve the memory budget count as provoked", async () => {
    const peer = rawPeer({ wire, memoryBudget: 10 * KIB, maxProvokedResets: 2 });
    const streams: Stream[] = [];
    for (const id of [3, 5, 7]) streams.push(await accepted(peer, id));
    for (const { id } of streams) peer.send(data(id, 11 * KIB));
    await peer.advance(10_000);
    expect((await peer.session.closed).localError).toMatchObject({ code: "ENHANCE_YOUR_CALM" });
  });
});

describe.each(wires)("a FIN that comes while a read waits, on $name", ({ wire }) => {
  it("is told to a reader of the Web Stream as well", async () => {
    const peer = rawPeer({ wire });
    const stream = await accepted(peer, 3);
    const web = stream.readable.getReader().read();
    const reading = stream.read();
    peer.send(fin(3));
    expect(await reading).toBeNull();
    expect(await web).toMatchObject({ done: true });
  });
});

describe.each(wires)("commands inside a watcher or a trace, on $name", ({ wire }) => {
  it("that end a stream before it can be accepted end it once", async () => {
    const closed = vi.fn();
    const peer = rawPeer({
      wire,
      acceptBacklog: 1,
      watcher: { opened: (stream) => void stream.close(), closed },
    });
    peer.send(syn(3), fin(3), syn(5), fin(5), syn(7), fin(7));
    await peer.settle();
    const { openStreams, memoryUnread } = peer.session.stats();
    expect([openStreams, memoryUnread]).toEqual([0, 0]);
    expect(closed).toHaveBeenCalledTimes(3);
  });

  it("that destroy the session as a stream arrives leave no timer", async () => {
    const peer = rawPeer({
      wire,
      watcher: { opened: ({ session }) => session.destroy() },
    });
    peer.send(syn(3));
    peer.end();
    await peer.settle();
    expect(peer.clock.timers).toEqual([]);
  });

  it("that read inside the trace of the stream's own reset leave no memory behind", async () => {
    const peer: RawPeer = rawPeer({
      wire,
      trace: ({ direction, kind }) => {
        if (direction !== "out" || kind !== "reset") return;
        try {
          stream.take(10);
        } catch {
          // It has failed already.
        }
      },
    });
    const stream = await accepted(peer, 3);
    peer.send(data(3, 100));
    stream.reset();
    peer.take();
    expect(peer.session.stats().memoryUnread).toBe(0);
  });

  it("that reset a stream on the trace of its SYN let no FIN follow", () => {
    const peer: RawPeer = rawPeer({
      wire,
      role: "client",
      trace: (frame) => {
        if (frame.direction === "out" && frame.kind === "data" && frame.syn) stream.reset();
      },
    });
    const stream = peer.session.open();
    void stream.closeWrite();
    expect(brief(peer.take())).toEqual([
      `${stream.id}: DATA 0 SYN`,
      `${stream.id}: RST STREAM_CANCELLED`,
    ]);
  });

  it("that half-close on the trace of an offered frame let no frame follow the FIN", () => {
    const peer: RawPeer = rawPeer({
      wire,
      role: "client",
      trace: ({ direction, kind }) => {
        if (direction === "out" && kind === "data") void stream.closeWrite();
      },
    });
    const stream = peer.session.open();
    stream.offer(new Uint8Array(200 * KIB));
    const last = peer.take().at(-1);
    expect(last).toMatchObject({ type: "data", fin: true });
  });

  it("that write or reset on the trace of a reset at the session's end send nothing", async () => {
    const streams: Stream[] = [];
    const peer = rawPeer({
      wire,
      trace: ({ direction, kind }) => {
        if (direction !== "out" || kind !== "reset") return;
        for (const stream of streams) {
          stream.write(bytes(1)).catch(() => undefined);
          stream.reset("INTERNAL_ERROR");
        }
      },
    });
    for (const id of [3, 5, 7]) streams.push(await accepted(peer, id));
    peer.take();
    void peer.session.close({ timeout: 100 });
    await peer.advance(100);
    expect(brief(peer.take())).toEqual([
      "3: RST STREAM_CANCELLED",
      "5: RST STREAM_CANCELLED",
      "7: RST STREAM_CANCELLED",
      expect.stringMatching(/^GOAWAY/),
    ]);
  });
});

describe.each(wires)("bytes on an id of ours that was never opened, on $name", ({ wire }) => {
  it("are answered by nothing, for the id may be that of our next stream", async () => {
    const peer = rawPeer({ wire, role: "client" });
    const next = peer.session.open();
    next.reset();
    const { id } = peer.session.open();
    peer.take();
    peer.send(data(id + 2, 10));
    expect(peer.take()).toEqual([]);
    expect(peer.session.open().id).toBe(id + 2);
  });
});

describe("the reason why a stream waits", () => {
  it("is also reported for a reader of its Web Stream", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer, 3);
    const reader = stream.readable.getReader();
    expect(stream.stats().readBlocked).toBe(false);
    const reading = reader.read();
    await peer.settle();
    expect(stream.stats().readBlocked).toBe(true);
    peer.send(data(3, 1));
    await reading;
    expect(stream.stats().readBlocked).toBe(false);
    peer.send(goAway(0));
  });
});
