// What Node's streams and sockets promise, held against both: a socket of Node's, and a stream of a session that
// passes for one. Where the two differ on purpose, the difference has a name in `kinds`.

import { once } from "node:events";
import type { Socket } from "node:net";
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
import { MuxadoError, type TracedFrame } from "@muxado/core";
import { attach, type StreamDuplex, toDuplex } from "@muxado/node";
import { firstDifference, patterned, Random } from "@muxado/testkit";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  type Connection,
  type ConnectionPair,
  closed,
  sessionPair,
  socketPair,
  streamPair,
  tcpSessions,
  watched,
} from "./connections.ts";
import { ending, ignore } from "./peers.ts";
import { leaveNothingOpen } from "./resources.ts";

leaveNothingOpen();

interface Kind {
  readonly name: string;
  readonly pair: ConnectionPair;
  /** What the far end is told by `destroy()`: of a socket, a FIN; a stream's abort never looks like an end. */
  readonly destroyLooksLike: "end" | "error";
  /** Ends a connection in such a way that the far end takes it for no end. */
  readonly reset: (connection: Connection) => void;
  /** What the callbacks are given of a write that was under way when its connection was destroyed, and of one behind. */
  readonly interruptedWrites: readonly unknown[];
}

const kinds: readonly Kind[] = [
  {
    name: "a socket of Node's",
    pair: socketPair,
    destroyLooksLike: "end",
    reset: (socket) => (socket as Socket).resetAndDestroy(),
    interruptedWrites: [null, expect.objectContaining({ code: "ERR_STREAM_DESTROYED" })],
  },
  {
    name: "a stream of a session",
    pair: (options) => streamPair(options),
    destroyLooksLike: "error",
    reset: (duplex) => duplex.destroy(),
    // A socket's is told that all is well.
    interruptedWrites: [
      expect.objectContaining({
        code: "ECONNRESET",
        cause: expect.objectContaining({ code: "STREAM_CANCELLED", origin: "local" }),
      }),
      expect.objectContaining({ code: "ECONNRESET" }),
    ],
  },
];

/** More than either kind takes when nobody reads. */
const TOO_MUCH = 32 * 1024 * 1024;

/** The events of a life, in order, as they come. */
function lifeOf(stream: Duplex): string[] {
  const events: string[] = [];
  for (const name of ["end", "finish", "error", "close"]) {
    stream.on(name, () => events.push(name));
  }
  return events;
}

/** All that comes until the end. Unlike an iteration, it leaves the other direction as it is. */
async function heard(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await once(
    stream.on("data", (chunk: Buffer) => chunks.push(chunk)),
    "end",
  );
  return Buffer.concat(chunks);
}

/** What `state` names, of `stream`: its properties are accessors, and its contents may be large. */
function expectState(stream: Connection, state: { readonly [Name in keyof Connection]?: unknown }) {
  const names = Object.keys(state) as (keyof Connection)[];
  expect(Object.fromEntries(names.map((name) => [name, stream[name]]))).toEqual(state);
}

/** Sends `chunk` and waits for the write's callback. */
function write(stream: Writable, chunk: Uint8Array | string): Promise<Error | null | undefined> {
  return new Promise((done) => stream.write(chunk, done));
}

describe.each(kinds)("$name", ({ pair, destroyLooksLike, reset, interruptedWrites }) => {
  describe("says what state it is in", () => {
    test("when it is new", async () => {
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

    test("when one direction has ended, and when both have", async () => {
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

    test("when it was destroyed", async () => {
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

  describe("tells of its life in order", () => {
    test("finish, end and close, if it ends first; end, finish and close, if second", async () => {
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

    test("no end while bytes are unread", async () => {
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

    test("nothing but close, if it is destroyed", async () => {
      const [left] = await pair();
      const life = lifeOf(left);
      left.destroy();
      expect(life).toEqual([]);
      await closed(left);
      expect(life).toEqual(["close"]);
    });

    test("error, then close, if it is destroyed with an error: that very object", async () => {
      const [left] = await pair();
      const life = lifeOf(left);
      const error = new Error("enough");
      const told = vi.fn();
      left.on("error", told).destroy(error);
      await closed(left);
      expect(life).toEqual(["error", "close"]);
      expect(told.mock.calls[0]![0]).toBe(error);
    });

    test("of one error only, whatever comes behind it", async () => {
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

    test("callbacks of writes in order, then the end", async () => {
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

  describe("is written to", () => {
    test("as text in any encoding, as bytes of any view, and as nothing", async () => {
      const [left, right] = await pair();
      left.write("é");
      left.write("00ff", "hex");
      left.write(new Uint8Array([1, 2]));
      left.write(Buffer.from([9, 3, 9]).subarray(1, 2));
      left.write("");
      left.setDefaultEncoding("latin1").end("é");
      expect([...(await buffer(right))]).toEqual([0xc3, 0xa9, 0, 0xff, 1, 2, 3, 0xe9]);
    });

    test.each([[42], [{}], [undefined]])("but not with %s", async (chunk) => {
      const [left] = await pair();
      expect(() => left.write(chunk)).toThrow(
        expect.objectContaining({ code: "ERR_INVALID_ARG_TYPE" }),
      );
      expect(() => left.write(null)).toThrow(
        expect.objectContaining({ code: "ERR_STREAM_NULL_VALUES" }),
      );
      expect(left.destroyed).toBe(false);
    });

    test("no longer once it was ended: that is an error, and the end of it", async () => {
      const [left] = await pair();
      const told = once(left, "error");
      left.end();
      const refused = await write(left, "late");
      expect(refused).toMatchObject({ code: "ERR_STREAM_WRITE_AFTER_END" });
      expect((await told)[0]).toBe(refused);
      await closed(left);
    });

    test("without an end that is told twice", async () => {
      const [left] = await pair();
      left.end();
      await once(left, "finish");
      const again = await new Promise<unknown>((done) => left.end(done));
      expect(again).toMatchObject({ code: "ERR_STREAM_ALREADY_FINISHED" });
      expect(left.destroyed).toBe(false);
    });

    test("with corks: nothing leaves until the last is drawn", async () => {
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

    test("with corks that end draws", async () => {
      const [left, right] = await pair();
      left.cork();
      for (let count = 0; count < 100; count++) left.write(`${count},`);
      left.end(Buffer.alloc(200_000));
      expect((await buffer(right)).length).toBe(290 + 200_000);
    });

    test("and says when that is enough, and when more is welcome", async () => {
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

    test("while nobody reads: the writer waits, and nothing is lost when somebody does", async () => {
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

  describe("is read", () => {
    test("as it flows, and not while it is paused", async () => {
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

    test("from where a listener pauses it", async () => {
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

    test("by so many bytes as asked for, or none; at the end what is left", async () => {
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

    test("by more than its high-water mark at once", async () => {
      const [left, right] = await pair();
      left.write(patterned(150_000));
      let whole: Buffer | null = null;
      right.on("readable", () => (whole ??= right.read(150_000) as Buffer | null));
      await vi.waitFor(() => expect(whole).not.toBeNull());
      expect(whole!.equals(patterned(150_000))).toBe(true);
    });

    test("as text, wherever its characters are cut", async () => {
      const [left, right] = await pair();
      let heard = "";
      right.setEncoding("utf8").on("data", (chunk: string) => (heard += chunk));
      for (const byte of Buffer.from("añ→😀")) await write(left, Uint8Array.of(byte));
      left.end();
      await once(right, "end");
      expect(heard).toBe("añ→😀");
    });

    test("with bytes put back in front", async () => {
      const [left, right] = await pair();
      left.write("world");
      const [head] = (await once(right, "data")) as [Buffer];
      right.pause().unshift(Buffer.concat([Buffer.from("hello "), head]));
      left.end();
      expect(await text(right)).toBe("hello world");
    });

    test("by iteration to the end", async () => {
      const [left, right] = await pair();
      left.end(patterned(200_000));
      const chunks: Buffer[] = [];
      for await (const chunk of right) chunks.push(chunk as Buffer);
      expect(Buffer.concat(chunks).equals(patterned(200_000))).toBe(true);
    });

    test("by iteration that is left early, which destroys it", async () => {
      const [left, right] = await pair();
      left.write("one");
      for await (const chunk of right) {
        expect(String(chunk)).toBe("one");
        break;
      }
      expect(right.destroyed).toBe(true);
      await closed(right);
    });

    test("by an iterator that does not destroy it", async () => {
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

    test("by helpers of Readable", async () => {
      const [left, right] = await pair();
      left.end("abc");
      const seen = await right.flatMap((chunk: Buffer) => [...chunk]).toArray();
      expect(seen).toEqual([...Buffer.from("abc")]);
    });
  });

  describe("is joined with other streams", () => {
    test("by pipe, which ends the other one", async () => {
      const [left, right] = await pair();
      right.pipe(right);
      left.end("there and back");
      expect(await text(left)).toBe("there and back");
    });

    test("by pipe, which obeys back-pressure, through a transform", async () => {
      const [left, right] = await pair();
      Readable.from([patterned(1_000_000)]).pipe(left);
      const sink = right.pipe(new PassThrough({ highWaterMark: 1 }));
      expect((await buffer(sink)).equals(patterned(1_000_000))).toBe(true);
    });

    test("by pipe that is undone", async () => {
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

    test("by pipeline, which is done when all are", async () => {
      const [left, right] = await pair();
      const upper = new Transform({
        transform: (chunk, _encoding, done) => done(null, String(chunk).toUpperCase()),
      });
      const sent = pipeline(Readable.from(["a", "b"]), left);
      const echoed = pipeline(right, upper, right);
      expect(await text(left)).toBe("AB");
      await Promise.all([sent, echoed]);
    });

    test("by pipeline, which destroys it with the error of another", async () => {
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

    test("by pipeline, until its signal aborts", async () => {
      const [left, right] = await pair();
      const aborting = new AbortController();
      const outcome = pipeline(right, new PassThrough().resume(), { signal: aborting.signal });
      left.write("a");
      await once(right, "data");
      aborting.abort();
      await expect(outcome).rejects.toMatchObject({ name: "AbortError" });
      expect(right.destroyed).toBe(true);
    });

    test("with a signal of its own", async () => {
      const [left] = await pair();
      const aborting = new AbortController();
      const told = once(left, "error");
      addAbortSignal(aborting.signal, left);
      aborting.abort(new Error("why"));
      expect((await told)[0]).toMatchObject({ name: "AbortError", cause: { message: "why" } });
    });

    test("by finished, which waits for both directions, or for the one asked about", async () => {
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

    test("by finished, which takes no abort for an end", async () => {
      const [left] = await pair();
      const outcome = finished(left);
      left.destroy();
      await expect(outcome).rejects.toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
      const told = await new Promise((done) => finishedCallback(left, done));
      expect(told).toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
    });

    test("by compose", async () => {
      const [left, right] = await pair();
      const upper = new Transform({
        transform: (chunk, _encoding, done) => done(null, String(chunk).toUpperCase()),
      });
      left.end("abc");
      expect(await text(right.compose(upper))).toBe("ABC");
    });

    test("as Web Streams", async () => {
      const [left, right] = await pair();
      const { readable, writable } = Duplex.toWeb(left);
      right.pipe(right);
      const writer = (writable as WritableStream<Uint8Array>).getWriter();
      await writer.write(patterned(100_000));
      // Node's waits for the end of the other direction, too.
      void writer.close();
      const chunks: Uint8Array[] = [];
      for await (const chunk of readable) chunks.push(chunk as Uint8Array);
      expect(Buffer.concat(chunks).equals(patterned(100_000))).toBe(true);
    });

    test("as a Web Stream that is cancelled, which destroys it", async () => {
      const [left] = await pair();
      await Readable.toWeb(left).cancel(new Error("enough"));
      expect(left.destroyed).toBe(true);
    });

    test("as a Web Stream that is aborted, which destroys it", async () => {
      const [left] = await pair();
      const outcome = Writable.toWeb(left).abort(new Error("enough"));
      await outcome.catch(() => {});
      expect(left.destroyed).toBe(true);
    });
  });

  describe("ends", () => {
    test("one direction at a time: who has heard the end may still speak", async () => {
      const [left, right] = await pair({ allowHalfOpen: true });
      left.end("question");
      expect(String(await heard(right))).toBe("question");
      expect(right.writable).toBe(true);
      right.end("answer");
      expect(await text(left)).toBe("answer");
    });

    test("by itself behind the other end, unless it may stay half-open", async () => {
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

    test("by itself, but not before what was written has left", async () => {
      const [left, right] = await pair();
      right.write(patterned(1_000_000));
      right.resume();
      left.end();
      expect((await buffer(left)).equals(patterned(1_000_000))).toBe(true);
    });

    test("at once with end and destroySoon: all that was written arrives", async () => {
      const [left, right] = await pair();
      left.write(patterned(300_000));
      left.destroySoon();
      expect(left.writableEnded).toBe(true);
      expect((await buffer(right)).equals(patterned(300_000))).toBe(true);
      await closed(left);
      left.destroySoon();
    });

    test("by an abort that the other end hears of, which has not ended", async () => {
      const [left, right] = await pair();
      const life = lifeOf(right);
      left.destroy();
      right.resume();
      await once(right, destroyLooksLike).catch(() => {});
      expect(life[0]).toBe(destroyLooksLike);
    });

    test("by a reset that the other end hears of as sockets do", async () => {
      const [left, right] = await pair();
      const life = lifeOf(right);
      const told = once(right.resume(), "error");
      reset(left);
      expect((await told)[0]).toMatchObject({ name: "Error", code: "ECONNRESET" });
      await closed(right);
      expect(life).toEqual(["error", "close"]);
    });

    test("with a write under way: its callback is told, and those behind it", async () => {
      const [left] = await pair();
      const outcomes = ["first", "second"].map(() => write(left, Buffer.alloc(TOO_MUCH)));
      left.destroy();
      expect(await Promise.all(outcomes)).toEqual(interruptedWrites);
    });
  });

  describe("has what sockets have", () => {
    test("settings that return itself", async () => {
      const [left] = await pair();
      expect(left.setNoDelay()).toBe(left);
      expect(left.setNoDelay(false)).toBe(left);
      expect(left.setKeepAlive(true, 1_000)).toBe(left);
      expect(left.unref()).toBe(left);
      expect(left.ref()).toBe(left);
      expect(left.setTimeout(0)).toBe(left);
    });

    test("a count of bytes each way, in bytes also of text", async () => {
      const [left, right] = await pair();
      expectState(left, { bytesRead: 0, bytesWritten: 0 });
      left.end("é→");
      await heard(right);
      right.end();
      await once(left.resume(), "end");
      expectState(left, { bytesRead: 0, bytesWritten: 5 });
      expectState(right, { bytesRead: 5, bytesWritten: 0 });
    });

    test("a count of bytes that contains those that wait, each once", async () => {
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

    test("a timeout of silence, which does nothing but tell", async () => {
      const [left, right] = await pair();
      left.setTimeout(5);
      expect(left.timeout).toBe(5);
      await once(left, "timeout");
      expectState(left, { destroyed: false, readyState: "open" });
      // And again, behind the next sign of life.
      right.write("x");
      left.resume();
      await once(left, "timeout");
    });

    test("a timeout whose listener is called once", async () => {
      const [left, right] = await pair();
      const listener = vi.fn();
      left.resume().setTimeout(5, listener);
      await once(left, "timeout");
      right.write("x");
      await once(left, "timeout");
      expect(listener).toHaveBeenCalledTimes(1);
    });

    test("a timeout that is switched off, with its listener", async () => {
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

    test("a timeout that says what it does not take", async () => {
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

    test("no timeout once it is gone", async () => {
      const [left] = await pair();
      const told = vi.fn();
      left.on("timeout", told).setTimeout(1).destroy();
      await closed(left);
      left.setTimeout(1);
      await new Promise((done) => setTimeout(done, 10));
      expect(told).not.toHaveBeenCalled();
    });
  });

  describe("keeps bytes", () => {
    test.each([1, 2, 3])(
      "of random sizes with random pauses, both ways at once (seed %i)",
      async (seed) => {
        const random = new Random(seed);
        // Each end goes on writing, also behind the other's end.
        const [left, right] = await pair({ allowHalfOpen: true });
        const length = 2_000_000;
        const expected = [patterned(length, seed), patterned(length, seed + 7)] as const;
        const [there, back] = await Promise.all([
          receive(right, random),
          receive(left, random),
          send(left, expected[0], random),
          send(right, expected[1], random),
        ]);
        expect(there.equals(expected[0])).toBe(true);
        expect(back.equals(expected[1])).toBe(true);
      },
    );

    test("echoed, with one buffer that is used again after each callback", async () => {
      const [left, right] = await pair();
      right.pipe(right);
      const sizes = [1, 2, 3, 100, 4_095, 4_096, 4_097, 16_384, 65_535, 65_536, 65_537, 200_000];
      const scratch = Buffer.alloc(200_000);
      const heard = buffer(left);
      for (const [index, size] of sizes.entries()) {
        scratch.fill(index + 1);
        await write(left, scratch.subarray(0, size));
        scratch.fill(0xee);
      }
      left.end();
      const expected = Buffer.concat(sizes.map((size, index) => Buffer.alloc(size, index + 1)));
      expect((await heard).equals(expected)).toBe(true);
    });

    test("of corked writes whose buffers are used again after their callbacks", async () => {
      const [left, right] = await pair();
      const heard = buffer(right);
      const expected: Buffer[] = [];
      for (const sizes of [
        [1, 2],
        [4_000, 4_097, 10],
        [70_000, 3, 150_000],
        [60_000, 5_536],
        [60_000, 5_537],
      ]) {
        const buffers = sizes.map((size, index) => Buffer.alloc(size, size + index));
        expected.push(...buffers.map((one) => Buffer.from(one)));
        left.cork();
        const written = buffers.map(async (one) => {
          expect(await write(left, one)).toBeFalsy();
          one.fill(0xee);
        });
        left.uncork();
        await Promise.all(written);
      }
      left.end();
      expect((await heard).equals(Buffer.concat(expected))).toBe(true);
    });
  });
});

/** Sends all of `bytes` in pieces of any size, with and without obeying back-pressure, with pauses and corks. */
async function send(stream: Connection, bytes: Uint8Array, random: Random): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const size = random.oneIn(3) ? random.between(1, 200_000) : random.between(0, 5_000);
    const chunk = Buffer.from(bytes.subarray(at, at + size));
    at += size;
    if (random.oneIn(10)) {
      stream.cork();
      process.nextTick(() => stream.uncork());
    }
    if (!stream.write(chunk) && random.oneIn(2)) await once(stream, "drain");
    if (random.oneIn(20)) await new Promise(setImmediate);
  }
  stream.end();
}

/** Reads to the end, by `read` of any size and by flowing, in turns, with pauses. */
async function receive(stream: Connection, random: Random): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk as Buffer);
    if (random.oneIn(8)) await new Promise(setImmediate);
    if (random.oneIn(8)) {
      const more = stream.read(random.between(1, 100)) as Buffer | null;
      if (more !== null) chunks.push(more);
    }
  }
  return Buffer.concat(chunks);
}

describe("a stream of a session, which is no socket,", () => {
  /** What the far end is told: why its Duplex failed. */
  async function fate(duplex: StreamDuplex, code?: string): Promise<MuxadoError> {
    const life = lifeOf(duplex);
    const told = new Promise<unknown>((done) => duplex.once("error", done));
    duplex.resume();
    await closed(duplex);
    expect(life).toEqual(["error", "close"]);
    const error = await told;
    expect(duplex.errored === error).toBe(true);
    return causeOf(duplex, error, code);
  }

  describe("tells its far end of an abort, which never looks like an end,", () => {
    test.each([
      ["none", undefined, "STREAM_CANCELLED"],
      ["a signal's", new DOMException("enough", "AbortError"), "STREAM_CANCELLED"],
      ["Node's of a signal", Object.assign(new Error(), { code: "ABORT_ERR" }), "STREAM_CANCELLED"],
      ["a pipe's", Object.assign(new Error(), { code: "EPIPE" }), "STREAM_CANCELLED"],
      ["any other", new Error("enough"), "INTERNAL_ERROR"],
    ] as const)("with the error given: %s", async (_, error, code) => {
      const [left, right] = await streamPair();
      left.destroy(error as Error | undefined);
      const told = await fate(right);
      expect(told).toMatchObject({ code, origin: "remote", scope: "stream" });
      expect(told.wireCode).toBeGreaterThan(0);
    });

    const situations: Record<string, (left: StreamDuplex, right: StreamDuplex) => unknown> = {
      "before anything was sent": () => {},
      "with bytes unread": async (left, right) => {
        right.write("unread");
        await vi.waitFor(() => expect(left.stream.stats().bytesUnread).toBe(6));
      },
      "with bytes read ahead": async (left, right) => {
        right.write("unread");
        left.once("readable", () => {});
        await vi.waitFor(() => expect(left.readableLength).toBe(6));
      },
      "with bytes that are just written": (left) => left.write("unsent"),
      "with bytes that wait under a cork": (left) => {
        left.cork();
        left.write("unsent");
      },
      "in the middle of a large write": async (left, right) => {
        left.write(Buffer.alloc(10_000_000));
        await once(right, "readable");
      },
      "in the middle of a small write": async (left, right) => {
        for (let count = 0; count < 100; count++) left.write(Buffer.alloc(3_000));
        await once(right, "readable");
      },
      "with bytes written and the end behind them": (left) => {
        left.write(Buffer.alloc(10_000_000));
        left.end();
      },
      "when the far end has ended": async (left, right) => {
        right.end();
        await once(left.resume(), "end");
      },
      "when an answer is half written": async (left, right) => {
        right.end("question");
        await heard(left);
        left.write("ans");
      },
    };

    test.each(Object.entries(situations))("%s", async (_, situation) => {
      const [left, right] = await streamPair({ allowHalfOpen: true });
      await situation(left, right);
      left.destroy();
      expect(await fate(right)).toMatchObject({ code: "STREAM_CANCELLED", origin: "remote" });
      expect(right.readableEnded).toBe(false);
      expect(left.stream.session.stats().openStreams).toBe(0);
      await vi.waitFor(() => expect(right.stream.session.stats().openStreams).toBe(0));
    });

    test("with iterations that are left early, and pipelines that are aborted", async () => {
      const [left, right] = await streamPair();
      right.write("x");
      for await (const _ of left) break;
      expect(await fate(right)).toMatchObject({ code: "STREAM_CANCELLED" });

      const [here, there] = await streamPair();
      const aborting = new AbortController();
      const outcome = pipeline(new PassThrough(), here, { signal: aborting.signal });
      aborting.abort();
      await expect(outcome).rejects.toMatchObject({ name: "AbortError" });
      expect(await fate(there)).toMatchObject({ code: "STREAM_CANCELLED" });
    });

    test("unless that has never heard of the stream", async () => {
      const [client, server] = sessionPair();
      toDuplex(client.open()).destroy();
      const [next] = await streamPair({}, [client, server]);
      expect(next.stream.id).toBeGreaterThan(0);
      expect(server.stats().waitingForAccept).toBe(0);
      expect(server.stats().openStreams).toBe(1);
    });

    test("but takes back no end that was told: who has ended may go, and only what comes is refused", async () => {
      const [left, right] = await streamPair({ allowHalfOpen: true });
      left.end("all there is");
      await once(left, "finish");
      left.destroy();
      expect(String(await heard(right))).toBe("all there is");
      right.write("too late");
      const [error] = (await once(right, "error")) as [Error];
      const cause = causeOf(right, error, "EPIPE");
      expect(cause).toMatchObject({ code: "STREAM_CLOSED", origin: "remote" });
    });
  });

  describe("that is reset by its far end", () => {
    test("still gives out what it had not taken over yet, then fails", async () => {
      const [left, right] = await streamPair({ readableHighWaterMark: 1 });
      left.write(patterned(100_000));
      await vi.waitFor(() => expect(right.stream.stats().bytesUnread).toBe(100_000));
      left.destroy();
      await vi.waitFor(() => expect(right.stream.error).toBeDefined());
      expect(right.destroyed).toBe(false);
      const chunks: Buffer[] = [];
      right.on("data", (chunk: Buffer) => chunks.push(chunk));
      const [error] = (await once(right, "error")) as [unknown];
      causeOf(right, error);
      expect(firstDifference(Buffer.concat(chunks), patterned(100_000))).toBe(-1);
    });

    test("is told, also behind the end that the other had told, when it has nothing to write", async () => {
      const [client, server] = sessionPair();
      const stream = client.open();
      const duplex = watched(toDuplex(await server.accept(), { allowHalfOpen: true }));
      void stream.closeWrite();
      await heard(duplex);
      const told = once(duplex, "error");
      stream.reset();
      causeOf(duplex, (await told)[0]);
      await closed(duplex);
    });

    test.each([
      ["in one process", sessionPair],
      ["over TCP", tcpSessions],
    ] as const)("gives a reader that flows what had arrived before, %s", async (_, sessions) => {
      for (const later of [now, setImmediate]) {
        const [left, right] = await streamPair({}, await sessions());
        const chunks: unknown[] = [];
        right.on("data", (chunk: Buffer) => chunks.push(String(chunk)));
        left.write("last words");
        later(() => left.destroy());
        await closed(right);
        expect(chunks).toEqual(["last words"]);
        causeOf(right, right.errored);
      }
    });

    test("gives a reader that has just begun to read what had arrived before", async () => {
      const [left, right] = await streamPair();
      left.write("last words");
      left.destroy();
      const chunks: unknown[] = [];
      right.on("data", (chunk: Buffer) => chunks.push(String(chunk)));
      await closed(right);
      expect(chunks).toEqual(["last words"]);
    });

    test("gives an iteration what had arrived before", async () => {
      const [left, right] = await streamPair();
      const chunks: unknown[] = [];
      const reading = (async () => {
        for await (const chunk of right) chunks.push(String(chunk));
      })().catch((error: unknown) => error);
      left.write("last words");
      left.destroy();
      causeOf(right, await reading);
      expect(chunks).toEqual(["last words"]);
    });

    test("fails its writes with that error, also where nobody reads", async () => {
      const [left, right] = await streamPair();
      right.write("unread");
      await vi.waitFor(() => expect(left.stream.stats().bytesUnread).toBe(6));
      const outcome = write(left, Buffer.alloc(10_000_000));
      right.destroy();
      const error = await outcome;
      causeOf(left, error);
      expect(left.errored).toBe(error);
      await closed(left);
    });

    test("fails a small write that waits for credit", async () => {
      const [left, right] = await streamPair();
      const outcomes = Array.from({ length: 100 }, () => write(left, Buffer.alloc(3_000)));
      await vi.waitFor(() => expect(left.stream.stats().writeBlockedBy).toBe("window"));
      right.destroy();
      causeOf(left, await outcomes.at(-1));
      await closed(left);
    });

    test("fails its end", async () => {
      const [left, right] = await streamPair();
      left.end(Buffer.alloc(10_000_000));
      const outcome = finished(left);
      right.destroy();
      const error: unknown = await outcome.catch((reason: unknown) => reason);
      causeOf(left, error);
      expect(left.writableFinished).toBe(false);
    });

    test("has failed from the start, if it was made of a stream that had", async () => {
      const [client, server] = sessionPair();
      const stream = client.open();
      (await server.accept()).reset(4_711);
      await vi.waitFor(() => expect(stream.error).toBeDefined());
      const duplex = toDuplex(stream);
      const [error] = (await once(duplex, "error")) as [unknown];
      expect(causeOf(duplex, error).wireCode).toBe(4_711);
    });
  });

  describe("whose session ends", () => {
    test.each([
      ["close", "ETIMEDOUT"],
      ["destroy", "ECONNRESET"],
    ] as const)("by %s here, fails", async (how, code) => {
      const [client, server] = sessionPair();
      const [left, right] = await streamPair({}, [client, server]);
      left.write(Buffer.alloc(10_000_000));
      const fates = [fate(left, code), fate(right)];
      if (how === "close") void client.close({ timeout: 0 });
      else client.destroy();
      const errors = await Promise.all(fates);
      expect(errors[0]!.code).toMatch(/^(SESSION_CLOSED|DRAIN_TIMEOUT|STREAM_CANCELLED)$/);
      expect(errors[1]!.origin).toBe("remote");
    });

    test("fails, also if its far end had ended, and it has nothing to write", async () => {
      const [client, server] = sessionPair();
      const [left, right] = await streamPair({ allowHalfOpen: true }, [client, server]);
      left.end();
      await heard(right);
      const told = once(right, "error");
      client.destroy();
      causeOf(right, (await told)[0]);
      await Promise.all([closed(left), closed(right)]);
    });

    test("with its connection, fails with the reason", async () => {
      const [left, right] = await socketPair();
      const session = ending(attach(left, { role: "client" }));
      const duplex = toDuplex(session.open());
      const told = once(duplex, "error");
      right.destroy();
      const cause = causeOf(duplex, (await told)[0]);
      expect(cause).toMatchObject({ code: "PEER_EOF", scope: "session" });
    });

    test("gracefully, may end first", async () => {
      const [client, server] = sessionPair();
      const [left, right] = await streamPair({}, [client, server]);
      const closing = client.close();
      right.pipe(right);
      left.end("still here");
      expect(String(await heard(left))).toBe("still here");
      await closing;
      await Promise.all([closed(left), closed(right)]);
      expect([left.errored, right.errored]).toEqual([null, null]);
    });
  });

  describe("holds its writer back", () => {
    const windowSize = 256 * 1024;
    const highWaterMark = 16 * 1024;
    /** A piece comes whole, whatever is left below the mark. */
    const longestPiece = 64 * 1024;

    test.each(["client", "server"])(
      "by window and high-water mark (the %s writes)",
      async (who) => {
        const sessions = sessionPair({ windowSize });
        const pair = await streamPair({ readableHighWaterMark: highWaterMark }, sessions);
        const [writer, reader] = who === "client" ? pair : [pair[1], pair[0]];
        const pieces = endless();
        pieces.pipe(writer);
        reader.once("readable", () => {});
        await vi.waitFor(() => {
          const { writeBlockedBy } = writer.stream.stats();
          expect([writeBlockedBy, writer.writableNeedDrain]).toEqual(["window", true]);
        });
        const { bytesSent } = writer.stream.stats();
        expect(reader.stream.stats().bytesUnread).toBeLessThanOrEqual(windowSize);
        expect(reader.readableLength).toBeLessThanOrEqual(highWaterMark + longestPiece);
        expect(bytesSent).toBeLessThanOrEqual(windowSize + reader.bytesRead);

        // A slow reader: what is on its way never grows.
        for (let count = 0; count < 200; count++) {
          reader.read(1_000);
          await new Promise(setImmediate);
          const ahead = writer.stream.stats().bytesSent - reader.bytesRead;
          expect(ahead).toBeLessThanOrEqual(windowSize);
          expect(reader.readableLength).toBeLessThanOrEqual(highWaterMark + longestPiece);
          expect(writer.writableLength).toBeLessThanOrEqual(2 * writer.writableHighWaterMark);
        }
        pieces.unpipe(writer);
      },
    );

    test("before anybody reads: nothing is read ahead that nobody asked for", async () => {
      const [left, right] = await streamPair({}, sessionPair({ windowSize }));
      left.write(Buffer.alloc(1_000_000));
      await vi.waitFor(() => expect(right.stream.stats().bytesUnread).toBe(windowSize));
      expect(right).toMatchObject({ bytesRead: 0 });
      expect(right.readableLength).toBe(0);
    });

    test("while it is paused, and no other stream of the session", async () => {
      const sessions = sessionPair({ windowSize });
      const [left, right] = await streamPair({}, sessions);
      const [other, echoing] = await streamPair({}, sessions);
      right.pause();
      left.write(Buffer.alloc(1_000_000));
      await vi.waitFor(() => expect(left.stream.stats().writeBlockedBy).toBe("window"));
      echoing.pipe(echoing);
      other.end(patterned(500_000));
      expect(firstDifference(await heard(other), patterned(500_000))).toBe(-1);
    });
  });

  describe("counts silence", () => {
    test("anew with each byte in either direction", async () => {
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

    test("not while a long write moves on", async () => {
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

    test("of bytes that have not moved, however many wait", async () => {
      const [left] = await streamPair({}, sessionPair({ windowSize: 64 * 1024 }));
      left.write(Buffer.alloc(1_000_000));
      left.setTimeout(5);
      await once(left, "timeout");
      expect(left.destroyed).toBe(false);
    });
  });

  test("puts corked writes into one frame", async () => {
    const bodies: number[] = [];
    const trace = (frame: TracedFrame): void => {
      if (frame.direction === "in" && frame.kind === "data") bodies.push(frame.length);
    };
    const [left, right] = await streamPair({}, sessionPair({ trace }));
    bodies.length = 0;
    left.cork();
    for (let count = 0; count < 50; count++) left.write(`${count}`);
    left.uncork();
    left.end();
    await heard(right);
    // All bytes, and the end.
    expect(bodies).toEqual([90, 0]);
  });

  test("has the addresses of its connection", async () => {
    const [near, far] = await socketPair();
    const sessions = [
      ending(attach(near, { role: "client" })),
      ending(attach(far, { role: "server" })),
    ] as const;
    const [left, right] = await streamPair({}, [...sessions]);
    for (const [duplex, socket] of [
      [left, near],
      [right, far],
    ] as const) {
      expectState(duplex, {
        localAddress: socket.localAddress,
        localFamily: "IPv4",
        localPort: socket.localPort,
        remoteAddress: socket.remoteAddress,
        remoteFamily: "IPv4",
        remotePort: socket.remotePort,
      });
      expect(duplex.address()).toEqual(socket.address());
      expect(duplex.encrypted).toBe(false);
    }
    sessions[0].destroy();
    await closed(left);
    await vi.waitFor(() => expect(near.destroyed).toBe(true));
    // A socket keeps what it was asked for once.
    expectState(left, { remotePort: near.remotePort });
    expect(left.address()).toEqual(near.address());
  });

  test("has no addresses where its connection has none, or those it is told of", async () => {
    const [left] = await streamPair();
    expectState(left, { remoteAddress: undefined, localPort: undefined });
    expect(left.address()).toEqual({});
    const [socket] = await socketPair();
    const [told] = await streamPair({ carrier: socket });
    expectState(told, { remotePort: socket.remotePort });
  });

  test("takes the place of the stream's observer, and leaves it when it is gone", async () => {
    const [left, right] = await streamPair();
    expect(() => toDuplex(left.stream)).toThrow(TypeError);
    left.destroy();
    expect(() => left.stream.observe(undefined)).not.toThrow();
    const observer = { onReadable: ignore, onWritable: ignore };
    expect(() => left.stream.observe(observer)).not.toThrow();
    expect(() => right.stream.observe(observer)).toThrow(TypeError);
  });

  test("takes over what has arrived, and the end behind it", async () => {
    const [client, server] = sessionPair();
    const stream = client.open();
    await stream.write(Buffer.from("early"));
    await stream.closeWrite();
    const accepted = await server.accept();
    await vi.waitFor(() => expect(accepted.stats().bytesUnread).toBe(5));
    expect(await text(toDuplex(accepted))).toBe("early");
  });

  test("has the high-water marks that it is given", async () => {
    const [left] = await streamPair({ readableHighWaterMark: 1, writableHighWaterMark: 2 });
    expectState(left, { readableHighWaterMark: 1, writableHighWaterMark: 2 });
  });

  test("keeps bytes whatever the window, when writers use their buffers again", async () => {
    for (const windowSize of [1, 100, 5_000, 300_000]) {
      const [left, right] = await streamPair({}, sessionPair({ windowSize }));
      const arrived = heard(right);
      const sizes = [1, 4_096, 4_097, 70_000, 200_000];
      for (const [index, size] of sizes.entries()) {
        const scratch = Buffer.alloc(size, index + 1);
        expect(await write(left, scratch)).toBeFalsy();
        scratch.fill(0xee);
      }
      left.end();
      const expected = Buffer.concat(sizes.map((size, index) => Buffer.alloc(size, index + 1)));
      expect(firstDifference(await arrived, expected)).toBe(-1);
    }
  });

  test("keeps every size of write from 1 byte to 200 000 apart, over TCP", async () => {
    const [left, right] = await streamPair({}, await tcpSessions());
    const arrived = heard(right);
    const random = new Random(11);
    const expected: Buffer[] = [];
    const scratch = Buffer.alloc(200_000);
    for (let size = 1; size <= 200_000; size += size < 10 ? 1 : random.between(1, size)) {
      scratch.fill(size % 251);
      expected.push(Buffer.from(scratch.subarray(0, size)));
      expect(await write(left, scratch.subarray(0, size))).toBeFalsy();
      scratch.fill(0xee);
    }
    left.end();
    expect(firstDifference(await arrived, Buffer.concat(expected))).toBe(-1);
  });
});

/** `error` is one of a socket's, and the failure of the Duplex's stream its cause, which is given back. */
function causeOf(duplex: StreamDuplex, error: unknown, code = "ECONNRESET"): MuxadoError {
  expect(error).toMatchObject({ name: "Error", code });
  const { cause } = error as Error;
  expect(cause).toBeInstanceOf(MuxadoError);
  expect(cause).toBe(duplex.stream.error);
  return cause as MuxadoError;
}

function now(task: () => void): void {
  task();
}

/** Never ends, and obeys back-pressure. */
function endless(): Readable {
  return new Readable({
    highWaterMark: 16 * 1024,
    read() {
      this.push(Buffer.alloc(8 * 1024));
    },
  });
}

describe("what has arrived", () => {
  test("is read in full though the peer has ended and then reset, by a reader that is slow", async () => {
    const [left, right] = await streamPair();
    right.write(Buffer.alloc(1));
    await once(left, "readable");
    for (let index = 0; index < 5; index++) right.stream.offer(Buffer.alloc(2000));
    await right.stream.closeWrite();
    right.stream.reset(7);
    let length = 0;
    const slow = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _encoding, callback) {
        length += chunk.length;
        setImmediate(callback);
      },
    });
    await expect(pipeline(left, slow)).rejects.toMatchObject({
      code: "ECONNRESET",
      cause: { wireCode: 7 },
    });
    expect(length).toBe(10_001);
  });
});

test("a timeout is at most what a timer of the platform's can wait", async () => {
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
