// The session decides how long a close may take. The `ws` package would give up by itself.

import { attach } from "@muxado/ws";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ending, readAll, socketPair } from "./peers.ts";
import { leaveNothingOpen } from "./resources.ts";

leaveNothingOpen();
afterEach(() => void vi.useRealTimers());

/**
 * `ws` closes the connection some time after it has been told to close. This is longer than that time, in milliseconds.
 */
const LONGER_THAN_WS = 40_000;

describe.each(["client", "server"] as const)(
  "a session that the %s closes without a deadline",
  (closer) => {
    test("waits for a reader that needs more time than ws gives it", async () => {
      const sockets = await socketPair();
      if (closer === "server") sockets.reverse();
      const [ours, theirs] = sockets;
      const session = ending(attach(ours, { role: "client" }));
      const reader = ending(attach(theirs, { role: "server" }));
      const stream = session.open();
      await stream.write(new Uint8Array(1));
      const accepted = await reader.accept();
      await accepted.closeWrite();
      expect(await stream.read()).toBeNull();
      theirs.pause();
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      await stream.write(new Uint8Array(100_000));
      await stream.close();
      let isClosed = false;
      const closing = session.close({ timeout: Infinity }).then(() => void (isClosed = true));
      while (ours.readyState === ours.OPEN) await new Promise(setImmediate);

      await vi.advanceTimersByTimeAsync(LONGER_THAN_WS);
      for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
      expect(isClosed).toBe(false);
      theirs.resume();
      expect(await readAll(accepted)).toHaveLength(100_001);
      await closing;
      expect(await session.closed).toMatchObject({ localError: undefined, remoteError: undefined });
      expect(await reader.closed).toMatchObject({ localError: undefined, remoteError: undefined });
    });
  },
);

test("a socket that closes while a write waits ends its session at once, and not by a timer", async () => {
  const [ours, theirs] = await socketPair();
  const clock = { now: () => 0, setTimer: () => ({ cancel: () => {} }) };
  const session = ending(attach(ours, { role: "client", clock }));
  const peer = ending(attach(theirs, { role: "server" }));
  Object.defineProperty(ours, "bufferedAmount", { value: 1_000_000 });
  const stream = session.open();
  await stream.write(new Uint8Array(1_000));
  await peer.accept();
  expect(session.stats().bytesToSend).toBeGreaterThan(1_000);
  peer.destroy();
  await expect(stream.read()).rejects.toMatchObject({ code: "SESSION_CLOSED", origin: "remote" });
  expect(await session.closed).toMatchObject({ localError: undefined, remoteError: undefined });
});
