// The timeout of a Duplex counts the time in which no byte has moved.

import { once } from "node:events";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { sessionPair, streamPair } from "../connections.ts";
import { write } from "../duplexes.ts";
import { leaveNothingOpen } from "../resources.ts";

leaveNothingOpen();

describe("the silence of a Duplex", () => {
  test("silence is counted anew with each byte in either direction", async () => {
    const [left, right] = await streamPair();
    right.resume();
    left.resume();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const told = vi.fn();
    left.on("timeout", told).setTimeout(1_000);
    for (const size of [1, 5_000]) {
      vi.advanceTimersByTime(999);
      await write(left, Buffer.alloc(size));
      vi.advanceTimersByTime(999);
      right.write("x");
      await once(left, "data");
    }
    expect(told).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(told).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(10_000);
    expect(told).toHaveBeenCalledTimes(1);
  });

  test("silence is not counted while a long write moves on", async () => {
    const [left, right] = await streamPair({}, sessionPair({ windowSize: 64 * 1024 }));
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const told = vi.fn();
    left.on("timeout", told).setTimeout(1_000);
    const written = write(left, Buffer.alloc(1_000_000));
    let isDone = false;
    void written.then(() => (isDone = true));
    while (!isDone) {
      const before = left.stream.stats().bytesSent;
      for (let turns = 0; turns < 100 && left.stream.stats().bytesSent === before; turns++) {
        right.read();
        await new Promise(setImmediate);
      }
      if (left.stream.stats().bytesSent > before) vi.advanceTimersByTime(400);
    }
    expect(told).not.toHaveBeenCalled();
  });

  test("silence is counted while no byte moves, however many wait", async () => {
    const [left] = await streamPair({}, sessionPair({ windowSize: 64 * 1024 }));
    left.write(Buffer.alloc(1_000_000));
    left.setTimeout(5);
    await once(left, "timeout");
    expect(left.destroyed).toBe(false);
  });
});

test("a timeout is at most as long as a timer of the platform's can wait", async () => {
  const [left] = await streamPair();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const told = vi.fn();
  left.setTimeout(2 ** 31, told);
  vi.advanceTimersByTime(2 ** 31 - 2);
  expect(told).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(told).toHaveBeenCalledTimes(1);
});
