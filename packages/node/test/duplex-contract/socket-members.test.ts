// A stream's Duplex has the settings, counts and timeouts of a socket.

import { once } from "node:events";
import { describe, expect, test, vi } from "vitest";
import { closed } from "../connections.ts";
import { expectState, heard } from "../duplexes.ts";
import { leaveNothingOpen } from "../resources.ts";
import { kinds, TOO_MUCH } from "./kinds.ts";

leaveNothingOpen();

describe.each(kinds)("$name", ({ pair }) => {
  describe("a connection has the members of sockets", () => {
    test("the settings of a connection return itself", async () => {
      const [left] = await pair();
      expect(left.setNoDelay()).toBe(left);
      expect(left.setNoDelay(false)).toBe(left);
      expect(left.setKeepAlive(true, 1_000)).toBe(left);
      expect(left.unref()).toBe(left);
      expect(left.ref()).toBe(left);
      expect(left.setTimeout(0)).toBe(left);
    });

    test("a connection counts bytes each way, in bytes also of text", async () => {
      const [left, right] = await pair();
      expectState(left, { bytesRead: 0, bytesWritten: 0 });
      left.end("é→");
      await heard(right);
      right.end();
      await once(left.resume(), "end");
      expectState(left, { bytesRead: 0, bytesWritten: 5 });
      expectState(right, { bytesRead: 5, bytesWritten: 0 });
    });

    test("a connection counts bytes that wait, each once", async () => {
      const [left, right] = await pair();
      let total = 0;
      const put = (size: number): void => {
        left.write(Buffer.alloc(size));
        total += size;
        expect(left.bytesWritten).toBe(total);
      };
      for (let count = 0; count < 100; count++) put(3_000);
      for (const size of [1, 70_000, 60_000, TOO_MUCH]) put(size);
      while (right.bytesRead < total) {
        right.read();
        expect(left.bytesWritten).toBe(total);
        await new Promise(setImmediate);
      }
    });

    test("a timeout of silence does nothing but tell", async () => {
      const [left, right] = await pair();
      left.setTimeout(5);
      expect(left.timeout).toBe(5);
      await once(left, "timeout");
      expectState(left, { destroyed: false, readyState: "open" });
      // The timeout is emitted again, some time after the next byte.
      right.write("x");
      left.resume();
      await once(left, "timeout");
    });

    test("a timeout calls its listener once", async () => {
      const [left, right] = await pair();
      const listener = vi.fn();
      left.resume().setTimeout(5, listener);
      await once(left, "timeout");
      right.write("x");
      await once(left, "timeout");
      expect(listener).toHaveBeenCalledTimes(1);
    });

    test("a timeout is switched off with its listener", async () => {
      const [left] = await pair();
      const listener = vi.fn();
      left.setTimeout(1_000_000, listener);
      expect(left.listeners("timeout")).toHaveLength(1);
      left.setTimeout(0, listener);
      expect(left.listeners("timeout")).toHaveLength(0);
      expect(left.timeout).toBe(0);
      left.setTimeout(1, listener);
      left.setTimeout(0);
      expect(left.listeners("timeout")).toHaveLength(1);
    });

    test("setTimeout names the argument that it does not take", async () => {
      const [left] = await pair();
      const nonsense = [
        ["ERR_INVALID_ARG_TYPE", ["5"]],
        ["ERR_OUT_OF_RANGE", [-1]],
        ["ERR_OUT_OF_RANGE", [Number.NaN]],
        ["ERR_OUT_OF_RANGE", [Infinity]],
        ["ERR_INVALID_ARG_TYPE", [1, "listener"]],
      ] as const;
      for (const [code, given] of nonsense) {
        expect(() => left.setTimeout(...(given as unknown as [number]))).toThrow(
          expect.objectContaining({ code }),
        );
      }
    });

    test("a connection that is gone emits no timeout", async () => {
      const [left] = await pair();
      const told = vi.fn();
      left.on("timeout", told).setTimeout(1).destroy();
      await closed(left);
      left.setTimeout(1);
      await new Promise((done) => setTimeout(done, 10));
      expect(told).not.toHaveBeenCalled();
    });
  });
});
