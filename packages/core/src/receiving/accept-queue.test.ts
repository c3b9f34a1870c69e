// Remote streams on their way to the application: order, backlog, waiting accepts, the end.

import { VirtualClock } from "@muxado/testkit";
import fc from "fast-check";
import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import type { Stream } from "../stream.ts";
import { AcceptQueue } from "./accept-queue.ts";

/** A queue whose streams are taken out by the tests. */
function queueOf<S>(backlog: number): AcceptQueue<S> {
  return new AcceptQueue<S>({
    backlog,
    timeout: Infinity,
    clock: new VirtualClock(),
    schedule: () => {},
    refuse: () => {},
  });
}

/** The queue never looks into a stream. */
function streams(count: number): Stream[] {
  return Array.from({ length: count }, (_, index) => ({ id: index }) as Stream);
}

function filled(backlog: number, count: number): { queue: AcceptQueue<Stream>; queued: Stream[] } {
  const queue = queueOf<Stream>(backlog);
  const queued = streams(count);
  for (const stream of queued) queue.push(stream);
  return { queue, queued };
}

describe("taking", () => {
  it("take returns the wanted streams in order, and leaves the others in their order", async () => {
    const { queue, queued } = filled(10, 7);
    await queue.accept(undefined);
    const odd = queue.take(({ id }) => id % 2 === 1);
    expect(odd).toEqual([queued[1], queued[3], queued[5]]);
    expect(queue.length).toBe(3);
    for (const left of [2, 4, 6]) expect(await queue.accept(undefined)).toBe(queued[left]);
  });
});

describe("order", () => {
  it("is that of arrival", async () => {
    const { queue, queued } = filled(10, 5);
    const accepted: Stream[] = [];
    for (const _ of queued) accepted.push(await queue.accept(undefined));
    expect(accepted).toEqual(queued);
    expect(queue.length).toBe(0);
  });

  it("is that of the accepts, when they wait for streams", async () => {
    const queue = queueOf<Stream>(10);
    const waiting = [1, 2, 3].map(() => queue.accept(undefined));
    const arriving = streams(3);
    for (const stream of arriving) queue.push(stream);
    expect(await Promise.all(waiting)).toEqual(arriving);
    expect(queue.length).toBe(0);
  });

  it("holds while streams come and go", async () => {
    const { queue, queued } = filled(Infinity, 3);
    const accepted: Stream[] = [];
    for (const stream of streams(50)) {
      accepted.push(await queue.accept(undefined));
      queue.push(stream);
      queued.push(stream);
    }
    expect(accepted).toEqual(queued.slice(0, 50));
    expect(queue.length).toBe(3);
  });
});

describe("the backlog", () => {
  it("is overfull by one stream more, and full only a burst later", () => {
    const { queue } = filled(4, 4);
    expect([queue.overfull, queue.full]).toEqual([false, false]);
    queue.push({} as Stream);
    expect([queue.overfull, queue.full]).toEqual([true, false]);
    for (const stream of streams(16 * 1024 - 1)) queue.push(stream);
    expect([queue.overfull, queue.full]).toEqual([true, true]);
  });

  it("is trimmed to its size by giving up the newest", async () => {
    const { queue, queued } = filled(4, 7);
    await queue.accept(undefined);
    expect(queue.trim()).toEqual(queued.slice(5));
    expect(queue.length).toBe(4);
    expect(await queue.accept(undefined)).toBe(queued[1]);
  });

  it("that is not overfull gives up nothing", () => {
    expect(filled(4, 4).queue.trim()).toEqual([]);
  });

  it("may be endless", () => {
    const { queue } = filled(Infinity, 20_000);
    expect([queue.overfull, queue.full]).toEqual([false, false]);
    expect(queue.trim()).toEqual([]);
  });
});

describe("stale streams", () => {
  it("are those that were there at the last call and still are, the oldest first", () => {
    const { queue, queued } = filled(10, 3);
    expect(queue.takeStale()).toEqual([]);
    const [late] = streams(1);
    queue.push(late!);
    expect(queue.takeStale()).toEqual(queued);
    expect(queue.length).toBe(1);
    expect(queue.takeStale()).toEqual([late]);
    expect(queue.takeStale()).toEqual([]);
  });

  it("are not those that have come in the place of accepted streams", async () => {
    const { queue, queued } = filled(10, 3);
    queue.takeStale();
    await queue.accept(undefined);
    await queue.accept(undefined);
    for (const stream of streams(5)) queue.push(stream);
    expect(queue.takeStale()).toEqual([queued[2]]);
    expect(queue.length).toBe(5);
  });

  it("are not those that have come in the place of streams wanted elsewhere", () => {
    const { queue, queued } = filled(10, 4);
    queue.takeStale();
    queue.take(({ id }) => id < 3);
    queue.push({ id: 9 } as Stream);
    expect(queue.takeStale()).toEqual([queued[3]]);
    expect(queue.length).toBe(1);
  });

  it("are not those that have come in the place of streams that were given up", () => {
    const { queue, queued } = filled(2, 4);
    queue.takeStale();
    queue.trim();
    queue.push({ id: 9 } as Stream);
    expect(queue.takeStale()).toEqual(queued.slice(0, 2));
    expect(queue.length).toBe(1);
  });

  it("stale streams are exactly the streams that were there at two calls, after any pushes and accepts", () => {
    const step = fc.constantFrom("push", "push", "accept", "trim", "stale");
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const queue = queueOf<{ id: number; seen: number }>(4);
        let model: { id: number; seen: number }[] = [];
        for (const [id, verb] of steps.entries()) {
          if (verb === "push") {
            const stream = { id, seen: 0 };
            model.push(stream);
            queue.push(stream);
          } else if (verb === "accept") {
            if (model.length === 0) continue;
            void queue.accept(undefined);
            model.shift();
          } else if (verb === "trim") {
            expect(queue.trim()).toEqual(model.splice(4));
          } else {
            const stale = model.filter(({ seen }) => seen > 0);
            expect(queue.takeStale()).toEqual(stale);
            model = model.filter(({ seen }) => seen === 0);
            for (const stream of model) stream.seen++;
          }
          expect(queue.length).toBe(model.length);
        }
      }),
    );
  });
});

describe("an accept whose signal aborts", () => {
  it("rejects with the reason, takes no stream, and leaves no listener", async () => {
    const queue = queueOf<Stream>(4);
    const controller = new AbortController();
    const aborted = queue.accept(controller.signal);
    const other = queue.accept(undefined);
    controller.abort("enough");
    await expect(aborted).rejects.toBe("enough");
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
    const [stream] = streams(1);
    queue.push(stream!);
    expect(await other).toBe(stream);
  });

  it("rejects at once when it has aborted before, and the stream stays", async () => {
    const { queue } = filled(4, 1);
    await expect(queue.accept(AbortSignal.abort("before"))).rejects.toBe("before");
    expect(queue.length).toBe(1);
  });

  it("leaves no listener when a stream comes first", async () => {
    const queue = queueOf<Stream>(4);
    const { signal } = new AbortController();
    const accepting = queue.accept(signal);
    queue.push({} as Stream);
    await accepting;
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });
});

describe("the end", () => {
  it("rejects every accept that waits and every later one", async () => {
    const queue = queueOf<Stream>(4);
    const waiting = [queue.accept(undefined), queue.accept(undefined)];
    let made = 0;
    queue.end(() => ++made);
    await expect(waiting[0]).rejects.toBe(1);
    await expect(waiting[1]).rejects.toBe(2);
    await expect(queue.accept(undefined)).rejects.toBe(3);
  });

  it("comes after the streams that arrived before", async () => {
    const { queue, queued } = filled(4, 2);
    queue.end(() => "over");
    expect(await queue.accept(undefined)).toBe(queued[0]);
    expect(await queue.accept(undefined)).toBe(queued[1]);
    await expect(queue.accept(undefined)).rejects.toBe("over");
  });
});
