// A Duplex of a stream reports an abort to its far end, at any time, and the abort never looks like an end.

import { once } from "node:events";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type StreamDuplex, toDuplex } from "@muxado/node";
import { describe, expect, test, vi } from "vitest";
import { sessionPair, streamPair } from "../connections.ts";
import { heard } from "../duplexes.ts";
import { leaveNothingOpen } from "../resources.ts";
import { causeOf, fate } from "./failures.ts";

leaveNothingOpen();

describe("an abort of a Duplex, which never looks like an end", () => {
  test.each([
    ["none", undefined, "STREAM_CANCELLED"],
    ["a signal's", new DOMException("enough", "AbortError"), "STREAM_CANCELLED"],
    ["Node's of a signal", Object.assign(new Error(), { code: "ABORT_ERR" }), "STREAM_CANCELLED"],
    ["a pipe's", Object.assign(new Error(), { code: "EPIPE" }), "STREAM_CANCELLED"],
    ["any other", new Error("enough"), "INTERNAL_ERROR"],
  ] as const)("the far end hears of an abort with the error given: %s", async (_, error, code) => {
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

  test.each(Object.entries(situations))(
    "the far end hears of an abort %s",
    async (_, situation) => {
      const [left, right] = await streamPair({ allowHalfOpen: true });
      await situation(left, right);
      left.destroy();
      expect(await fate(right)).toMatchObject({ code: "STREAM_CANCELLED", origin: "remote" });
      expect(right.readableEnded).toBe(false);
      expect(left.stream.session.stats().openStreams).toBe(0);
      await vi.waitFor(() => expect(right.stream.session.stats().openStreams).toBe(0));
    },
  );

  test("the far end notices iterations that are left early, and pipelines that are aborted", async () => {
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

  test("a far end that does not know a stream gets no abort of it", async () => {
    const [client, server] = sessionPair();
    toDuplex(client.open()).destroy();
    const [next] = await streamPair({}, [client, server]);
    expect(next.stream.id).toBeGreaterThan(0);
    expect(server.stats().waitingForAccept).toBe(0);
    expect(server.stats().openStreams).toBe(1);
  });

  test("an abort takes back no end that was sent: a side that has ended may leave, and only later bytes are refused", async () => {
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
