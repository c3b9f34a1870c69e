// Applications and peers do anything with streams that the peer has not acknowledged. There are never more of them on
// the wire than the limit, and the session announces every stream once and forgets none.

import { bytes } from "@muxado/testkit";
import { MuxadoError, type Stream } from "@muxado/core";
import { fc } from "@muxado/testkit/codec";
import type { Frame } from "@muxado/yamux";
import { describe, expect, it } from "vitest";
import { data, flag, Peer, update } from "./peer.ts";

const VERBS = [
  "write",
  "offer",
  "prioritize",
  "unobserve",
  "closeWrite",
  "close",
  "reset",
  "abort",
  "abortWrite",
] as const;
const WORDS = ["ACK", "RST", "FIN", "bytes", "credit"] as const;

type Step =
  | { readonly of: "session"; readonly does: "open" | "flush" | "hold" | "release" | "sleep" }
  | {
      readonly of: "stream";
      readonly does: (typeof VERBS)[number];
      readonly at: number;
      readonly length: number;
      readonly urgency: number;
    }
  | { readonly of: "peer"; readonly says: (typeof WORDS)[number]; readonly at: number };

/** Mostly the oldest one: see `#pick`. */
const at = fc.constantFrom(1, 1, 1, 0, 2, 3, 4, 5);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.record({
      of: fc.constant("session" as const),
      does: fc.constantFrom(
        ...([
          "open",
          "open",
          "open",
          "open",
          "flush",
          "flush",
          "hold",
          "release",
          "sleep",
        ] as const),
      ),
    }),
  },
  {
    weight: 13,
    arbitrary: fc.record({
      of: fc.constant("stream" as const),
      does: fc.constantFrom(...VERBS),
      at,
      length: fc.constantFrom(1, 100, 5000, 70_000, 300_000),
      urgency: fc.nat(7),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      of: fc.constant("peer" as const),
      says: fc.constantFrom(...WORDS, "ACK" as const, "ACK" as const),
      at,
    }),
  },
);

/** An application, and the peer, which records the frames that it has received. */
class Exchange {
  readonly peer: Peer;
  readonly #limit: number;
  readonly streams: Stream[] = [];
  readonly #signals: AbortController[] = [];
  readonly #writes: AbortController[] = [];
  /** Streams that the peer knows, with the number of bytes and the ends that it has seen of each. */
  readonly known: Map<number, { bytes: number; fin: boolean; rst: boolean }> = new Map();
  /** Streams that the peer knows, and that are neither acknowledged nor ended. */
  readonly #unacknowledged: Set<number> = new Set();
  #isStuck = false;

  constructor(limit: number) {
    this.#limit = limit;
    this.peer = new Peer({
      maxUnacknowledged: limit,
      writeTimeout: 60_000,
      streamCloseTimeout: 60_000,
    });
    // The test begins at the limit.
    for (let count = 0; count < limit + 3; count++) this.#turn("open");
    this.read();
  }

  run(step: Step): void {
    if (step.of === "session") return this.#turn(step.does);
    const stream = this.#pick(step.at, step.of === "peer");
    if (stream === undefined) return;
    if (step.of === "peer") this.say(step.says, stream.id);
    else this.#act(stream, step);
  }

  #turn(what: (Step & { of: "session" })["does"]): void {
    const { peer } = this;
    switch (what) {
      case "open": {
        const controller = new AbortController();
        this.#signals.push(controller);
        this.streams.push(peer.session.open({ signal: controller.signal }));
        return;
      }
      case "flush":
        return this.read();
      case "hold":
        this.#isStuck = true;
        return peer.holdWrites();
      case "release":
        this.#isStuck = false;
        return peer.releaseWrites();
      case "sleep":
        return peer.clock.advance(10_000);
    }
  }

  #act(stream: Stream, { does, length, urgency }: Step & { of: "stream" }): void {
    switch (does) {
      case "write": {
        const controller = new AbortController();
        this.#writes.push(controller);
        stream.write(bytes(length), { signal: controller.signal }).catch(() => undefined);
        return;
      }
      case "offer":
        try {
          stream.offer(bytes(length));
        } catch (error) {
          // The direction has ended.
          expect(MuxadoError.is(error)).toBe(true);
        }
        return;
      case "prioritize":
        stream.priority = { urgency };
        return;
      case "unobserve":
        return stream.observe(undefined);
      case "closeWrite":
      case "close":
        stream[does]().catch(() => undefined);
        return;
      case "reset":
        return stream.reset();
      case "abort":
        return this.#signals[this.streams.indexOf(stream)]!.abort();
      case "abortWrite":
        return this.#writes.at(-1)?.abort();
    }
  }

  /**
   * Often picks the oldest stream that the session has yet to announce or the peer has yet to acknowledge: these have
   * the most possible futures.
   */
  #pick(at: number, isOfPeer: boolean): Stream | undefined {
    const { streams } = this;
    if (at % 2 === 0) return streams[at % Math.max(1, streams.length)];
    const open = streams.filter(({ id, error }) => {
      return isOfPeer ? this.#unacknowledged.has(id) : error === undefined && !this.known.has(id);
    });
    return open[(at - 1) / 2];
  }

  /** The peer sends a frame on a stream, if it knows the stream. */
  say(what: (typeof WORDS)[number], streamId: number): void {
    if (!this.known.has(streamId)) return;
    const frames: Record<typeof what, Frame> = {
      ACK: flag(streamId, "ACK"),
      RST: flag(streamId, "RST"),
      FIN: flag(streamId, "FIN"),
      bytes: data(streamId, 10),
      credit: update(streamId, 300_000),
    };
    // Any frame shows that the peer has the stream.
    this.#unacknowledged.delete(streamId);
    this.peer.send(frames[what]);
  }

  /** Reads the frames that the session has sent, in order. */
  read(): void {
    for (const frame of this.peer.takeAll()) {
      if (frame.type !== "data" && frame.type !== "windowUpdate") continue;
      const { streamId, syn, fin, rst } = frame;
      if (syn) {
        expect(this.known.has(streamId), `SYN of ${streamId} once`).toBe(false);
        this.known.set(streamId, { bytes: 0, fin: false, rst: false });
        this.#unacknowledged.add(streamId);
        expect(this.#unacknowledged.size).toBeLessThanOrEqual(this.#limit);
      }
      const book = this.known.get(streamId);
      if (book === undefined) expect.fail(`a frame on ${streamId}, which was never announced`);
      expect(book.rst, "nothing comes behind a reset").toBe(false);
      if (frame.type === "data") {
        expect(book.fin, "no bytes come behind FIN").toBe(false);
        book.bytes += frame.body.length;
      }
      if (fin) book.fin = true;
      if (rst) book.rst = true;
      if (rst) this.#unacknowledged.delete(streamId);
    }
    if (this.#isStuck) return;
    const live = this.streams.filter(({ error }) => error === undefined);
    const idle = live.find((stream) => {
      return this.known.has(stream.id) && stream.stats().writeBlockedBy === "turn";
    });
    expect(idle?.id, "a stream with output or an offer that gets no turn").toBe(undefined);
    if (this.#unacknowledged.size >= this.#limit) return;
    const forgotten = live.find(({ id }) => !this.known.has(id));
    expect(forgotten?.id, "a stream that waits although there is a place").toBe(undefined);
  }

  /** Acknowledges streams and grants credit until nothing is left to do. */
  finish(): void {
    this.#isStuck = false;
    this.peer.releaseWrites();
    for (let rounds = 0; ; rounds++) {
      expect(rounds, "rounds until all is said").toBeLessThan(1000);
      this.read();
      const waiting = this.streams.filter((stream) => {
        return (
          stream.error === undefined && this.known.has(stream.id) && stream.stats().bytesUnsent > 0
        );
      });
      if (this.#unacknowledged.size + waiting.length === 0) return;
      for (const id of this.#unacknowledged) this.say("ACK", id);
      for (const { id } of waiting) this.say("credit", id);
    }
  }
}

describe("unacknowledged streams, whatever happens to them", () => {
  const steps = fc.array(step, { minLength: 5, maxLength: 60 });
  const limits = fc.constantFrom(1, 2, 3, 10);

  it("are never more than the limit, are announced once each, and none is forgotten", () => {
    fc.assert(
      fc.property(limits, steps, (limit, all) => {
        const exchange = new Exchange(limit);
        for (const one of all) exchange.run(one);
        exchange.finish();
        for (const stream of exchange.streams) {
          if (stream.error !== undefined) continue;
          const book = exchange.known.get(stream.id);
          if (book === undefined) expect.fail(`stream ${stream.id} was forgotten`);
          expect(book.bytes).toBe(stream.stats().bytesSent);
          expect(stream.stats().bytesUnsent).toBe(0);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("leave no timer and no open stream with the session", async () => {
    await fc.assert(
      fc.asyncProperty(limits, steps, fc.boolean(), async (limit, all, isGraceful) => {
        const { peer, run } = bound(new Exchange(limit));
        for (const one of all) run(one);
        if (isGraceful) void peer.session.close({ timeout: 0 });
        else peer.session.destroy();
        await peer.advance(0);
        peer.releaseWrites();
        peer.end();
        await peer.advance(2000);
        await peer.session.closed;
        expect(peer.session.stats()).toMatchObject({
          openStreams: 0,
          memoryUnread: 0,
          memoryUnsent: 0,
        });
        expect(peer.clock.timers).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

function bound(exchange: Exchange): { peer: Peer; run: (step: Step) => void } {
  return { peer: exchange.peer, run: (step) => exchange.run(step) };
}
