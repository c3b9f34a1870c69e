// A stream's Duplex has the same state as a socket of Node at each point of its life, and emits its events in the same
// order.

import { once } from "node:events";
import { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, test, vi } from "vitest";
import { closed } from "../connections.ts";
import { expectState, lifeOf, write } from "../duplexes.ts";
import { leaveNothingOpen } from "../resources.ts";
import { kinds } from "./kinds.ts";

leaveNothingOpen();

describe.each(kinds)("$name", ({ pair }) => {
  describe("has the state of a socket", () => {
    test("a connection has the state of a socket when it is new", async () => {
      const [left] = await pair();
      expect(left).toBeInstanceOf(Duplex);
      expectState(left, {
        allowHalfOpen: false,
        closed: false,
        connecting: false,
        destroyed: false,
        errored: null,
        pending: false,
        readable: true,
        readableAborted: false,
        readableDidRead: false,
        readableEncoding: null,
        readableEnded: false,
        readableFlowing: null,
        readableLength: 0,
        readableObjectMode: false,
        readyState: "open",
        timeout: undefined,
        writable: true,
        writableCorked: 0,
        writableEnded: false,
        writableFinished: false,
        writableLength: 0,
        writableNeedDrain: false,
        writableObjectMode: false,
      });
    });

    test("a connection has the state of a socket when one direction has ended, and when both have", async () => {
      const [left, right] = await pair({ allowHalfOpen: true });
      left.resume().end();
      expectState(left, { writable: false, writableEnded: true, readyState: "readOnly" });
      await once(left, "finish");
      expectState(left, { writableFinished: true, readable: true, destroyed: false });
      await once(right.resume(), "end");
      expectState(right, {
        readable: false,
        readableEnded: true,
        readableAborted: false,
        readyState: "writeOnly",
        writable: true,
      });
      right.end();
      await Promise.all([closed(left), closed(right)]);
      for (const end of [left, right]) {
        expectState(end, {
          closed: true,
          destroyed: true,
          errored: null,
          readable: false,
          readableEnded: true,
          readyState: "closed",
          writable: false,
          writableFinished: true,
        });
      }
    });

    test("a connection has the state of a socket when it was destroyed", async () => {
      const [left] = await pair();
      const error = new Error("enough");
      left.destroy(error);
      expectState(left, { destroyed: true, readable: false, writable: false });
      await closed(left);
      expectState(left, {
        closed: true,
        errored: error,
        readableAborted: true,
        readableEnded: false,
        readyState: "closed",
        writableFinished: false,
      });
    });
  });

  describe("emits its events in order", () => {
    test("a connection emits finish, end and close if it ends first; end, finish and close if second", async () => {
      const [left, right] = await pair();
      const lives = [lifeOf(left), lifeOf(right)];
      left.resume().end("bye");
      right.resume().on("end", () => right.end());
      await Promise.all([closed(left), closed(right)]);
      expect(lives).toEqual([
        ["finish", "end", "close"],
        ["end", "finish", "close"],
      ]);
    });

    test("a connection emits no end while bytes are unread", async () => {
      const [left, right] = await pair();
      const life = lifeOf(right);
      left.end("unread");
      right.end();
      await once(right, "finish");
      right.once("readable", () => {});
      await vi.waitFor(() => expect(right.readableLength).toBe(6));
      expect(life).toEqual(["finish"]);
      expect(await text(right)).toBe("unread");
      await closed(right);
      expect(life).toEqual(["finish", "end", "close"]);
    });

    test("a connection emits only close if it is destroyed", async () => {
      const [left] = await pair();
      const life = lifeOf(left);
      left.destroy();
      expect(life).toEqual([]);
      await closed(left);
      expect(life).toEqual(["close"]);
    });

    test("a connection emits error, then close, if it is destroyed with an error: it emits that same object", async () => {
      const [left] = await pair();
      const life = lifeOf(left);
      const error = new Error("enough");
      const told = vi.fn();
      left.on("error", told).destroy(error);
      await closed(left);
      expect(life).toEqual(["error", "close"]);
      expect(told.mock.calls[0]![0]).toBe(error);
    });

    test("a connection emits only one error, whatever comes behind it", async () => {
      const [left] = await pair();
      const first = new Error("first");
      const told = vi.fn();
      left.on("error", told).destroy(first).destroy(new Error("second"));
      await closed(left);
      left.destroy(new Error("third"));
      const refused = await write(left, "late");
      expect(refused).toMatchObject({ code: "ERR_STREAM_DESTROYED" });
      expect(told.mock.calls).toEqual([[first]]);
      expect(left.errored).toBe(first);
    });

    test("a connection calls the callbacks of writes in order, then that of the end", async () => {
      const [left, right] = await pair();
      right.resume();
      const order: string[] = [];
      left.write("small", () => order.push("small"));
      left.write(Buffer.alloc(100_000), () => order.push("large"));
      left.write("", () => order.push("empty"));
      left.end("last", () => order.push("end"));
      await once(left, "finish");
      expect(order).toEqual(["small", "large", "empty", "end"]);
    });
  });
});
