// Turns: who is next, and how much a turn may send.

import { describe, expect, it, vi } from "vitest";
import type { Outbound } from "./outbound.ts";
import { Scheduler } from "./scheduler.ts";
import type { Stream } from "./stream.ts";

const KIB = 1024;

interface Bench {
  readonly scheduler: Scheduler;
  /** Every turn: whose, and how much it might send. */
  readonly turns: [name: string, limit: number][];
  readonly requestFlush: ReturnType<typeof vi.fn>;
  /** Turns that the transport's budget still has room for. */
  room: number;
  /** A stream with `frames` turns' worth of output. */
  readonly stream: (name: string, frames: number) => Stream & { frames: number };
}

function bench(): Bench {
  const turns: Bench["turns"] = [];
  const requestFlush = vi.fn();
  const outbound = {
    requestFlush,
    get hasRoom() {
      return made.room > 0;
    },
  } as unknown as Outbound;
  const made: Bench = {
    scheduler: new Scheduler(outbound),
    turns,
    requestFlush,
    room: Infinity,
    stream(name, frames) {
      const stream = {
        frames,
        sending: {
          scheduled: false,
          next: null,
          get ready() {
            return stream.frames > 0;
          },
          sendNext(limit: number) {
            stream.frames--;
            made.room--;
            turns.push([name, limit]);
          },
        },
      };
      return stream as unknown as Stream & { frames: number };
    },
  };
  return made;
}

function names(turns: Bench["turns"]): string {
  return turns.map(([name]) => name).join("");
}

describe("streams that have output", () => {
  it("take turns of one frame, in the order in which they asked", () => {
    const { scheduler, turns, stream } = bench();
    for (const [name, frames] of [
      ["a", 3],
      ["b", 1],
      ["c", 2],
    ] as const) {
      scheduler.schedule(stream(name, frames));
    }
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
    const a = stream("a", 2);
    for (let times = 0; times < 3; times++) scheduler.schedule(a);
    scheduler.schedule(stream("b", 2));
    scheduler.fill();
    expect(names(turns)).toBe("abab");
  });

  it("send up to 16 KiB while others wait, and up to 64 KiB alone", () => {
    const { scheduler, turns, stream } = bench();
    scheduler.schedule(stream("a", 3));
    scheduler.schedule(stream("b", 1));
    scheduler.fill();
    expect(turns).toEqual([
      ["a", 16 * KIB],
      ["b", 16 * KIB],
      ["a", 64 * KIB],
      ["a", 64 * KIB],
    ]);
  });

  it("go on where they stopped when the transport has room again", () => {
    const made = bench();
    const { scheduler, turns, stream } = made;
    scheduler.schedule(stream("a", 2));
    scheduler.schedule(stream("b", 2));
    made.room = 3;
    expect(scheduler.fill()).toBe(true);
    expect(names(turns)).toBe("aba");
    made.room = 3;
    expect(scheduler.fill()).toBe(false);
    expect(names(turns)).toBe("abab");
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
    a.frames = 0; // it was reset, or its write was taken back
    scheduler.fill();
    expect(names(turns)).toBe("b");
    a.frames = 1;
    scheduler.schedule(a);
    scheduler.fill();
    expect(names(turns)).toBe("ba");
  });
});
