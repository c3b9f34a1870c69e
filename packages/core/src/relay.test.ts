// A relay, frame by frame: what waits and gives no credit, whose turn it is, which code the other side gets, and the
// memory that it uses. The compliance suite has what applications see.

import { muxado, relay, type RelayResult, type Stream } from "@muxado/core";
import {
  brief,
  bytes,
  concatenated,
  contentOf,
  data,
  fin,
  firstDifference,
  goAway,
  increment,
  patterned,
  Random,
  type RawPeer,
  rawPeer,
  reset,
  runningPair,
  syn,
} from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import type { Stream as InternalStream } from "./stream.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

/** A relay between a stream of one peer and a stream that was opened to another peer. */
interface Bench {
  readonly near: RawPeer;
  readonly far: RawPeer;
  readonly inbound: Stream;
  readonly outbound: Stream;
  readonly relayed: Promise<RelayResult>;
}

async function bench(near = rawPeer(), far = rawPeer({ role: "client" })): Promise<Bench> {
  near.send(syn(3));
  const inbound = await near.session.accept();
  const outbound = far.session.open();
  far.take();
  const relayed = relay(inbound, outbound);
  relayed.catch(() => {});
  return { near, far, inbound, outbound, relayed };
}

describe("bytes", () => {
  it("leave as they come, and may be overwritten at once", async () => {
    const { near, far } = await bench();
    near.send(data(3, 30 * KIB), data(3, "and more"));
    const bodies = far.take();
    expect(brief(bodies)).toEqual([`3: DATA ${30 * KIB}`, "3: DATA 8"]);
    expect(contentOf(bodies, 3)).toEqual(concatenated([bytes(30 * KIB), bytes("and more")]));
  });

  it("give credit back when they are sent, not when they arrive", async () => {
    const { near, far, inbound } = await bench();
    // The peer of the other stream has no credit for more.
    for (let count = 0; count < 4; count++) near.send(data(3, 64 * KIB));
    expect(contentOf(far.take(), 3)).toHaveLength(WINDOW);
    expect(brief(near.take())).toEqual([`3: WNDINC ${WINDOW}`]);
    for (let count = 0; count < 4; count++) near.send(data(3, 64 * KIB));
    expect(inbound.stats().bytesUnread).toBe(WINDOW);
    expect(near.take()).toEqual([]);
    far.send(increment(3, WINDOW));
    expect(contentOf(far.take(), 3)).toHaveLength(WINDOW);
    expect(brief(near.take())).toEqual([`3: WNDINC ${WINDOW}`]);
    expect(inbound.stats().bytesUnread).toBe(0);
  });

  it("wait while the transport of the other session takes none, and keep their order", async () => {
    const { near, far, relayed } = await bench(
      rawPeer(),
      rawPeer({ role: "client", transportBudget: 20 * KIB }),
    );
    far.holdWrites();
    far.send(increment(3, 1024 * KIB));
    const all = patterned(200 * KIB);
    for (let at = 0; at < all.length; at += 1000) near.send(data(3, all.subarray(at, at + 1000)));
    near.send(fin(3));
    const first = far.take();
    far.releaseWrites();
    const rest = far.take();
    expect(firstDifference(contentOf([...first, ...rest], 3), all)).toBe(-1);
    expect(brief(rest).at(-1)).toBe("3: DATA 0 FIN");
    far.send(fin(3));
    expect(await relayed).toEqual({ fromOne: all.length, fromOther: 0 });
  });

  it("of one stream are put together if they are small and follow each other in a chunk", async () => {
    const { near, far } = await bench();
    near.send(syn(5));
    const other = await near.session.accept();
    const onward = far.session.open();
    relay(other, onward).catch(() => {});
    far.take();
    near.send(
      data(3, "a"),
      data(3, "bc"),
      data(3, "def"),
      data(5, "x"),
      data(3, "g"),
      data(3, 2000),
    );
    const frames = far.take();
    expect(brief(frames)).toEqual([
      "3: DATA 1",
      "3: DATA 5",
      "5: DATA 1",
      "3: DATA 1",
      "3: DATA 2000",
    ]);
    expect(contentOf(frames, 3)).toEqual(concatenated([bytes("abcdefg"), bytes(2000)]));
    near.send(data(3, "a"), data(3, "b"), data(3, "c"), data(3, 2000), data(3, "d"), fin(3, "e"));
    expect(brief(far.take())).toEqual([
      "3: DATA 1",
      "3: DATA 2",
      "3: DATA 2000",
      "3: DATA 2",
      "3: DATA 0 FIN",
    ]);
  });

  it("come behind writes of the application that wait", async () => {
    const near = rawPeer();
    near.send(syn(3));
    const inbound = await near.session.accept();
    const far = rawPeer({ role: "client" });
    const outbound = far.session.open();
    const writing = outbound.write(bytes(WINDOW + 10));
    void relay(inbound, outbound).catch(() => {});
    near.send(data(3, "behind"));
    far.take();
    far.send(increment(outbound.id, WINDOW));
    expect(brief(far.take())).toEqual(["3: DATA 10", "3: DATA 6"]);
    await writing;
  });
});

describe("turns", () => {
  it("are shared with other streams by their weights", async () => {
    const { near, far, outbound } = await bench(rawPeer({ windowSize: 2048 * KIB }));
    near.flush();
    outbound.priority = { weight: 64 };
    const rival = far.session.open();
    far.take();
    far.holdWrites();
    far.send(increment(outbound.id, 4096 * KIB), increment(rival.id, 4096 * KIB));
    void rival.write(bytes(2000 * KIB)).catch(() => {});
    for (let count = 0; count < 30; count++) near.send(data(3, 64 * KIB));
    far.flush();
    far.releaseWrites();
    let [relayed, written] = [0, 0];
    for (const frame of far.take()) {
      if (frame.type !== "data" || written >= 320 * KIB) continue;
      if (frame.streamId === outbound.id) relayed += frame.body.length;
      else written += frame.body.length;
    }
    // The relayed stream had the room of the budget for itself until the other wrote.
    expect(relayed / written).toBeGreaterThan(3);
    expect(relayed / written).toBeLessThan(6);
  });

  it("of more urgent streams come first", async () => {
    const { near, far, outbound } = await bench(rawPeer({ windowSize: 2048 * KIB }));
    const urgent = far.session.open({ priority: { urgency: 0 } });
    far.take();
    far.holdWrites();
    void urgent.write(bytes(1)).then(() => urgent.write(bytes(200 * KIB)));
    far.flush();
    void urgent.write(bytes(200 * KIB));
    near.send(data(3, 64 * KIB));
    expect(outbound.stats()).toMatchObject({ writeBlockedBy: "turn" });
    far.releaseWrites();
    const order = far.take().flatMap((frame) => (frame.type === "data" ? frame.streamId : []));
    expect(order.lastIndexOf(urgent.id)).toBeLessThan(order.indexOf(outbound.id));
  });
});

describe("the code for the other peer", () => {
  it.each([
    ["RST(0) has no code to pass on", 0, "STREAM_RESET"],
    ["a refusal stays one", "STREAM_REFUSED", "STREAM_REFUSED"],
    ["a number of the application stays the same", 4711, 4711],
  ] as const)("%s", async (_title, code, passed) => {
    const { near, far, outbound, relayed } = await bench();
    far.send(reset(outbound.id, code));
    expect(near.take()).toEqual([reset(3, passed)]);
    await expect(relayed).rejects.toBe(outbound.error);
  });

  it("is STREAM_REFUSED if a retry is safe", async () => {
    const { near, far, relayed } = await bench();
    far.send(goAway(0));
    await expect(relayed).rejects.toMatchObject({ code: "REMOTE_GONE_AWAY", retry: "safe" });
    expect(near.take()).toEqual([reset(3, "STREAM_REFUSED")]);
  });

  it("is INTERNAL_ERROR if a peer breaks a rule, because the other one has not", async () => {
    const { near, far, relayed } = await bench();
    far.holdWrites();
    for (let count = 0; count < 9; count++) near.send(data(3, 64 * KIB));
    await expect(relayed).rejects.toMatchObject({ code: "FLOW_CONTROL_ERROR" });
    far.releaseWrites();
    expect(far.take().at(-1)).toEqual(reset(3, "INTERNAL_ERROR"));
  });

  it("is INTERNAL_ERROR if a session is lost", async () => {
    const { near, far, relayed } = await bench();
    far.end(new Error("cut"));
    await expect(relayed).rejects.toMatchObject({ code: "TRANSPORT_FAILED" });
    expect(near.take()).toEqual([reset(3, "INTERNAL_ERROR")]);
  });

  it("is INTERNAL_ERROR if a peer gives no credit for too long", async () => {
    const { near, far, relayed } = await bench(
      rawPeer(),
      rawPeer({ role: "client", writeTimeout: 1000 }),
    );
    for (let count = 0; count < 4; count++) near.send(data(3, 64 * KIB));
    near.take();
    near.send(data(3, "too much"));
    far.take();
    await far.advance(2001);
    await expect(relayed).rejects.toMatchObject({ code: "WRITE_TIMEOUT" });
    expect(near.take()).toEqual([reset(3, "INTERNAL_ERROR")]);
  });
});

describe("the end", () => {
  it("lets bytes leave whose stream has ended, and whose session is gone", async () => {
    const { near, far, outbound, relayed } = await bench();
    for (let count = 0; count < 4; count++) near.send(data(3, 64 * KIB));
    far.flush();
    near.take();
    near.send(fin(3, 1000));
    far.send(fin(3));
    expect(brief(near.take())).toEqual(["3: DATA 0 FIN"]);
    near.end();
    await near.session.closed;
    far.take();
    far.send(increment(outbound.id, 1000));
    expect(brief(far.take())).toEqual(["3: DATA 1000", "3: DATA 0 FIN"]);
    expect(await relayed).toEqual({ fromOne: WINDOW + 1000, fromOther: 0 });
  });

  it("frees what waits, and the streams", async () => {
    const { near, far, inbound, outbound, relayed } = await bench();
    for (let count = 0; count < 4; count++) near.send(data(3, 64 * KIB));
    near.take();
    near.send(data(3, 100 * KIB));
    expect(near.session.stats().memoryUnread).toBeGreaterThan(0);
    near.send(reset(3, "STREAM_CANCELLED"));
    await expect(relayed).rejects.toBe(inbound.error);
    expect(near.session.stats()).toMatchObject({ memoryUnread: 0, openStreams: 0 });
    expect(far.session.stats()).toMatchObject({ memoryUnread: 0, openStreams: 0 });
    expect((inbound as InternalStream).receiving.unread).toBe(0);
    inbound.observe({ onReadable: () => {}, onWritable: () => {} });
    outbound.observe({ onReadable: () => {}, onWritable: () => {} });
  });

  it("may come from a trace that sees a relayed frame", async () => {
    for (const victim of ["inbound", "outbound"] as const) {
      const streams: { inbound?: Stream; outbound?: Stream } = {};
      const trace = ({ kind }: { kind: string }): void => {
        if (kind === "data" && streams.inbound !== undefined) streams[victim]!.reset();
      };
      const { near, inbound, outbound, relayed } = await bench(
        rawPeer(),
        rawPeer({ role: "client", transportBudget: 10, trace }),
      );
      Object.assign(streams, { inbound, outbound });
      near.send(data(3, 60 * KIB), data(3, 60 * KIB));
      await expect(relayed).rejects.toMatchObject({ code: "STREAM_CANCELLED" });
      expect(near.session.stats()).toMatchObject({ memoryUnread: 0, openStreams: 0 });
    }
  });
});

it("goes round a ring of relays until one stream ends", async () => {
  const { client, server } = runningPair();
  const there = client.open();
  await there.write(bytes("round and round"));
  const arrived = await server.accept();
  const back = server.open();
  await back.write(bytes("!"));
  const returned = await client.accept();
  const ring = [relay(arrived, back), relay(returned, there)];
  while (there.stats().bytesSent < 50_000) await new Promise((later) => setImmediate(later));
  there.reset();
  const results = await Promise.allSettled(ring);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  client.destroy();
  await Promise.all([client.closed, server.closed]);
});

describe("by chance", () => {
  const firstSeed = Number(process.env["MUXADO_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  const runs = Number(process.env["MUXADO_RUNS"] ?? 12);

  it(`gives every byte once and in order, seeds from ${firstSeed}`, async () => {
    for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
      await playChain(new Random(seed), seed).catch((cause: unknown) => {
        throw new Error(`MUXADO_SEED=${seed}`, { cause });
      });
    }
  });
});

/** Streams that go through two relays, over three links, each with limits of its own. Some are reset in the middle. */
async function playChain(random: Random, seed: number): Promise<void> {
  const pairs = [0, 1, 2].map((index) => {
    const options = (): object => ({
      wire: muxado,
      windowSize: random.pick([1 * KIB, 20 * KIB, WINDOW]),
      transportBudget: random.pick([1, 5 * KIB, 256 * KIB]),
    });
    const chunks = random.pick(["whole", "cut"] as const);
    const [client, server] = [options(), options()];
    return runningPair({
      seed: seed + index,
      chunks,
      writeTime: [0, random.below(2)],
      client,
      server,
    });
  });
  const results = Array.from({ length: random.between(1, 8) }, async () => {
    const hops: [Stream, Stream][] = [];
    for (const { client, server } of pairs) {
      const local = client.open({ priority: { urgency: random.pick([3, 3, 3, 1]) } });
      await local.write(new Uint8Array([0]));
      const remote = await server.accept();
      expect(await remote.read()).toHaveLength(1);
      hops.push([local, remote]);
    }
    const [[near, first], [second, third], [fourth, far]] = hops as [
      [Stream, Stream],
      [Stream, Stream],
      [Stream, Stream],
    ];
    const relays = [relay(first, second), relay(third, fourth)];
    const isReset = random.oneIn(4);
    const [there, back] = [
      patterned(random.below(300 * KIB)),
      patterned(random.below(50 * KIB), 5),
    ];
    const written = [writeInPieces(near, there, random), writeInPieces(far, back, random)];
    const read = [collect(far), collect(near)];
    if (isReset) random.pick([near, far, first, third]).reset();
    await Promise.allSettled(written);
    const [arrived, answered] = await Promise.all(read);
    const settled = await Promise.allSettled(relays);
    for (const [got, sent] of [
      [arrived!, there],
      [answered!, back],
    ] as const) {
      expect(firstDifference(got, sent.subarray(0, got.length))).toBe(-1);
      if (!isReset) expect(got.length).toBe(sent.length);
    }
    if (isReset) return;
    const result = { fromOne: there.length, fromOther: back.length };
    expect(settled.map((outcome) => outcome.status === "fulfilled" && outcome.value)).toEqual([
      result,
      result,
    ]);
  });
  await Promise.all(results);
  for (const { client, server } of pairs) {
    await Promise.all([client.close(), server.close()]);
    expect([client.stats().memoryUnread, server.stats().memoryUnread]).toEqual([0, 0]);
  }
}

async function writeInPieces(stream: Stream, all: Uint8Array, random: Random): Promise<void> {
  for (let at = 0; at < all.length; ) {
    const length = random.oneIn(2) ? random.between(1, 100) : random.between(1, 100 * KIB);
    const piece = all.slice(at, at + length);
    at += length;
    if (random.oneIn(3)) await stream.write(piece);
    else stream.write(piece).catch(() => {});
  }
  await stream.closeWrite();
}

/** Returns what arrives up to the end, or up to a failure. */
async function collect(stream: Stream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of stream) chunks.push(chunk);
  } catch {
    // It was reset.
  }
  return concatenated(chunks);
}
