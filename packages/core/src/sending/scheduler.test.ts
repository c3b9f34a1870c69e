// Turns: which stream is next, and how much a turn may send.

import { describe, expect, it, vi } from "vitest";
import type { Outbound } from "./outbound.ts";
import { DEFAULT_PRIORITY, packPriority, type Priority } from "./priority.ts";
import { Scheduler, type Sender } from "./scheduler.ts";

const KIB = 1024;

/** The longest body of a frame while others wait, and a stream's share in a round at the default weight. */
const TURN = 32 * KIB;

/** A stream with `output` bytes of output. */
type Fake = Sender & { output: number; priority: number };

interface Bench {
  readonly scheduler: Scheduler;
  /** Every turn: its stream, and how much it sent. */
  readonly turns: [name: string, length: number][];
  readonly requestFlush: ReturnType<typeof vi.fn>;
  /** Bytes for which the transport's budget still has room. */
  room: number;
  /** A stream with `output` bytes to send. */
  readonly stream: (name: string, output: number, priority?: Priority) => Fake;
}

function bench(): Bench {
  const turns: Bench["turns"] = [];
  const requestFlush = vi.fn();
  const outbound = {
    requestFlush,
    framesSent: 0,
    get hasRoom() {
      return made.room > 0;
    },
  } as unknown as Outbound;
  const made: Bench = {
    scheduler: new Scheduler(outbound, { size: 0, add() {}, delete() {} } as never),
    turns,
    requestFlush,
    room: Infinity,
    stream(name, output, priority = {}) {
      const stream: Fake = {
        output,
        failed: false,
        priority: packPriority(priority, DEFAULT_PRIORITY),
        scheduled: false,
        next: null,
        previous: null,
        deficit: 0,
        charge: 0,
        waits: false,
        expire() {},
        get ready() {
          return stream.output > 0;
        },
        takeTurn(limit: number) {
          const length = Math.min(limit, stream.output);
          stream.output -= length;
          made.room -= length;
          made.scheduler.spend(stream, length);
          turns.push([name, length]);
          outbound.framesSent++;
        },
      };
      return stream;
    },
  };
  return made;
}

function names(turns: Bench["turns"]): string {
  return turns.map(([name]) => name).join("");
}

/** Bytes that each stream has sent. */
function sums(turns: Bench["turns"]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [name, length] of turns) sums[name] = (sums[name] ?? 0) + length;
  return sums;
}

describe("streams of one urgency", () => {
  it("take turns of one frame, in the order in which they asked", () => {
    const { scheduler, turns, stream } = bench();
    scheduler.schedule(stream("a", 2.5 * TURN));
    scheduler.schedule(stream("b", TURN));
    scheduler.schedule(stream("c", 2 * TURN));
    scheduler.fill();
    expect(names(turns)).toBe("abcaca");
  });

  it("ask for a flush", () => {
    const { scheduler, requestFlush, stream } = bench();
    scheduler.schedule(stream("a", 1));
    expect(requestFlush).toHaveBeenCalledOnce();
  });

  it("stand in the ring once, however often they ask", () => {
    const { scheduler, turns, stream } = bench();
    const a = stream("a", 2 * TURN);
    for (let times = 0; times < 3; times++) scheduler.schedule(a);
    scheduler.schedule(stream("b", 2 * TURN));
    scheduler.fill();
    expect(names(turns)).toBe("abab");
  });

  it("send up to 32 KiB while others wait, and up to 64 KiB alone", () => {
    const { scheduler, turns, stream } = bench();
    scheduler.schedule(stream("a", TURN + 128 * KIB));
    scheduler.schedule(stream("b", TURN));
    scheduler.fill();
    expect(turns).toEqual([
      ["a", TURN],
      ["b", TURN],
      ["a", 64 * KIB],
      ["a", 64 * KIB],
    ]);
  });

  it("go on where they stopped when the transport has room again", () => {
    const made = bench();
    const { scheduler, turns, stream } = made;
    scheduler.schedule(stream("a", 2 * TURN));
    scheduler.schedule(stream("b", 2 * TURN));
    made.room = 3 * TURN;
    scheduler.fill();
    expect(scheduler.isWaiting).toBe(true);
    expect(names(turns)).toBe("aba");
    made.room = 3 * TURN;
    scheduler.fill();
    expect(scheduler.isWaiting).toBe(false);
    expect(names(turns)).toBe("abab");
  });

  it("have equal shares, whatever the sizes of their messages", () => {
    const made = bench();
    const { scheduler, turns, stream } = made;
    const [large, small] = [stream("l", 1000 * KIB), stream("s", 100)];
    scheduler.schedule(large);
    scheduler.schedule(small);
    for (let round = 0; round < 100; round++) {
      made.room = 1;
      scheduler.fill();
      // Each message is written after the last one has left, so none waits when its turn is over.
      if (small.output === 0) small.output = 100;
      scheduler.schedule(small);
    }
    expect(names(turns).match(/ll/)).toBeNull();
    expect(names(turns)).toContain("lsls");
  });
});

describe("weights", () => {
  it.each([
    [16, 16],
    [16, 32],
    [1, 256],
    [3, 200],
    [256, 256],
  ])("of %i and %i are the shares of the transport, within a frame", (first, second) => {
    const made = bench();
    const { scheduler, turns, stream } = made;
    scheduler.schedule(stream("a", Infinity, { weight: first }));
    scheduler.schedule(stream("b", Infinity, { weight: second }));
    const total = 6400 * TURN;
    made.room = total;
    scheduler.fill();
    const share = sums(turns).a! / total;
    expect(share / (first / (first + second))).toBeGreaterThan(0.98);
    expect(share / (first / (first + second))).toBeLessThan(1.02);
  });

  it("hold for streams that have one message after the other, too", () => {
    const made = bench();
    const { scheduler, turns, stream } = made;
    const a = stream("a", TURN, { weight: 4 });
    const b = stream("b", TURN, { weight: 16 });
    for (let round = 0; round < 2000; round++) {
      for (const each of [a, b]) {
        if (each.output === 0) each.output = TURN;
        scheduler.schedule(each);
      }
      made.room = 1;
      scheduler.fill();
    }
    expect(sums(turns).b! / sums(turns).a!).toBeCloseTo(4, 1);
  });

  it("are not held against a stream that nobody competed with", () => {
    const made = bench();
    const { scheduler, turns, stream } = made;
    const a = stream("a", 100 * 64 * KIB, { weight: 1 });
    scheduler.schedule(a);
    made.room = 99 * 64 * KIB;
    scheduler.fill();
    turns.length = 0;
    a.output = Infinity;
    scheduler.schedule(stream("b", Infinity, { weight: 1 }));
    made.room = 200 * TURN;
    scheduler.fill();
    expect(sums(turns).a! / sums(turns).b!).toBeGreaterThan(0.95);
  });
});

describe("urgency", () => {
  it("is served strictly in order: what is urgent goes before every other turn", () => {
    const made = bench();
    const { scheduler, turns, stream } = made;
    scheduler.schedule(stream("b", 3 * TURN, { urgency: 5 }));
    scheduler.schedule(stream("c", TURN, { urgency: 7 }));
    made.room = 1;
    scheduler.fill();
    scheduler.schedule(stream("a", 1.25 * TURN, { urgency: 0 }));
    made.room = Infinity;
    scheduler.fill();
    expect(names(turns)).toBe("baabbc");
  });

  it("says who may not be overtaken: the equally and the more urgent", () => {
    const { scheduler, stream } = bench();
    scheduler.schedule(stream("a", 1, { urgency: 3 }));
    const precedes = (urgency: number): boolean =>
      scheduler.precedes(packPriority({ urgency }, DEFAULT_PRIORITY));
    expect([0, 1, 2, 3, 4, 5, 6, 7].map(precedes)).toEqual([
      false,
      false,
      false,
      true,
      true,
      true,
      true,
      true,
    ]);
  });

  it("keeps frames short for streams of other classes that wait, too", () => {
    const { scheduler, turns, stream } = bench();
    scheduler.schedule(stream("b", 1, { urgency: 7 }));
    scheduler.schedule(stream("a", 2 * TURN, { urgency: 0 }));
    scheduler.fill();
    expect(turns).toEqual([
      ["a", TURN],
      ["a", TURN],
      ["b", 1],
    ]);
  });
});

describe("streams that have nothing to send", () => {
  it("are not let in, and ask for no flush", () => {
    const { scheduler, turns, requestFlush, stream } = bench();
    scheduler.schedule(stream("a", 0));
    scheduler.fill();
    expect(turns).toEqual([]);
    expect(requestFlush).not.toHaveBeenCalled();
  });

  it("lose their turn, and may come back later", () => {
    const { scheduler, turns, stream } = bench();
    const [a, b] = [stream("a", 1), stream("b", 1)];
    scheduler.schedule(a);
    scheduler.schedule(b);
    a.output = 0; // it was reset, or its write was taken back
    scheduler.fill();
    expect(names(turns)).toBe("b");
    a.output = 1;
    scheduler.schedule(a);
    scheduler.fill();
    expect(names(turns)).toBe("ba");
  });

  it("are taken out wherever they stand", () => {
    for (const gone of ["a", "b", "c"]) {
      const { scheduler, turns, stream } = bench();
      const streams = ["a", "b", "c"].map((name) => stream(name, 1));
      for (const each of streams) scheduler.schedule(each);
      scheduler.remove(streams["abc".indexOf(gone)]!);
      scheduler.fill();
      expect(names(turns)).toBe("abc".replace(gone, ""));
      expect(scheduler.isWaiting).toBe(false);
    }
  });
});
