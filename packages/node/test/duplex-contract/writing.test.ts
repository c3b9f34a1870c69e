// A program writes to a stream's Duplex as it writes to a socket of Node.

import { once } from "node:events";
import { buffer, text } from "node:stream/consumers";
import { describe, expect, test, vi } from "vitest";
import { closed } from "../connections.ts";
import { expectState, heard, write } from "../duplexes.ts";
import { leaveNothingOpen } from "../resources.ts";
import { kinds, TOO_MUCH } from "./kinds.ts";

leaveNothingOpen();

describe.each(kinds)("$name", ({ pair }) => {
  describe("is written to", () => {
    test("a connection is written to as text in any encoding, as bytes of any view, and as nothing", async () => {
      const [left, right] = await pair();
      left.write("é");
      left.write("00ff", "hex");
      left.write(new Uint8Array([1, 2]));
      left.write(Buffer.from([9, 3, 9]).subarray(1, 2));
      left.write("");
      left.setDefaultEncoding("latin1").end("é");
      expect([...(await buffer(right))]).toEqual([0xc3, 0xa9, 0, 0xff, 1, 2, 3, 0xe9]);
    });

    test.each([[42], [{}], [undefined]])("a connection refuses to write %s", async (chunk) => {
      const [left] = await pair();
      expect(() => left.write(chunk)).toThrow(
        expect.objectContaining({ code: "ERR_INVALID_ARG_TYPE" }),
      );
      expect(() => left.write(null)).toThrow(
        expect.objectContaining({ code: "ERR_STREAM_NULL_VALUES" }),
      );
      expect(left.destroyed).toBe(false);
    });

    test("a write behind the end of a connection is an error, and the end of it", async () => {
      const [left] = await pair();
      const told = once(left, "error");
      left.end();
      const refused = await write(left, "late");
      expect(refused).toMatchObject({ code: "ERR_STREAM_WRITE_AFTER_END" });
      expect((await told)[0]).toBe(refused);
      await closed(left);
    });

    test("a second end is an error that does not destroy a connection", async () => {
      const [left] = await pair();
      left.end();
      await once(left, "finish");
      const again = await new Promise<unknown>((done) => left.end(done));
      expect(again).toMatchObject({ code: "ERR_STREAM_ALREADY_FINISHED" });
      expect(left.destroyed).toBe(false);
    });

    test("nothing leaves a corked connection until the last cork is drawn", async () => {
      const [left, right] = await pair();
      left.cork();
      left.cork();
      left.write("one ");
      left.write("two ");
      left.uncork();
      expectState(left, { writableCorked: 1, writableLength: 8 });
      left.write("three");
      left.uncork();
      left.end();
      expect(await text(right)).toBe("one two three");
    });

    test("the end of a connection draws its corks", async () => {
      const [left, right] = await pair();
      left.cork();
      for (let count = 0; count < 100; count++) left.write(`${count},`);
      left.end(Buffer.alloc(200_000));
      expect((await buffer(right)).length).toBe(290 + 200_000);
    });

    test("write returns false when a connection has enough, and drain follows when it has room", async () => {
      const [left, right] = await pair();
      const { writableHighWaterMark } = left;
      left.cork();
      expect(left.write(Buffer.alloc(writableHighWaterMark - 1))).toBe(true);
      expectState(left, { writableNeedDrain: false });
      expect(left.write("x")).toBe(false);
      expectState(left, { writableNeedDrain: true, writableLength: writableHighWaterMark });
      right.resume();
      left.uncork();
      await once(left, "drain");
      expectState(left, { writableNeedDrain: false, writableLength: 0 });
      expect(left.write("little")).toBe(true);
    });

    test("a writer waits while nobody reads, and nothing is lost when somebody does", async () => {
      const [left, right] = await pair();
      const drained = vi.fn();
      left.on("drain", drained);
      left.write(Buffer.alloc(TOO_MUCH / 2));
      left.write(Buffer.alloc(TOO_MUCH / 2));
      await once(right, "readable");
      expectState(left, { writableNeedDrain: true });
      expect(drained).not.toHaveBeenCalled();
      const arrived = heard(right);
      await once(left, "drain");
      left.end();
      expect((await arrived).length).toBe(TOO_MUCH);
    });
  });
});
