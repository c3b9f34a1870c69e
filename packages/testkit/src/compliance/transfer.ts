// Bytes: all of them arrive, in order and unchanged, and their owner is known.

import { describe, expect } from "vitest";
import { concatenated, firstDifference, patterned } from "../bytes.ts";
import { connectedStream, echo, readAll, readBytes, writeAll } from "./applications.ts";
import type { Harness } from "./harness.ts";

const KIB = 1024;

export function describeTransfer({ it }: Harness): void {
  describe("bytes", () => {
    for (const size of [0, 1, 64, 64 * KIB, 256 * KIB + 1, 1024 * KIB + 3, 4096 * KIB]) {
      it(`come back unchanged: an echo of ${size}`, async ({ client, server }) => {
        void echo(server);
        const stream = client.open();
        const bytes = patterned(size, size);
        const [answer] = await Promise.all([readAll(stream), writeAll(stream, bytes)]);
        expect(firstDifference(answer, bytes)).toBe(-1);
      });
    }

    it("keep their order over many writes of every size", async ({ client, server }) => {
      const bytes = patterned(600 * KIB);
      const stream = client.open();
      const writes: Promise<void>[] = [];
      for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7 + 1) % 30_000) {
        writes.push(stream.write(bytes.subarray(at, at + size)));
      }
      writes.push(stream.closeWrite());
      const accepted = await server.accept();
      expect(firstDifference(await readAll(accepted), bytes)).toBe(-1);
      await Promise.all(writes);
    });

    it("flow both ways at once, more than any window", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const [there, back] = [patterned(2048 * KIB, 1), patterned(2048 * KIB, 2)];
      const [atServer, atClient] = await Promise.all([
        readAll(theirs),
        readAll(mine),
        writeAll(mine, there),
        writeAll(theirs, back),
      ]);
      expect(firstDifference(atServer, there)).toBe(-1);
      expect(firstDifference(atClient, back)).toBe(-1);
    });

    it("need not be a whole buffer", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const whole = patterned(40 * KIB);
      for (const part of [whole.subarray(3, 7), whole.subarray(8 * KIB, 32 * KIB)]) {
        await mine.write(part);
        expect(await readBytes(theirs, part.length)).toEqual(part);
      }
    });

    it("of an empty write are none", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      await mine.write(new Uint8Array(0));
      await mine.write(new Uint8Array([1]));
      expect(await theirs.read()).toEqual(new Uint8Array([1]));
    });

    it("may be changed by the writer once the write has resolved", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const bytes = patterned(100 * KIB);
      const expected = bytes.slice();
      const reading = readAll(theirs);
      await mine.write(bytes);
      bytes.fill(0xff);
      await mine.closeWrite();
      expect(firstDifference(await reading, expected)).toBe(-1);
    });

    it("belong to the reader, who may change them", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const bytes = patterned(300 * KIB);
      const writing = writeAll(mine, bytes.slice());
      let at = 0;
      for await (const chunk of theirs) {
        expect(firstDifference(chunk, bytes.subarray(at, at + chunk.length))).toBe(-1);
        chunk.fill(0xff);
        at += chunk.length;
      }
      await writing;
      expect(at).toBe(bytes.length);
    });

    it("may lie in shared memory, and never do so when they are read", async (sessions) => {
      // Browsers offer it to few pages.
      if (typeof SharedArrayBuffer === "undefined") return;
      const [mine, theirs] = await connectedStream(sessions.client, sessions.server);
      const bytes = new Uint8Array(new SharedArrayBuffer(200 * KIB));
      bytes.set(patterned(bytes.length));
      const pieces = [bytes.subarray(0, 3), bytes.subarray(3, 2 * KIB), bytes.subarray(2 * KIB)];
      void Promise.all(pieces.map((piece) => mine.write(piece))).then(() => mine.closeWrite());
      const read: Uint8Array<ArrayBuffer>[] = [];
      for await (const chunk of theirs) {
        expect(chunk.buffer[Symbol.toStringTag]).toBe("ArrayBuffer");
        read.push(chunk);
      }
      expect(firstDifference(concatenated(read), bytes)).toBe(-1);
    });

    it("must be a Uint8Array", async ({ client }) => {
      const stream = client.open();
      const wrong = ["text", [1, 2], new ArrayBuffer(8), new Uint16Array(2), null, undefined];
      for (const chunk of wrong as unknown as Uint8Array[]) {
        expect(() => stream.write(chunk)).toThrow(TypeError);
        expect(() => stream.offer(chunk)).toThrow(TypeError);
      }
    });
  });
}
