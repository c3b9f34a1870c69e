// The layer below the promises: take, offer, and the calls that tell when to try again.

import type { Stream } from "@muxado/core";
import { describe, expect } from "vitest";
import { concatenated, firstDifference, patterned } from "../bytes.ts";
import { connectedStream, failureOf, readAll, thrownBy, until } from "./applications.ts";
import type { Harness } from "./harness.ts";

const KIB = 1024;

export function describeNonBlocking({ it }: Harness): void {
  describe("take", () => {
    it("gives bytes, undefined while there are none, and null at the end", async ({
      client,
      server,
    }) => {
      const [mine, theirs] = await connectedStream(client, server);
      expect(theirs.take()).toBe(undefined);
      await mine.write(new Uint8Array([1]));
      await told(theirs);
      expect(theirs.take()).toEqual(new Uint8Array([1]));
      expect(theirs.take()).toBe(undefined);
      await mine.closeWrite();
      await told(theirs);
      expect(theirs.take()).toBe(null);
    });

    it("gives at most so many bytes as asked for, and leaves the rest", async ({
      client,
      server,
    }) => {
      const [mine, theirs] = await connectedStream(client, server);
      await mine.write(new Uint8Array([1, 2, 3, 4, 5]));
      await mine.closeWrite();
      const taken: number[][] = [];
      for (let piece = theirs.take(2); piece !== null; piece = theirs.take(2)) {
        if (piece === undefined) await told(theirs);
        else taken.push([...piece]);
      }
      expect(taken.flat()).toEqual([1, 2, 3, 4, 5]);
      expect(Math.max(...taken.map((piece) => piece.length))).toBeLessThanOrEqual(2);
    });

    it("does not take a limit that is none", async ({ client }) => {
      const stream = client.open();
      for (const limit of [0, -1, 1.5, Number.NaN]) {
        expect(() => stream.take(limit)).toThrow(RangeError);
      }
    });

    it("gives what arrived before an error, then throws it", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      await mine.write(new Uint8Array([1]));
      await told(theirs);
      mine.reset();
      await told(theirs);
      expect(theirs.take()).toEqual(new Uint8Array([1]));
      expect(thrownBy(() => theirs.take())).toBe(theirs.error);
    });
  });

  describe("offer", () => {
    it("takes what window and transport have room for, and tells when there is more", async ({
      client,
      server,
    }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const bytes = patterned(2048 * KIB);
      const reading = readAll(theirs);
      let offered = 0;
      await new Promise<void>((resolve) => {
        const push = (): void => {
          while (offered < bytes.length) {
            const taken = mine.offer(bytes.slice(offered, offered + 100 * KIB));
            offered += taken;
            if (taken < Math.min(100 * KIB, bytes.length - offered + taken)) return;
          }
          resolve();
        };
        mine.observe({ onReadable: () => {}, onWritable: push });
        push();
        expect(offered).toBeLessThan(bytes.length);
      });
      await mine.closeWrite();
      expect(firstDifference(await reading, bytes)).toBe(-1);
    });

    it("takes nothing while writes wait, and keeps their order", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const write = mine.write(patterned(600 * KIB));
      expect(mine.offer(new Uint8Array([1]))).toBe(0);
      const ready = toldWritable(mine);
      const chunks: Uint8Array[] = [];
      const reading = (async () => {
        for await (const chunk of theirs) chunks.push(chunk);
      })();
      await Promise.all([write, ready]);
      while (mine.offer(new Uint8Array([1])) === 0) await toldWritable(mine);
      await mine.closeWrite();
      await reading;
      expect(concatenated(chunks).at(-1)).toBe(1);
    });

    it("that starved is told of the stream's end too", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      expect(mine.offer(new Uint8Array(1024 * KIB))).toBeLessThan(1024 * KIB);
      const ready = toldWritable(mine);
      theirs.reset();
      await ready;
      expect(thrownBy(() => mine.offer(new Uint8Array(1)))).toBe(mine.error);
    });
  });

  describe("an observer", () => {
    it("stands alone until it is removed", async ({ client }) => {
      const stream = client.open();
      const observer = { onReadable: () => {}, onWritable: () => {} };
      stream.observe(observer);
      expect(() => stream.observe(observer)).toThrow(TypeError);
      stream.observe(undefined);
      stream.observe(observer);
    });

    it("may give any command", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const [victim, itsPeer] = await connectedStream(client, server);
      const opened: Stream[] = [];
      theirs.observe({
        onReadable: () => {
          if (opened.length > 0) return;
          opened.push(server.open());
          void opened[0]!.write(new Uint8Array([42]));
          itsPeer.reset();
          void theirs.write(theirs.take()!);
          void theirs.close();
        },
        onWritable: () => {},
      });
      await mine.write(new Uint8Array([7]));
      expect(await readAll(mine)).toEqual(new Uint8Array([7]));
      expect(await failureOf(victim.read())).toMatchObject({ origin: "remote" });
      expect(await (await client.accept()).read()).toEqual(new Uint8Array([42]));
    });

    it("is told of bytes, of the end, and of an error", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const [other, itsPeer] = await connectedStream(client, server);
      let [ends, errors] = [0, 0];
      theirs.observe({
        onReadable: () => void (ends += theirs.take() === null ? 1 : 0),
        onWritable: () => {},
      });
      itsPeer.observe({
        onReadable: () => void (errors += itsPeer.error === undefined ? 0 : 1),
        onWritable: () => {},
      });
      await mine.closeWrite();
      other.reset();
      await until(() => ends === 1 && errors === 1);
    });
  });
}

/** Resolves when the observer is told that a take is worth it. */
async function told(stream: Stream): Promise<void> {
  await new Promise<void>((resolve) =>
    stream.observe({ onReadable: resolve, onWritable: () => {} }),
  );
  stream.observe(undefined);
}

async function toldWritable(stream: Stream): Promise<void> {
  await new Promise<void>((resolve) =>
    stream.observe({ onReadable: () => {}, onWritable: resolve }),
  );
  stream.observe(undefined);
}
