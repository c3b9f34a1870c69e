// The platform's time and the end of its turn.

import { afterEach, describe, expect, it, vi } from "vitest";
import { flushInNextTask, systemClock } from "./clock.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the platform's clock", () => {
  it("never goes back", () => {
    const before = systemClock.now();
    expect(systemClock.now()).toBeGreaterThanOrEqual(before);
  });

  it("calls once, after the delay", () => {
    vi.useFakeTimers();
    const callback = vi.fn();
    systemClock.setTimer(callback, 100);
    vi.advanceTimersByTime(99);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1000);
    expect(callback).toHaveBeenCalledOnce();
  });

  it("forgets a timer that is cancelled, also one that has fired", () => {
    vi.useFakeTimers();
    const callback = vi.fn();
    const timer = systemClock.setTimer(callback, 100);
    timer.cancel();
    vi.advanceTimersByTime(1000);
    expect(callback).not.toHaveBeenCalled();
    timer.cancel();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not keep a process alive", () => {
    const unref = vi.fn();
    vi.stubGlobal("setTimeout", () => ({ unref }));
    systemClock.setTimer(() => {}, 100);
    expect(unref).toHaveBeenCalledOnce();
  });

  it("needs no more of a timer than its number, as in a browser", () => {
    const cleared = vi.fn();
    vi.stubGlobal("setTimeout", () => 17);
    vi.stubGlobal("clearTimeout", cleared);
    systemClock.setTimer(() => {}, 100).cancel();
    expect(cleared).toHaveBeenCalledWith(17);
  });
});

describe.each(["with setImmediate", "without setImmediate"])("a flush %s", (platform) => {
  function prepare(): void {
    if (platform === "without setImmediate") vi.stubGlobal("setImmediate", undefined);
  }

  it("runs after the turn and all its promise continuations", async () => {
    prepare();
    const order: string[] = [];
    const flushed = new Promise<void>((resolve) => {
      flushInNextTask(() => {
        order.push("flush");
        resolve();
      });
    });
    void Promise.resolve()
      .then(() => order.push("continuation"))
      .then(() => order.push("its continuation"));
    order.push("turn");
    await flushed;
    expect(order).toEqual(["turn", "continuation", "its continuation", "flush"]);
  });

  it("runs once for each call, in order", async () => {
    prepare();
    const order: number[] = [];
    await new Promise<void>((resolve) => {
      flushInNextTask(() => order.push(1));
      flushInNextTask(() => order.push(2));
      flushInNextTask(resolve);
    });
    expect(order).toEqual([1, 2]);
  });
});
