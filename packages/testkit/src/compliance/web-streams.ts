// The Web Streams of a stream: native byte streams, with the same back-pressure as the other interfaces.

import { describe, expect } from "vitest";
import { concatenated, firstDifference, patterned } from "../bytes.ts";
import {
  aMoment,
  connectedStream,
  echo,
  failureOf,
  readAll,
  readBytes,
  until,
} from "./applications.ts";
import type { Harness } from "./harness.ts";

const KIB = 1024;

export function describeWebStreams({ it, resetHasCode }: Harness): void {
  describe("readable", () => {
    it("gives the bytes, then the end", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const bytes = patterned(600 * KIB);
      const writing = mine.write(bytes).then(() => mine.closeWrite());
      const read = new Uint8Array(await new Response(theirs.readable).arrayBuffer());
      expect(firstDifference(read, bytes)).toBe(-1);
      await writing;
    });

    it("is the same object every time", async ({ client }) => {
      const stream = client.open();
      expect(stream.readable).toBe(stream.readable);
      expect(stream.writable).toBe(stream.writable);
    });

    it("reads into the caller's own memory", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const bytes = patterned(10_000);
      const writing = mine.write(bytes).then(() => mine.closeWrite());
      const reader = theirs.readable.getReader({ mode: "byob" });
      const pieces: Uint8Array[] = [];
      for (;;) {
        const { done, value } = await reader.read(new Uint8Array(700));
        if (done) break;
        pieces.push(value);
      }
      expect(firstDifference(concatenated(pieces), bytes)).toBe(-1);
      await writing;
    });

    it("reads nothing ahead: an untouched reader returns no credit", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const reader = theirs.readable.getReader();
      const writing = mine.write(patterned(1024 * KIB));
      await until(() => server.stats().bytesReceived > 256 * KIB);
      await aMoment(20);
      expect(server.stats().bytesReceived).toBeLessThan(300 * KIB);
      let read = 0;
      while (read < 1024 * KIB) read += (await reader.read()).value!.length;
      await writing;
    });

    it("cancelled, resets the stream", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      await mine.readable.cancel("enough");
      expect(mine.error).toMatchObject({
        code: "STREAM_CANCELLED",
        origin: "local",
        cause: "enough",
      });
      const error = await failureOf(theirs.read());
      if (resetHasCode) expect(error.code).toBe("STREAM_CANCELLED");
    });

    it("cancelled while a read waits, ends that read", async ({ client, server }) => {
      const [mine] = await connectedStream(client, server);
      const reader = mine.readable.getReader();
      const waiting = reader.read();
      await reader.cancel();
      expect(await waiting).toMatchObject({ done: true });
    });

    it("shows the stream's error, after what had arrived before it", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const reader = theirs.readable.getReader();
      await mine.write(new Uint8Array([1]));
      await until(() => server.stats().bytesReceived > 17);
      mine.reset();
      await until(() => theirs.error !== undefined);
      expect(await reader.read()).toEqual({ done: false, value: new Uint8Array([1]) });
      expect(await failureOf(reader.read())).toBe(theirs.error);
      expect(await failureOf(reader.closed)).toBe(theirs.error);
    });

    it("touched after the end gives what is left", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      await Promise.all([
        mine.write(new Uint8Array([1, 2])),
        mine.closeWrite(),
        theirs.closeWrite(),
      ]);
      await until(() => server.stats().openStreams === 0);
      expect(await new Response(theirs.readable).arrayBuffer()).toHaveProperty("byteLength", 2);
    });
  });

  describe("writable", () => {
    it("sends, and half-closes when it is closed", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const bytes = patterned(600 * KIB);
      const reading = readAll(theirs);
      const writer = mine.writable.getWriter();
      await writer.write(bytes);
      await writer.close();
      expect(firstDifference(await reading, bytes)).toBe(-1);
      await theirs.write(new Uint8Array([1]));
      expect(await mine.read()).toEqual(new Uint8Array([1]));
    });

    it("holds its writer back while the window is full", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const writer = mine.writable.getWriter();
      await writer.ready;
      const writing = writer.write(patterned(1024 * KIB));
      await aMoment();
      expect(writer.desiredSize).toBeLessThanOrEqual(0);
      await readBytes(theirs, 1024 * KIB);
      await writing;
      await writer.ready;
      expect(writer.desiredSize).toBeGreaterThan(0);
    });

    it("aborted, resets the stream", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      await mine.writable.abort("changed my mind");
      expect(mine.error).toMatchObject({ code: "STREAM_CANCELLED", cause: "changed my mind" });
      expect(await failureOf(theirs.read())).toMatchObject({ origin: "remote" });
    });

    it("shows the stream's error, also to a write that waits", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const writer = mine.writable.getWriter();
      const waiting = failureOf(writer.write(patterned(1024 * KIB)));
      const closed = failureOf(writer.closed);
      theirs.reset();
      expect(await waiting).toBe(mine.error);
      expect(await closed).toBe(mine.error);
      expect(mine.error).toMatchObject({ origin: "remote" });
    });
  });

  describe("piping", () => {
    it("through an echo brings everything back", async ({ client, server }) => {
      void echo(server);
      const stream = client.open();
      const bytes = patterned(1536 * KIB);
      const source = new Response(bytes).body!;
      const [answer] = await Promise.all([
        new Response(stream.readable).arrayBuffer(),
        source.pipeTo(stream.writable),
      ]);
      expect(firstDifference(new Uint8Array(answer), bytes)).toBe(-1);
    });

    it("a stream into itself is an echo", async ({ client, server }) => {
      const stream = client.open();
      const serving = server.accept().then((peer) => peer.readable.pipeTo(peer.writable));
      const bytes = patterned(600 * KIB);
      const [answer] = await Promise.all([
        readAll(stream),
        stream.write(bytes).then(() => stream.closeWrite()),
      ]);
      expect(firstDifference(answer, bytes)).toBe(-1);
      await serving;
    });

    it("cancels the source when the peer resets", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      let cancelled: unknown;
      const source = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(new Uint8Array(1024)),
        cancel: (reason) => void (cancelled = reason),
      });
      const piping = failureOf(source.pipeTo(mine.writable));
      theirs.reset();
      expect(await piping).toBe(mine.error);
      expect(cancelled).toBe(mine.error);
    });
  });
}
