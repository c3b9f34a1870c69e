// Output: one write for a turn, one write at a time, from memory that is reused only when that is allowed.

import { type Frame, FrameDecoder } from "@muxado/frame";
import { describe, expect, it, vi } from "vitest";
import { NOTHING } from "../base/bytes.ts";
import { MuxadoError } from "../base/errors.ts";
import { Waiter } from "../base/waiter.ts";
import { systemClock } from "../base/clock.ts";
import { muxado } from "../muxado-wire.ts";
import type { Transport } from "../seams/transport.ts";
import type { TakenWrite } from "./batch.ts";
import { COPIED_BELOW, Outbound } from "./outbound.ts";
import { TransportBudget } from "./transport-budget.ts";

const KIB = 1024;

interface Bench {
  readonly outbound: Outbound;
  /** The chunks of every write, as the transport got them. */
  readonly writes: Uint8Array[][];
  /** Every frame, decoded when it was written, because its memory may be reused later. */
  readonly sent: Frame[];
  readonly end: ReturnType<typeof vi.fn<() => void>>;
  /** Flushes that were requested and have not run. */
  readonly flushes: (() => void)[];
  /** Ends the turn. */
  readonly turn: () => void;
}

function bench(
  compose: (outbound: Outbound) => boolean = () => false,
  budget: number = 256 * KIB,
): Bench {
  const writes: Uint8Array[][] = [];
  const sent: Frame[] = [];
  const flushes: (() => void)[] = [];
  const end = vi.fn<() => void>();
  const transport: Transport = {
    start: () => {},
    write: (chunks) => {
      sent.push(...frames(chunks));
      writes.push(chunks);
    },
    end,
    destroy: () => {},
  };
  const scheduleFlush = (flush: () => void): void => void flushes.push(flush);
  const outbound: Outbound = new Outbound(
    transport,
    muxado,
    new TransportBudget(systemClock, budget, true),
    scheduleFlush,
    () => {
      return compose(outbound);
    },
  );
  return {
    outbound,
    writes,
    sent,
    end,
    flushes,
    turn: () => {
      for (const flush of flushes.splice(0)) flush();
    },
  };
}

function frames(chunks: Uint8Array[]): Frame[] {
  const decoder = new FrameDecoder();
  return chunks.flatMap((chunk) => [...decoder.decode(chunk)]);
}

function body(length: number, first = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (first + at) & 0xff);
}

/** A write whose stream only passes on the result. `error` is the error that it gives if the write is lost. */
function write(error?: MuxadoError): TakenWrite & { promise: Promise<void> } {
  const waiter = new Waiter<void>({ abandon: () => {} }, undefined);
  const owner = { confirm: () => waiter.resolve(), lost: () => error };
  return { owner, waiter, promise: waiter.promise };
}

async function outcomeOf(promise: Promise<void>): Promise<unknown> {
  const resolved = promise.then(
    () => "resolved",
    (reason: unknown) => reason,
  );
  return await Promise.race([resolved, new Promise((later) => setImmediate(later, "pending"))]);
}

describe("a turn", () => {
  it("leaves in one write, in the order of the calls", () => {
    const { outbound, writes, turn } = bench();
    outbound.putData(3, 2, body(3), 0, 3);
    outbound.putIncrement(5, 1000);
    outbound.putReset(7, 6);
    outbound.putGoAway(9, 0, body(2), true);
    expect(writes).toHaveLength(0);
    turn();
    expect(writes).toHaveLength(1);
    expect(frames(writes[0]!)).toEqual([
      { type: "data", streamId: 3, syn: true, fin: false, body: body(3) },
      { type: "increment", streamId: 5, increment: 1000 },
      { type: "reset", streamId: 7, errorCode: 6 },
      { type: "goAway", lastStreamId: 9, errorCode: 0, debug: body(2) },
    ]);
  });

  it("asks for one flush, however much is put", () => {
    const { outbound, flushes } = bench();
    for (let count = 0; count < 10; count++) outbound.putIncrement(3, 1);
    expect(flushes).toHaveLength(1);
  });

  it("lets the session add to the write at the last moment", () => {
    const made = bench((outbound) => {
      outbound.putReset(3, 6);
      return false;
    });
    const { outbound } = made;
    outbound.putIncrement(5, 1);
    made.turn();
    expect(frames(made.writes[0]!).map((frame) => frame.type)).toEqual(["increment", "reset"]);
  });

  it("that had no room for all is followed by another, once the write is done", () => {
    const left = [3, 5, 7];
    const made = bench((outbound) => {
      outbound.putReset(left.shift()!, 6);
      return left.length > 0;
    });
    const { outbound } = made;
    outbound.requestFlush();
    for (let turns = 0; turns < 5; turns++) {
      made.turn();
      outbound.written();
    }
    expect(made.sent).toMatchObject([{ streamId: 3 }, { streamId: 5 }, { streamId: 7 }]);
  });

  it("in which nothing was put makes no write", () => {
    const { outbound, writes, turn } = bench();
    outbound.requestFlush();
    turn();
    expect(writes).toHaveLength(0);
  });
});

describe("the head start of a long turn", () => {
  const HEADER = 8;
  /** The least body that gives a head start. */
  const LONG = 2 * KIB - HEADER;

  /** Everything that waits for the microtasks of this turn runs. */
  const continuations = (): Promise<void> => Promise.resolve();

  it("leaves with the promise continuations, once 2 KiB have been put, and the rest at its end", async () => {
    const { outbound, writes, sent, turn } = bench();
    outbound.putData(3, 0, body(LONG), 0, LONG);
    // A command may have put it, and commands call nobody.
    expect(writes).toHaveLength(0);
    outbound.putReset(5, 6);
    await continuations();
    expect(writes).toHaveLength(1);
    expect(sent).toMatchObject([{ type: "data" }, { type: "reset" }]);
    outbound.written();
    outbound.putReset(7, 6);
    turn();
    expect(sent).toMatchObject([{ streamId: 3 }, { streamId: 5 }, { streamId: 7 }]);
  });

  it("is one for each turn, also where a write is done at once", async () => {
    const { outbound, writes, flushes, turn } = bench();
    for (let turns = 1; turns <= 3; turns++) {
      for (let count = 0; count < 10; count++) {
        outbound.putData(3, 0, body(LONG), 0, LONG);
        await continuations();
        outbound.written();
      }
      expect(writes).toHaveLength(2 * turns - 1);
      expect(flushes).toHaveLength(1);
      turn();
      outbound.written();
      expect(writes).toHaveLength(2 * turns);
    }
  });

  it("a turn has one head start until a flush has composed, so head starts cannot delay the output of a flush", async () => {
    let composed = 0;
    const { outbound, writes, turn } = bench(() => {
      composed++;
      return false;
    });
    outbound.putData(3, 0, body(LONG), 0, LONG);
    await continuations();
    turn();
    expect([writes.length, composed]).toEqual([1, 0]);
    outbound.written();
    outbound.putData(3, 0, body(LONG), 0, LONG);
    await continuations();
    expect(writes).toHaveLength(1);
    turn();
    expect([writes.length, composed]).toEqual([2, 1]);
  });

  it("is one also where a turn and the next are over before any continuation, as in Node's tick queue", async () => {
    const { outbound, writes, turn } = bench();
    outbound.putData(3, 0, body(LONG), 0, LONG);
    turn();
    outbound.written();
    outbound.putData(5, 0, body(LONG), 0, LONG);
    await continuations();
    // The first turn has requested a head start as well, but its request runs only now.
    expect(writes).toHaveLength(2);
    outbound.written();
    turn();
    expect(writes).toHaveLength(2);
  });

  it("a head start takes room until the turn is over, so that the room does not depend on the transport", async () => {
    const { outbound, turn } = bench();
    const most = 256 * KIB - 100;
    outbound.putData(3, 0, body(most), 0, most);
    await continuations();
    outbound.written();
    outbound.putData(3, 0, body(100), 0, 100);
    expect(outbound.hasRoom).toBe(false);
    turn();
    outbound.written();
    expect(outbound.hasRoom).toBe(true);
  });

  it("is given to no turn that is shorter", async () => {
    const { outbound, writes } = bench();
    outbound.putData(3, 0, body(LONG - 1), 0, LONG - 1);
    await continuations();
    expect(writes).toHaveLength(0);
  });

  it("a head start carries only frames that were put: other output waits for the end of the turn", async () => {
    const compose = vi.fn(() => false);
    const { outbound, writes, turn } = bench(compose);
    outbound.putData(3, 0, body(LONG), 0, LONG);
    await continuations();
    expect(writes).toHaveLength(1);
    expect(compose).not.toHaveBeenCalled();
    outbound.written();
    turn();
    expect(compose).toHaveBeenCalled();
  });

  it("waits like everything else for a write that is under way", async () => {
    const { outbound, writes, turn } = bench();
    outbound.putReset(3, 6);
    turn();
    outbound.putData(5, 0, body(LONG), 0, LONG);
    await continuations();
    expect(writes).toHaveLength(1);
    outbound.written();
    turn();
    expect(writes).toHaveLength(2);
  });

  it("a head start is not given to output that a flush composes, because this output leaves at once", async () => {
    const { outbound, writes, turn } = bench((outbound) => {
      if (outbound.waiting === 0) outbound.putData(3, 0, body(LONG), 0, LONG);
      return false;
    });
    outbound.requestFlush();
    turn();
    expect(writes).toHaveLength(1);
    outbound.written();
    await continuations();
    expect(writes).toHaveLength(1);
  });

  it("is nothing any more when a flush has taken it, or the transport is closed", async () => {
    const flushed = bench();
    flushed.outbound.putData(3, 0, body(LONG), 0, LONG);
    flushed.turn();
    flushed.outbound.written();
    await continuations();
    expect(flushed.writes).toHaveLength(1);

    const closed = bench();
    closed.outbound.putData(3, 0, body(LONG), 0, LONG);
    closed.outbound.close(undefined);
    // The end of the session may still put its last frames.
    closed.outbound.putData(5, 0, body(LONG), 0, LONG);
    await continuations();
    expect(closed.writes).toHaveLength(0);
  });
});

describe("a write under way", () => {
  it("is the only one until the transport is done with it", () => {
    const { outbound, writes, flushes, turn } = bench();
    outbound.putReset(3, 6);
    turn();
    outbound.putReset(5, 6);
    outbound.flush();
    expect(writes).toHaveLength(1);
    expect(flushes).toHaveLength(0);
    outbound.written();
    turn();
    expect(writes).toHaveLength(2);
    expect(frames(writes[1]!)).toEqual([{ type: "reset", streamId: 5, errorCode: 6 }]);
  });

  it("keeps its bytes while others are put", () => {
    const { outbound, writes, turn } = bench();
    outbound.putData(3, 0, body(100), 0, 100);
    turn();
    const before = writes[0]!.map((chunk) => [...chunk]);
    // More than one arena holds.
    for (let count = 0; count < 30; count++) outbound.putData(5, 0, body(4 * KIB, 9), 0, 4 * KIB);
    expect(writes[0]!.map((chunk) => [...chunk])).toEqual(before);
  });

  it("may be confirmed inside the transport's own call", () => {
    const made = bench();
    const { outbound, turn } = made;
    const push = made.writes.push.bind(made.writes);
    made.writes.push = (chunks) => {
      push(chunks);
      outbound.written();
      return made.writes.length;
    };
    outbound.putReset(3, 6);
    turn();
    outbound.putReset(5, 6);
    turn();
    expect(made.sent).toMatchObject([{ streamId: 3 }, { streamId: 5 }]);
    expect(outbound.underWay).toBe(0);
  });

  it("that is confirmed twice is confirmed once", () => {
    const { outbound, flushes, turn } = bench();
    outbound.putReset(3, 6);
    turn();
    outbound.written();
    turn();
    outbound.written();
    expect(flushes).toHaveLength(0);
  });
});

describe("memory", () => {
  it("is used again from its start once all of it is written", () => {
    const { outbound, writes, turn } = bench();
    for (let round = 0; round < 3; round++) {
      outbound.putData(3, 0, body(1000), 0, 1000);
      turn();
      outbound.written();
    }
    const chunks = writes.flat();
    expect(new Set(chunks.map((chunk) => chunk.buffer)).size).toBe(1);
    expect(chunks.map((chunk) => chunk.byteOffset)).toEqual([0, 0, 0]);
  });

  it("of several arenas is used again after a large turn", () => {
    const { outbound, writes, sent, turn } = bench();
    for (let round = 0; round < 4; round++) {
      for (let count = 0; count < 40; count++) {
        outbound.putData(3, 0, body(4 * KIB, round + count), 0, 4 * KIB);
      }
      turn();
      outbound.written();
    }
    for (const [index, frame] of sent.entries()) {
      const first = Math.floor(index / 40) + (index % 40);
      const same = frame.type === "data" && Buffer.compare(frame.body, body(4 * KIB, first)) === 0;
      expect(same, `frame ${index}`).toBe(true);
    }
    expect(sent).toHaveLength(160);
    // 160 KiB are three arenas. Another one is used while the third is not full.
    const buffers = new Set(writes.flat().map((chunk) => chunk.buffer));
    expect(buffers.size).toBeLessThanOrEqual(4);
  });

  it("of an exceptional turn is not kept forever", () => {
    const { outbound, writes, turn } = bench();
    for (let round = 0; round < 2; round++) {
      for (let count = 0; count < 200; count++) outbound.putData(3, 0, body(4 * KIB), 0, 4 * KIB);
      turn();
      outbound.written();
    }
    const [first, second] = writes.map((chunks) => new Set(chunks.map((chunk) => chunk.buffer)));
    expect(first!.size).toBeGreaterThan(10);
    // Five spare arenas, and the one that is being filled.
    expect([...second!].filter((buffer) => first!.has(buffer))).toHaveLength(6);
  });

  it("is kept for a budget of 1 MiB as well, while all of it is under way", () => {
    const { outbound, writes, turn } = bench(undefined, 1024 * KIB);
    for (let round = 0; round < 4; round++) {
      while (outbound.hasRoom) outbound.putData(3, 0, body(4 * KIB), 0, 4 * KIB);
      turn();
      outbound.written();
    }
    const [first, ...others] = writes.map((chunks) => new Set(chunks.map(({ buffer }) => buffer)));
    const buffers = new Set(others.flatMap((set) => [...set]));
    expect(first!.size).toBeGreaterThan(15);
    // The first round has ended in the middle of an arena.
    expect([...buffers].filter((buffer) => !first!.has(buffer)).length).toBeLessThanOrEqual(1);
  });

  it("of a short body is not referenced: its owner may change it at once", () => {
    const { outbound, writes, turn } = bench();
    const chunk = body(COPIED_BELOW);
    outbound.putData(3, 0, chunk, 0, chunk.length);
    chunk.fill(0);
    turn();
    expect(frames(writes[0]!)).toMatchObject([{ body: body(COPIED_BELOW) }]);
  });

  it("of bodies that are copied is used again, however long they are", () => {
    const { outbound, writes, sent, turn } = bench();
    const all = body(600 * KIB);
    let moved = 0;
    const source = {
      moveTo(target: Uint8Array, at: number, length: number): void {
        target.set(all.subarray(moved, moved + length), at);
        moved += length;
      },
    };
    while (moved < all.length) {
      while (outbound.hasRoom && moved < all.length) {
        outbound.putCopy(3, 0, source, outbound.copyable(all.length - moved));
      }
      turn();
      outbound.written();
    }
    const bodies = sent.flatMap((frame) => (frame.type === "data" ? [frame.body] : []));
    expect(Buffer.compare(Buffer.concat(bodies), all)).toBe(0);
    const blocks = new Set(writes.flat().map(({ buffer }) => buffer));
    expect([...blocks].every(({ byteLength }) => byteLength === 68 * KIB)).toBe(true);
    expect(blocks.size).toBeLessThanOrEqual(6);
    for (const chunks of writes) {
      const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      expect(length).toBeLessThanOrEqual(257 * KIB);
    }
  });

  it("of a longer body is passed on as it is", () => {
    const { outbound, writes, turn } = bench();
    const chunk = body(COPIED_BELOW + 2);
    outbound.putData(3, 0, chunk, 1, chunk.length);
    outbound.putReset(5, 6);
    turn();
    const passed = writes[0]!.find((piece) => piece.buffer === chunk.buffer)!;
    expect([passed.byteOffset, passed.length]).toEqual([1, COPIED_BELOW + 1]);
    expect(frames(writes[0]!)).toMatchObject([{ body: chunk.subarray(1) }, { type: "reset" }]);
  });
});

describe("the budget between streams and transport", () => {
  it("has room until 256 KiB wait or are under way", () => {
    const { outbound, turn } = bench();
    const chunk = new Uint8Array(128 * KIB - 8);
    outbound.putData(3, 0, chunk, 0, chunk.length);
    turn();
    outbound.putData(3, 0, chunk, 0, chunk.length - 1);
    expect(outbound.waiting + outbound.underWay).toBe(256 * KIB - 1);
    expect(outbound.hasRoom).toBe(true);
    outbound.putData(3, 0, NOTHING, 0, 0);
    expect(outbound.hasRoom).toBe(false);
    outbound.written();
    expect(outbound.hasRoom).toBe(true);
  });

  it("bytesSent counts the bytes that the transport was given, with headers and bodies", () => {
    const { outbound, turn } = bench();
    outbound.putData(3, 0, body(10), 0, 10);
    expect([outbound.waiting, outbound.underWay, outbound.bytesSent]).toEqual([18, 0, 0]);
    turn();
    expect([outbound.waiting, outbound.underWay, outbound.bytesSent]).toEqual([0, 18, 18]);
    outbound.written();
    expect([outbound.waiting, outbound.underWay, outbound.bytesSent]).toEqual([0, 0, 18]);
  });
});

describe("a stream that waits for a write", () => {
  it("is told when the transport is done with it, not before", async () => {
    const { outbound, turn } = bench();
    const first = write();
    outbound.putReset(3, 6);
    outbound.afterWritten(first);
    turn();
    const second = write();
    outbound.putReset(5, 6);
    outbound.afterWritten(second);
    expect(await outcomeOf(first.promise)).toBe("pending");
    outbound.written();
    expect(await outcomeOf(first.promise)).toBe("resolved");
    expect(await outcomeOf(second.promise)).toBe("pending");
    turn();
    outbound.written();
    expect(await outcomeOf(second.promise)).toBe("resolved");
  });

  it("is told of the end of the transport, whether the write was under way or not", async () => {
    const { outbound, turn } = bench();
    const over = new MuxadoError({ code: "PEER_EOF", scope: "session", origin: "remote" });
    const [underWay, waiting] = [write(over), write()];
    outbound.putReset(3, 6);
    outbound.afterWritten(underWay);
    turn();
    outbound.putReset(5, 6);
    outbound.afterWritten(waiting);
    outbound.close(undefined);
    outbound.close({ code: "SESSION_CLOSED", scope: "session", origin: "local" });
    expect(await outcomeOf(underWay.promise)).toBe(over);
    // No error for it: the peer has received it.
    expect(await outcomeOf(waiting.promise)).toBe("resolved");
  });
});

describe("the end", () => {
  const why = new MuxadoError({ code: "PROTOCOL_ERROR", scope: "session", origin: "remote" });

  it("of the transport comes after all that was put", () => {
    const { outbound, writes, end, turn } = bench();
    outbound.putReset(3, 6);
    turn();
    outbound.putReset(5, 6);
    outbound.finish(why);
    turn();
    expect(end).not.toHaveBeenCalled();
    outbound.written();
    turn();
    expect(writes).toHaveLength(2);
    expect(end).not.toHaveBeenCalled();
    outbound.written();
    turn();
    expect(end).toHaveBeenCalledExactlyOnceWith(why);
  });

  it("comes at once when nothing waits", () => {
    const { outbound, end, turn } = bench();
    outbound.finish(why);
    turn();
    expect(end).toHaveBeenCalledOnce();
  });

  it("is the end of all writing", () => {
    const { outbound, writes, flushes, turn } = bench();
    outbound.close(undefined);
    outbound.putReset(3, 6);
    outbound.requestFlush();
    expect(flushes).toHaveLength(0);
    outbound.flush();
    turn();
    expect(writes).toHaveLength(0);
  });
});
