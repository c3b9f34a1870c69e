// When the far end resets a stream, the Duplex first delivers the bytes that had arrived, and then fails with a
// socket's error.

import { once } from "node:events";
import { Writable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { toDuplex } from "@muxado/node";
import { firstDifference, patterned } from "@muxado/testkit";
import { describe, expect, test, vi } from "vitest";
import { closed, sessionPair, streamPair, tcpSessions, watched } from "../connections.ts";
import { heard, write } from "../duplexes.ts";
import { leaveNothingOpen } from "../resources.ts";
import { causeOf } from "./failures.ts";

leaveNothingOpen();

describe("a Duplex that is reset by its far end", () => {
  test("a Duplex that is reset still gives out the bytes that it had not taken over yet, then fails", async () => {
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

  test("a Duplex notices a reset, also behind the other side's end, when it has nothing to write", async () => {
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
  ] as const)(
    "a Duplex that is reset gives a reader that flows the bytes that had arrived before, %s",
    async (_, sessions) => {
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
    },
  );

  test("a Duplex that is reset gives a reader that has just begun to read the bytes that had arrived before", async () => {
    const [left, right] = await streamPair();
    left.write("last words");
    left.destroy();
    const chunks: unknown[] = [];
    right.on("data", (chunk: Buffer) => chunks.push(String(chunk)));
    await closed(right);
    expect(chunks).toEqual(["last words"]);
  });

  test("a Duplex that is reset gives an iteration the bytes that had arrived before", async () => {
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

  test("a Duplex that is reset fails its writes with that error, also where nobody reads", async () => {
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

  test("a Duplex that is reset fails a small write that waits for credit", async () => {
    const [left, right] = await streamPair();
    const outcomes = Array.from({ length: 100 }, () => write(left, Buffer.alloc(3_000)));
    await vi.waitFor(() => expect(left.stream.stats().writeBlockedBy).toBe("window"));
    right.destroy();
    causeOf(left, await outcomes.at(-1));
    await closed(left);
  });

  test("a Duplex that is reset fails its end", async () => {
    const [left, right] = await streamPair();
    left.end(Buffer.alloc(10_000_000));
    const outcome = finished(left);
    right.destroy();
    const error: unknown = await outcome.catch((reason: unknown) => reason);
    causeOf(left, error);
    expect(left.writableFinished).toBe(false);
  });

  test("a Duplex has failed from the start, if it was made of a stream that had", async () => {
    const [client, server] = sessionPair();
    const stream = client.open();
    (await server.accept()).reset(4_711);
    await vi.waitFor(() => expect(stream.error).toBeDefined());
    const duplex = toDuplex(stream);
    const [error] = (await once(duplex, "error")) as [unknown];
    expect(causeOf(duplex, error).wireCode).toBe(4_711);
  });
});

describe("bytes that have arrived", () => {
  test("a slow reader gets all bytes though the peer has ended and then reset", async () => {
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

function now(task: () => void): void {
  task();
}
