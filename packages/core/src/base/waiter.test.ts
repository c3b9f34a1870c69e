// A pending operation is settled once, and leaves nothing on its signal.

import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { DONE, rejected, Waiter, waitFor } from "./waiter.ts";

function owner(): { abandon: ReturnType<typeof vi.fn<(waiter: object) => void>> } {
  return { abandon: vi.fn() };
}

describe("a waiter", () => {
  it("resolves, and leaves no listener on its signal", async () => {
    const { signal } = new AbortController();
    const waiter = new Waiter<number>(owner(), signal);
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    waiter.resolve(42);
    expect(await waiter.promise).toBe(42);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it("rejects, and leaves no listener on its signal", async () => {
    const { signal } = new AbortController();
    const waiter = new Waiter<number>(owner(), signal);
    waiter.reject("no");
    await expect(waiter.promise).rejects.toBe("no");
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it("rejects with the signal's reason, tells its owner, and leaves no listener", async () => {
    const controller = new AbortController();
    const waiters = owner();
    const waiter = new Waiter<number>(waiters, controller.signal);
    controller.abort("changed my mind");
    await expect(waiter.promise).rejects.toBe("changed my mind");
    expect(waiters.abandon.mock.calls).toEqual([[waiter]]);
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  });

  it("keeps its first result", async () => {
    const controller = new AbortController();
    const waiters = owner();
    const waiter = new Waiter<number>(waiters, controller.signal);
    waiter.resolve(1);
    waiter.resolve(2);
    waiter.reject("late");
    controller.abort();
    expect(await waiter.promise).toBe(1);
    expect(waiters.abandon).not.toHaveBeenCalled();
  });

  it("needs no signal", async () => {
    const waiter = new Waiter<string>(owner(), undefined);
    waiter.resolve("done");
    expect(await waiter.promise).toBe("done");
  });
});

describe("waiting for a promise until a signal aborts", () => {
  it("is the promise itself when there is no signal", () => {
    const promise = Promise.resolve(1);
    expect(waitFor(promise, undefined)).toBe(promise);
  });

  it("is over at once when the signal has aborted", async () => {
    const never = new Promise<number>(() => {});
    await expect(waitFor(never, AbortSignal.abort("before"))).rejects.toBe("before");
  });

  it("ends with the promise, well or badly, and leaves no listener", async () => {
    const { signal } = new AbortController();
    expect(await waitFor(Promise.resolve(7), signal)).toBe(7);
    await expect(waitFor(rejected("bad"), signal)).rejects.toBe("bad");
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it("ends with the signal, and the promise goes on", async () => {
    const controller = new AbortController();
    const work = new Waiter<number>(owner(), undefined);
    const waiting = waitFor(work.promise, controller.signal);
    controller.abort("enough");
    await expect(waiting).rejects.toBe("enough");
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
    work.resolve(3);
    expect(await work.promise).toBe(3);
  });
});

describe("rejections that nobody handles", () => {
  it("are never reported as such", async () => {
    const reported = vi.fn();
    process.on("unhandledRejection", reported);
    const controller = new AbortController();
    void rejected("from the start");
    new Waiter(owner(), undefined).reject("later");
    void waitFor(rejected("behind a wait"), controller.signal);
    void waitFor(new Promise(() => {}), controller.signal);
    controller.abort("by a signal");
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    process.off("unhandledRejection", reported);
    expect(reported).not.toHaveBeenCalled();
  });
});

it("an operation that is done at once resolves to nothing", async () => {
  expect(await DONE).toBeUndefined();
});
