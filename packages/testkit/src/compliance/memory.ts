// Memory: bytes within flow control are never punished, and an application that takes its own memory back harms only
// itself.

import type { Stream } from "@muxado/core";
import { describe, expect } from "vitest";
import { patterned } from "../bytes.ts";
import { connectedStream, echo, failureOf, readAll, until, writeAll } from "./applications.ts";
import type { Harness } from "./harness.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const WINDOW = 256 * KIB;

/** A budget that four accepted streams may fill, in addition to eight that wait. */
const SMALL = { memoryBudget: 4 * MIB, acceptBacklog: 8 };

export function describeMemory({ it }: Harness): void {
  describe("streams that nobody reads", () => {
    it("fill their windows, and are read to the end later", async ({ client, server }) => {
      const bytes = patterned(WINDOW + 10 * KIB);
      const pairs = await Promise.all(
        Array.from({ length: 24 }, async () => await connectedStream(client, server)),
      );
      const writing = pairs.map(([mine]) => writeAll(mine, bytes));
      // A sender may keep back bytes that are not worth a frame.
      const isFull = ([, theirs]: [Stream, Stream]): boolean =>
        theirs.stats().bytesUnread > WINDOW - KIB;
      await until(() => pairs.every(isFull));
      const lengths = await Promise.all(
        pairs.map(async ([, theirs]) => (await readAll(theirs)).length),
      );
      await Promise.all(writing);
      expect(new Set(lengths)).toEqual(new Set([bytes.length]));
    });

    it(
      "hold back others that want to be accepted, and lose none of them",
      async ({ client, server }) => {
        const bytes = patterned(100 * KIB);
        const streams = Array.from({ length: 8 }, () => client.open());
        const writing = streams.map((stream) => writeAll(stream, bytes));
        const lengths: number[] = [];
        while (lengths.length < streams.length) {
          const stream = await server.accept();
          // All its bytes have arrived before they are read.
          await until(() => stream.stats().bytesUnread === bytes.length);
          lengths.push((await readAll(stream)).length);
        }
        await Promise.all(writing);
        expect(new Set(lengths)).toEqual(new Set([bytes.length]));
        expect(server.stats().resetsSent).toEqual({});
      },
      { server: SMALL },
    );
  });

  describe("memory that the application transfers while a write waits", () => {
    it("costs that stream, and no other", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const chunk = new Uint8Array(2 * MIB);
      const writing = mine.write(chunk);
      await until(() => mine.stats().credit < KIB && client.stats().bytesToSend === 0);
      structuredClone(chunk.buffer, { transfer: [chunk.buffer] });
      const reading = readAll(theirs);
      const error = await failureOf(writing);
      expect(error).toMatchObject({ code: "INTERNAL_ERROR", scope: "stream", origin: "local" });
      await failureOf(reading);
      void echo(server);
      const other = client.open();
      const [answer] = await Promise.all([readAll(other), writeAll(other, patterned(10 * KIB))]);
      expect(answer).toEqual(patterned(10 * KIB));
    });
  });
}
