// A stream's Duplex ends in every way in which a socket of Node does.

import { once } from "node:events";
import { buffer, text } from "node:stream/consumers";
import { patterned } from "@muxado/testkit";
import { describe, expect, test } from "vitest";
import { closed } from "../connections.ts";
import { heard, lifeOf, write } from "../duplexes.ts";
import { leaveNothingOpen } from "../resources.ts";
import { kinds, TOO_MUCH } from "./kinds.ts";

leaveNothingOpen();

describe.each(kinds)("$name", ({ pair, destroyLooksLike, reset, interruptedWrites }) => {
  describe("ends", () => {
    test("a connection ends one direction at a time: the side that has received the end may still write", async () => {
      const [left, right] = await pair({ allowHalfOpen: true });
      left.end("question");
      expect(String(await heard(right))).toBe("question");
      expect(right.writable).toBe(true);
      right.end("answer");
      expect(await text(left)).toBe("answer");
    });

    test("a connection ends by itself behind the other end, unless it may stay half-open", async () => {
      const [left, right] = await pair();
      const lives = [lifeOf(left), lifeOf(right)];
      left.resume().end();
      right.resume();
      await Promise.all([closed(left), closed(right)]);
      expect(lives).toEqual([
        ["finish", "end", "close"],
        ["end", "finish", "close"],
      ]);
    });

    test("a connection does not end by itself before all that was written has left", async () => {
      const [left, right] = await pair();
      right.write(patterned(1_000_000));
      right.resume();
      left.end();
      expect((await buffer(left)).equals(patterned(1_000_000))).toBe(true);
    });

    test("destroySoon ends a connection at once, and all that was written arrives", async () => {
      const [left, right] = await pair();
      left.write(patterned(300_000));
      left.destroySoon();
      expect(left.writableEnded).toBe(true);
      expect((await buffer(right)).equals(patterned(300_000))).toBe(true);
      await closed(left);
      left.destroySoon();
    });

    test("the other end notices an abort, if it has not ended", async () => {
      const [left, right] = await pair();
      const life = lifeOf(right);
      left.destroy();
      right.resume();
      await once(right, destroyLooksLike).catch(() => {});
      expect(life[0]).toBe(destroyLooksLike);
    });

    test("the other end notices a reset as sockets do", async () => {
      const [left, right] = await pair();
      const life = lifeOf(right);
      const told = once(right.resume(), "error");
      reset(left);
      expect((await told)[0]).toMatchObject({ name: "Error", code: "ECONNRESET" });
      await closed(right);
      expect(life).toEqual(["error", "close"]);
    });

    test("an abort reaches the callback of a write under way, and those of the writes behind it", async () => {
      const [left] = await pair();
      const outcomes = ["first", "second"].map(() => write(left, Buffer.alloc(TOO_MUCH)));
      left.destroy();
      expect(await Promise.all(outcomes)).toEqual(interruptedWrites);
    });
  });
});
