// How many bytes may wait in a socket's buffer, and when the transport looks at them.

import type { Clock } from "@muxado/core";
import { VirtualClock } from "@muxado/testkit";
import { describe, expect, test } from "vitest";
import { SocketBuffer, USUAL_BUDGET } from "./socket-buffer.ts";
import type { WebSocketLike } from "./web-socket.ts";

const KIB = 1024;

/** A buffer whose level the test sets. */
function bench(budget = USUAL_BUDGET) {
  const socket = { bufferedAmount: 0 };
  const clock = new VirtualClock();
  /** The shortest time that the browser lets a timer wait: a second for a page in the background. */
  const page = { shortestWait: 0 };
  const throttled: Clock = {
    now: () => clock.now(),
    setTimer: (callback, delay) => clock.setTimer(callback, Math.max(delay, page.shortestWait)),
  };
  let rooms = 0;
  const buffer = new SocketBuffer(
    socket as WebSocketLike,
    { clock: throttled, budget },
    () => rooms++,
  );
  /** Sends something, so that this many bytes wait. Returns whether there is room for more at once. */
  const send = (held: number): boolean => {
    const before = rooms;
    socket.bufferedAmount = held;
    buffer.awaitRoom();
    return rooms > before;
  };
  /** Fires the timer when this many bytes are left. Returns whether there is room then. */
  const lookAt = (held: number): boolean => {
    const before = rooms;
    socket.bufferedAmount = held;
    clock.runNext();
    return rooms > before;
  };
  /** Returns the level up to which there is room, to the nearest KiB. */
  const allowed = (): number => {
    let [room, none] = [0, 8192];
    while (none - room > 1) {
      const middle = (room + none) >> 1;
      if (send(middle * KIB)) room = middle;
      else none = middle;
      buffer.stop();
    }
    return room;
  };
  return { buffer, clock, page, send, lookAt, allowed };
}

/** Returns the level that is allowed after each of this many rounds. In each round the buffer runs dry. */
function growth({ send, lookAt, allowed }: ReturnType<typeof bench>, rounds: number): number[] {
  return Array.from({ length: rounds }, () => {
    send(8192 * KIB);
    expect(lookAt(0)).toBe(true);
    return allowed();
  });
}

describe("the number of bytes that may wait in the buffer", () => {
  test("is 64 KiB at first, a quarter of the session's budget where that is less than usual", () => {
    expect(bench().allowed()).toBe(64);
    expect(bench(Infinity).allowed()).toBe(64);
    expect(bench(32 * KIB).allowed()).toBe(8);
  });

  test("doubles each time that the buffer has run dry before a look, up to twice the budget", () => {
    expect(growth(bench(), 5)).toEqual([128, 256, 512, 512, 512]);
    expect(growth(bench(32 * KIB), 5)).toEqual([16, 32, 64, 64, 64]);
  });

  test("grows further where timers are slow, and is cut back as soon as they are not", () => {
    const slow = bench();
    slow.page.shortestWait = 1000;
    expect(growth(slow, 8)).toEqual([128, 256, 512, 1024, 2048, 4096, 4096, 4096]);
    slow.page.shortestWait = 0;
    slow.send(8192 * KIB);
    slow.lookAt(8191 * KIB);
    expect(slow.allowed()).toBe(512);
  });

  test("shrinks by an eighth at each look that finds it larger than twice the bytes that have left, down to its first value", () => {
    const one = bench();
    growth(one, 3);
    one.send(8192 * KIB);
    one.lookAt(8000 * KIB);
    expect(one.allowed()).toBe(512 * 0.875);
    one.send(8192 * KIB);
    for (let look = 0; look < 100; look++) one.lookAt((8190 - look) * KIB);
    expect(one.allowed()).toBe(64);
  });

  test("stays while each look finds that about half of it has left", () => {
    const one = bench();
    growth(one, 2);
    const { send, lookAt, allowed } = one;
    for (let round = 0; round < 50; round++) {
      send(320 * KIB);
      expect(lookAt(192 * KIB)).toBe(true);
    }
    expect(allowed()).toBe(256);
  });
});

describe("a buffer that does not move", () => {
  test("is given one more write after a second, and no further one until it has moved", () => {
    const { send, lookAt, clock } = bench();
    send(100 * KIB);
    let looks = 1;
    while (!lookAt(100 * KIB)) looks++;
    expect(looks).toBe(16);
    expect(clock.now()).toBeGreaterThan(800);
    expect(clock.timers).toHaveLength(0);
    send(164 * KIB);
    for (let look = 0; look < 100; look++) expect(lookAt(164 * KIB)).toBe(false);
    expect(lookAt(10 * KIB)).toBe(true);
    send(100 * KIB);
    looks = 1;
    while (!lookAt(100 * KIB)) looks++;
    expect(looks).toBe(16);
  });

  test("is doubted again when it has moved in between, also if it was never empty enough", () => {
    const { send, lookAt } = bench();
    for (const held of [600, 300, 200]) {
      send(held * KIB);
      let looks = 1;
      while (!lookAt(held * KIB)) looks++;
      expect(looks).toBe(16);
      send((held + 64) * KIB);
      expect(lookAt((held - 50) * KIB)).toBe(false);
    }
  });

  test("without a `bufferedAmount` is never waited for", () => {
    const { send, clock } = bench();
    expect(send(undefined as unknown as number)).toBe(true);
    expect(clock.timers).toHaveLength(0);
  });

  test("is not believed to stand still because messages come", () => {
    const { buffer, send, clock, lookAt } = bench();
    send(100 * KIB);
    for (let message = 0; message < 100; message++) buffer.look();
    expect(clock.timers).toHaveLength(1);
    expect(lookAt(99 * KIB)).toBe(false);
    expect(lookAt(64 * KIB)).toBe(true);
  });
});
