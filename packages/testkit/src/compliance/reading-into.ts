// Reads into memory that the reader brings.

import { describe, expect } from "vitest";
import { concatenated, firstDifference, patterned } from "../bytes.ts";
import { connectedStream, failureOf, readAll, thrownBy } from "./applications.ts";
import type { Harness } from "./harness.ts";

const KIB = 1024;

export function describeReadingInto({ it }: Harness): void {
  describe("readInto", () => {
    it("gives the bytes in the caller's memory, and null at the end", async ({
      client,
      server,
    }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const view = new Uint8Array(8).fill(9);
      const waiting = theirs.readInto(view.subarray(2, 6));
      await mine.write(new Uint8Array([1, 2]));
      expect(await waiting).toBe(2);
      expect(view).toEqual(new Uint8Array([9, 9, 1, 2, 9, 9, 9, 9]));
      await mine.closeWrite();
      expect(await theirs.readInto(view)).toBe(null);
      expect(await theirs.readInto(view)).toBe(null);
    });

    for (const room of [1, 1000, 16 * KIB, 100 * KIB]) {
      it(`keeps the order of many bytes, with ${room} bytes of room`, async ({
        client,
        server,
      }) => {
        const [mine, theirs] = await connectedStream(client, server);
        const bytes = patterned(room === 1 ? 5 * KIB : 1500 * KIB);
        const writing = mine.write(bytes).then(() => mine.closeWrite());
        const view = new Uint8Array(room);
        const pieces: Uint8Array[] = [];
        let count = await theirs.readInto(view);
        for (; count !== null; count = await theirs.readInto(view)) {
          expect(count).toBeGreaterThan(0);
          pieces.push(view.slice(0, count));
        }
        await writing;
        expect(firstDifference(concatenated(pieces), bytes)).toBe(-1);
      });
    }

    it("takes turns with other reads, and each byte comes once", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const bytes = patterned(700 * KIB);
      const writing = mine.write(bytes).then(() => mine.closeWrite());
      const view = new Uint8Array(30_000);
      const pieces: Uint8Array[] = [];
      for (let turn = 0; ; turn++) {
        if (turn % 3 === 0) {
          const chunk = await theirs.read();
          if (chunk === null) break;
          pieces.push(chunk);
        } else if (turn % 3 === 1) {
          const count = await theirs.readInto(view);
          if (count === null) break;
          pieces.push(view.slice(0, count));
        } else {
          const count = theirs.takeInto(view);
          if (count === null) break;
          if (count !== undefined) pieces.push(view.slice(0, count));
        }
      }
      await writing;
      expect(firstDifference(concatenated(pieces), bytes)).toBe(-1);
    });

    it("holds the peer back while nobody reads", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const view = new Uint8Array(1000);
      const first = theirs.readInto(view);
      const write = mine.write(patterned(5000 * KIB));
      let isDone = false;
      void write.then(
        () => void (isDone = true),
        () => {},
      );
      expect(await first).toBeGreaterThan(0);
      await server.open().write(new Uint8Array(1));
      await (await client.accept()).read();
      expect(isDone).toBe(false);
      theirs.reset();
      await failureOf(write);
    });

    it("gives what arrived before an error, then fails with it", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      await mine.write(new Uint8Array([7]));
      const view = new Uint8Array(4);
      expect(await theirs.readInto(view)).toBe(1);
      const waiting = theirs.readInto(view);
      mine.reset();
      expect(await failureOf(waiting)).toBe(theirs.error);
      expect(await failureOf(theirs.readInto(view))).toBe(theirs.error);
    });

    it("fails when the stream is closed here", async ({ client, server }) => {
      const [, theirs] = await connectedStream(client, server);
      const waiting = theirs.readInto(new Uint8Array(4));
      void theirs.close();
      expect(await failureOf(waiting)).toMatchObject({ code: "STREAM_CLOSED" });
    });

    it("is cancelled by its signal, and the stream continues", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const controller = new AbortController();
      const view = new Uint8Array(4);
      const waiting = theirs.readInto(view, { signal: controller.signal });
      controller.abort(new Error("enough"));
      await expect(waiting).rejects.toThrow("enough");
      await mine.write(new Uint8Array([5]));
      expect(await theirs.readInto(view)).toBe(1);
      expect(view[0]).toBe(5);
    });

    it("excludes a second read", async ({ client, server }) => {
      const [, theirs] = await connectedStream(client, server);
      const view = new Uint8Array(4);
      const waiting = theirs.readInto(view);
      expect(await failureOf(theirs.readInto(view))).toMatchObject({ code: "READ_PENDING" });
      expect(await failureOf(theirs.read())).toMatchObject({ code: "READ_PENDING" });
      theirs.reset();
      await failureOf(waiting);
    });

    it("fails if the memory is taken away, and loses no byte", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const view = new Uint8Array(4);
      const waiting = theirs.readInto(view);
      structuredClone(view.buffer, { transfer: [view.buffer] });
      const refused = expect(waiting).rejects.toThrow(TypeError);
      await mine.write(new Uint8Array([1, 2, 3]));
      await refused;
      await mine.closeWrite();
      expect(await readAll(theirs)).toEqual(new Uint8Array([1, 2, 3]));
    });

    it("refuses anything but a Uint8Array with room", async ({ client }) => {
      const stream = client.open();
      for (const view of [new Uint8Array(0), new DataView(new ArrayBuffer(4)), "text", null]) {
        expect(() => stream.readInto(view as Uint8Array)).toThrow(TypeError);
        expect(() => stream.takeInto(view as Uint8Array)).toThrow(TypeError);
      }
    });
  });

  describe("takeInto", () => {
    it("gives bytes, undefined while there are none, null at the end, and throws the error", async ({
      client,
      server,
    }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const [other, itsPeer] = await connectedStream(client, server);
      const view = new Uint8Array(2);
      expect(theirs.takeInto(view)).toBe(undefined);
      await mine.write(new Uint8Array([1, 2, 3]));
      await mine.closeWrite();
      const taken: number[] = [];
      for (let count = theirs.takeInto(view); count !== null; count = theirs.takeInto(view)) {
        if (count === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
        else taken.push(...view.subarray(0, count));
      }
      expect(taken).toEqual([1, 2, 3]);
      const failing = failureOf(itsPeer.read());
      other.reset();
      await failing;
      expect(thrownBy(() => itsPeer.takeInto(view))).toBe(itsPeer.error);
    });
  });
}
