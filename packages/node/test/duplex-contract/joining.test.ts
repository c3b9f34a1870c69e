// A stream's Duplex can be joined with other streams, as a socket of Node can.

import { once } from "node:events";
import {
  addAbortSignal,
  Duplex,
  finished as finishedCallback,
  PassThrough,
  Readable,
  Transform,
  Writable,
} from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { finished, pipeline } from "node:stream/promises";
import { patterned } from "@muxado/testkit";
import { describe, expect, test } from "vitest";
import { closed } from "../connections.ts";
import { leaveNothingOpen } from "../resources.ts";
import { kinds } from "./kinds.ts";

leaveNothingOpen();

describe.each(kinds)("$name", ({ pair }) => {
  describe("is joined with other streams", () => {
    test("pipe ends the other stream", async () => {
      const [left, right] = await pair();
      right.pipe(right);
      left.end("there and back");
      expect(await text(left)).toBe("there and back");
    });

    test("pipe obeys back-pressure, through a transform", async () => {
      const [left, right] = await pair();
      Readable.from([patterned(1_000_000)]).pipe(left);
      const sink = right.pipe(new PassThrough({ highWaterMark: 1 }));
      expect((await buffer(sink)).equals(patterned(1_000_000))).toBe(true);
    });

    test("a pipe that is undone leaves the rest to others", async () => {
      const [left, right] = await pair();
      const sink = new PassThrough();
      right.pipe(sink);
      left.write("one");
      await once(sink, "readable");
      right.unpipe(sink);
      left.end("two");
      expect(await text(right)).toBe("two");
      expect(String(sink.read())).toBe("one");
    });

    test("a pipeline is done when all of its streams are", async () => {
      const [left, right] = await pair();
      const upper = new Transform({
        transform: (chunk, _encoding, done) => done(null, String(chunk).toUpperCase()),
      });
      const sent = pipeline(Readable.from(["a", "b"]), left);
      const echoed = pipeline(right, upper, right);
      expect(await text(left)).toBe("AB");
      await Promise.all([sent, echoed]);
    });

    test("a pipeline destroys a connection with the error of another stream", async () => {
      const [left, right] = await pair();
      right.resume();
      const error = new Error("source");
      const source = new Readable({ read() {} });
      source.push("a");
      const outcome = pipeline(source, left).catch((failure: unknown) => failure);
      await once(right, "data");
      source.destroy(error);
      expect(await outcome).toBe(error);
      expect(left.destroyed).toBe(true);
      await closed(left);
    });

    test("a pipeline destroys a connection when its signal aborts", async () => {
      const [left, right] = await pair();
      const aborting = new AbortController();
      const outcome = pipeline(right, new PassThrough().resume(), { signal: aborting.signal });
      left.write("a");
      await once(right, "data");
      aborting.abort();
      await expect(outcome).rejects.toMatchObject({ name: "AbortError" });
      expect(right.destroyed).toBe(true);
    });

    test("the abort of its own signal is an error of a connection", async () => {
      const [left] = await pair();
      const aborting = new AbortController();
      const told = once(left, "error");
      addAbortSignal(aborting.signal, left);
      aborting.abort(new Error("why"));
      expect((await told)[0]).toMatchObject({ name: "AbortError", cause: { message: "why" } });
    });

    test("finished waits for both directions, or for the one asked about", async () => {
      const [left, right] = await pair();
      const order: string[] = [];
      const both = finished(left).then(() => order.push("both"));
      const one = finished(left, { readable: false }).then(() => order.push("writable"));
      left.resume().end();
      await one;
      expect(order).toEqual(["writable"]);
      right.end();
      await both;
      expect(order).toEqual(["writable", "both"]);
      right.destroy();
    });

    test("finished takes no abort for an end", async () => {
      const [left] = await pair();
      const outcome = finished(left);
      left.destroy();
      await expect(outcome).rejects.toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
      const told = await new Promise((done) => finishedCallback(left, done));
      expect(told).toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
    });

    test("compose joins a connection with a transform", async () => {
      const [left, right] = await pair();
      const upper = new Transform({
        transform: (chunk, _encoding, done) => done(null, String(chunk).toUpperCase()),
      });
      left.end("abc");
      expect(await text(right.compose(upper))).toBe("ABC");
    });

    test("a connection is read and written as Web Streams", async () => {
      const [left, right] = await pair();
      const { readable, writable } = Duplex.toWeb(left);
      right.pipe(right);
      const writer = (writable as WritableStream<Uint8Array>).getWriter();
      await writer.write(patterned(100_000));
      // Node's socket also waits for the end of the other direction.
      void writer.close();
      const chunks: Uint8Array[] = [];
      for await (const chunk of readable) chunks.push(chunk as Uint8Array);
      expect(Buffer.concat(chunks).equals(patterned(100_000))).toBe(true);
    });

    test("a Web Stream that is cancelled destroys its connection", async () => {
      const [left] = await pair();
      await Readable.toWeb(left).cancel(new Error("enough"));
      expect(left.destroyed).toBe(true);
    });

    test("a Web Stream that is aborted destroys its connection", async () => {
      const [left] = await pair();
      const outcome = Writable.toWeb(left).abort(new Error("enough"));
      await outcome.catch(() => {});
      expect(left.destroyed).toBe(true);
    });
  });
});
