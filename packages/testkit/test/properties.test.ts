// Properties of every session, tested with random frames, cuts, reads, writes and grants.

import type { Stream, Wire } from "@muxado/core";
import type { Frame } from "@muxado/frame";
import { concatenated, type Phrase, type RawPeer, rawPeer, wires } from "@muxado/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstSeed } from "./seeds.ts";

fc.configureGlobal({ seed: firstSeed, numRuns: 300 });

/** Few ids, so that frames meet: mostly the peer's, sometimes the session's, or one that nobody uses. */
const streamId = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom(3, 5, 7, 9) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 8 }) },
  { weight: 1, arbitrary: fc.constant(0x7fffffff) },
);
/** Rarely, because a second SYN on the same id ends the session. */
const syn = fc.integer({ min: 0, max: 4 }).map((number) => number === 0);
const bytes = fc.uint8Array({ maxLength: 400 });

const frame: fc.Arbitrary<Frame> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("data" as const),
      streamId,
      syn,
      fin: fc.boolean(),
      body: bytes,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("reset" as const),
      streamId,
      errorCode: fc.integer({ min: 0, max: 20 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("increment" as const),
      streamId,
      increment: fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.constant(0x7fffffff)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("goAway" as const),
      lastStreamId: fc.integer({ min: 0, max: 10 }),
      errorCode: fc.integer({ min: 0, max: 20 }),
      debug: bytes,
    }),
  },
);

/** Signs of wires that have pings. */
const sign: fc.Arbitrary<Phrase> = fc.oneof(
  fc.record({ type: fc.constant("ack" as const), streamId }),
  fc.record({ type: fc.constant("ping" as const), value: fc.nat(3), isAnswer: fc.boolean() }),
);

/** Valid frames, and sometimes bytes that are not valid. */
function inputOn(wire: Wire): fc.Arbitrary<Uint8Array> {
  const peer = rawPeer({ wire });
  const encode = (phrase: Phrase): Uint8Array => peer.encode(phrase);
  const phrase = fc.oneof(
    { weight: 20, arbitrary: frame.map(encode) },
    { weight: 1, arbitrary: bytes },
    { weight: wire.putPing === undefined ? 0 : 4, arbitrary: sign.map(encode) },
  );
  return fc.array(phrase, { maxLength: 30 }).map(concatenated);
}

const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 });

function cut(whole: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < whole.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    chunks.push(whole.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

/** The result that a session and its application give for `chunks`, all of which arrive in one turn. */
async function outcomeOf(wire: Wire, chunks: Uint8Array[]): Promise<unknown> {
  const trace: unknown[] = [];
  const peer = rawPeer({ wire, acceptBacklog: 2, trace: (traced) => trace.push({ ...traced }) });
  const local = peer.session.open();
  const told: string[] = [];
  local.observe({
    onReadable: () => told.push("readable"),
    onWritable: () => told.push("writable"),
  });
  peer.flush();
  for (const chunk of chunks) peer.sendBytes(chunk);
  const streams = [local];
  const accepting = (async () => {
    for await (const stream of peer.session) streams.push(stream);
  })();
  await peer.settle();
  // A second GOAWAY reports its ends in a later task.
  await peer.advance(0);
  const events = streams.map((stream) => ({ id: stream.id, ...drain(stream) }));
  peer.session.destroy();
  peer.end();
  // A second GOAWAY reports its ends in parts, the later ones by a timer.
  await Promise.all([accepting, peer.advance(0)]);
  const { localError, remoteError } = await peer.session.closed;
  const output = concatenated(peer.takeChunks());
  // The number of calls to an observer depends on the pieces. Whether it was called does not.
  return { trace, told: new Set(told), events, output, localError, remoteError };
}

/** Takes the bytes that can be read, and offers bytes in return. */
function drain(stream: Stream): object {
  const pieces: Uint8Array[] = [];
  try {
    for (;;) {
      const piece = stream.take();
      if (!(piece instanceof Uint8Array)) {
        const read = concatenated(pieces);
        return { read, end: piece, written: stream.offer(read) };
      }
      pieces.push(piece);
    }
  } catch (error) {
    return { read: concatenated(pieces), error: String(error) };
  }
}

describe.each(wires)("for all bytes that a peer may send on $name", ({ wire }) => {
  it("chunking never matters: same events, same bytes out", async () => {
    await fc.assert(
      fc.asyncProperty(inputOn(wire), sizes, async (bytes, sizes) => {
        expect(await outcomeOf(wire, cut(bytes, sizes))).toEqual(await outcomeOf(wire, [bytes]));
      }),
    );
  });
});

describe.each(wires)("for all reads and writes on $name", (tested) => {
  const initialWindow = 2048;
  const wire = { ...tested.wire, initialWindow };

  it("credit comes back for what was read, never for more, and never too late", async () => {
    const step = fc.record({ send: fc.nat(1500), reads: fc.nat(3), flush: fc.boolean() });
    const windowSize = fc.integer({ min: 1, max: 10_000 });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), windowSize, async (steps, windowSize) => {
        const peer = rawPeer({ wire, windowSize });
        peer.send(data(3, { syn: true, body: new Uint8Array(1) }));
        const stream = await peer.session.accept();
        let credit = initialWindow - 1 + granted(peer);
        let read = 0;
        let given = credit - (initialWindow - 1);
        for (const { send, reads, flush } of steps) {
          const length = Math.min(send, credit);
          if (length > 0) peer.send(data(3, { body: new Uint8Array(length) }));
          credit -= length;
          for (let times = 0; times < reads; times++) read += stream.take()?.length ?? 0;
          if (!flush) continue;
          const increment = granted(peer);
          credit += increment;
          given += increment;
          expect(given).toBeLessThanOrEqual(
            read + Math.max(0, Math.max(windowSize, 1024) - initialWindow),
          );
        }
        expect(stream.error).toBe(undefined);
        for (let chunk = stream.take(); chunk; chunk = stream.take()) read += chunk.length;
        credit += granted(peer);
        // When nothing is unread, the peer is not left waiting.
        expect(credit).toBeGreaterThanOrEqual(Math.min(1024, initialWindow));
      }),
    );
  });

  it("never more is sent than was granted, and all of it once enough is", async () => {
    const step = fc.oneof(
      fc.record({ write: fc.nat(3000) }),
      fc.record({ grant: fc.integer({ min: 1, max: 2000 }) }),
      fc.record({ offer: fc.nat(3000) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const peer = rawPeer({ wire });
        peer.send(data(3, { syn: true }));
        const stream = await peer.session.accept();
        let [written, sent, allowed] = [0, 0, initialWindow];
        const writes: Promise<void>[] = [];
        for (const one of steps) {
          if ("write" in one) {
            writes.push(stream.write(new Uint8Array(one.write)));
            written += one.write;
          } else if ("offer" in one) {
            written += stream.offer(new Uint8Array(one.offer));
          } else {
            peer.send({ type: "increment", streamId: 3, increment: one.grant });
            allowed += one.grant;
          }
          sent += bodies(peer);
          expect(sent).toBeLessThanOrEqual(Math.min(allowed, written));
        }
        peer.send({ type: "increment", streamId: 3, increment: 200_000 });
        sent += bodies(peer);
        expect(sent).toBe(written);
        await Promise.all(writes);
      }),
    );
  });
});

function data(streamId: number, { syn = false, body = new Uint8Array(0) }): Frame {
  return { type: "data", streamId, syn, fin: false, body };
}

/** Credit that the session has granted since the last call. */
function granted(peer: RawPeer): number {
  return peer.take().reduce((sum, one) => sum + (one.type === "increment" ? one.increment : 0), 0);
}

/** Bytes that the session has sent since the last call. */
function bodies(peer: RawPeer): number {
  return peer.take().reduce((sum, one) => sum + (one.type === "data" ? one.body.length : 0), 0);
}
