// A stream's Duplex can be read in every way in which a socket of Node can.

import { once } from "node:events";
import { text } from "node:stream/consumers";
import { patterned } from "@muxado/testkit";
import { describe, expect, test, vi } from "vitest";
import { closed } from "../connections.ts";
import { write } from "../duplexes.ts";
import { leaveNothingOpen } from "../resources.ts";
import { kinds } from "./kinds.ts";

leaveNothingOpen();

describe.each(kinds)("$name", ({ pair }) => {
  describe("is read", () => {
    test("a connection is read as it flows, and not while it is paused", async () => {
      const [left, right] = await pair();
      const chunks: Buffer[] = [];
      right.on("data", (chunk: Buffer) => chunks.push(chunk));
      left.write("one");
      await vi.waitFor(() => expect(Buffer.concat(chunks).toString()).toBe("one"));
      right.pause();
      expect(right.isPaused()).toBe(true);
      left.end("two");
      await vi.waitFor(() => expect(right.readableLength).toBe(3));
      expect(Buffer.concat(chunks).toString()).toBe("one");
      await once(right.resume(), "end");
      expect(Buffer.concat(chunks).toString()).toBe("onetwo");
    });

    test("a connection is read on from where a listener pauses it", async () => {
      const [left, right] = await pair();
      const chunks: Buffer[] = [];
      right.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        right.pause();
        setImmediate(() => right.resume());
      });
      left.end(patterned(300_000));
      await once(right, "end");
      expect(Buffer.concat(chunks).equals(patterned(300_000))).toBe(true);
    });

    test("a connection is read by as many bytes as asked for, or none; at the end by the rest", async () => {
      const [left, right] = await pair();
      left.end("0123456789");
      const pieces: string[] = [];
      right.on("readable", () => {
        for (let piece = read(4); piece !== null; piece = read(4)) pieces.push(piece);
      });
      const read = (size: number): string | null =>
        (right.read(size) as Buffer | null)?.toString() ?? null;
      await once(right, "end");
      expect(pieces).toEqual(["0123", "4567", "89"]);
      expect(right.read()).toBeNull();
    });

    test("a connection is read by more than its high-water mark at once", async () => {
      const [left, right] = await pair();
      left.write(patterned(150_000));
      let whole: Buffer | null = null;
      right.on("readable", () => (whole ??= right.read(150_000) as Buffer | null));
      await vi.waitFor(() => expect(whole).not.toBeNull());
      expect(whole!.equals(patterned(150_000))).toBe(true);
    });

    test("a connection is read as text, wherever its characters are cut", async () => {
      const [left, right] = await pair();
      let heard = "";
      right.setEncoding("utf8").on("data", (chunk: string) => (heard += chunk));
      for (const byte of Buffer.from("añ→😀")) await write(left, Uint8Array.of(byte));
      left.end();
      await once(right, "end");
      expect(heard).toBe("añ→😀");
    });

    test("a connection is read with bytes put back in front", async () => {
      const [left, right] = await pair();
      left.write("world");
      const [head] = (await once(right, "data")) as [Buffer];
      right.pause().unshift(Buffer.concat([Buffer.from("hello "), head]));
      left.end();
      expect(await text(right)).toBe("hello world");
    });

    test("an iteration reads a connection to the end", async () => {
      const [left, right] = await pair();
      left.end(patterned(200_000));
      const chunks: Buffer[] = [];
      for await (const chunk of right) chunks.push(chunk as Buffer);
      expect(Buffer.concat(chunks).equals(patterned(200_000))).toBe(true);
    });

    test("an iteration that is left early destroys a connection", async () => {
      const [left, right] = await pair();
      left.write("one");
      for await (const chunk of right) {
        expect(String(chunk)).toBe("one");
        break;
      }
      expect(right.destroyed).toBe(true);
      await closed(right);
    });

    test("an iterator with `destroyOnReturn: false` does not destroy a connection", async () => {
      const [left, right] = await pair();
      left.write("one");
      for await (const chunk of right.iterator({ destroyOnReturn: false })) {
        expect(String(chunk)).toBe("one");
        break;
      }
      expect(right.destroyed).toBe(false);
      left.end("two");
      expect(await text(right)).toBe("two");
    });

    test("helpers of Readable read a connection", async () => {
      const [left, right] = await pair();
      left.end("abc");
      const seen = await right.flatMap((chunk: Buffer) => [...chunk]).toArray();
      expect(seen).toEqual([...Buffer.from("abc")]);
    });
  });
});
