// Half-closing: one direction ends, the other continues.

import { describe, expect } from "vitest";
import { patterned } from "../bytes.ts";
import { connectedStream, failureOf, readAll, thrownBy } from "./applications.ts";
import type { Harness } from "./harness.ts";

const KIB = 1024;

export function describeHalfClose({ it }: Harness): void {
  describe("half-close", () => {
    it("is read as null, again and again, and leaves the other direction open", async ({
      client,
      server,
    }) => {
      const [mine, theirs] = await connectedStream(client, server);
      await mine.closeWrite();
      expect(await theirs.read()).toBe(null);
      expect(await theirs.read()).toBe(null);
      await theirs.write(new Uint8Array([5]));
      expect(await mine.read()).toEqual(new Uint8Array([5]));
      await theirs.closeWrite();
      expect(await mine.read()).toBe(null);
    });

    it("comes behind everything written, however long that waits", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const bytes = patterned(600 * KIB);
      const writing = [mine.write(bytes), mine.closeWrite()];
      expect(await readAll(theirs)).toHaveLength(bytes.length);
      await Promise.all(writing);
    });

    it("of a stream that nothing was written to gives the peer an empty stream", async ({
      client,
      server,
    }) => {
      const mine = client.open();
      await mine.closeWrite();
      const theirs = await server.accept();
      expect(await theirs.read()).toBe(null);
      await theirs.write(new Uint8Array([1]));
      expect(await mine.read()).toEqual(new Uint8Array([1]));
    });

    it("may be repeated", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      await Promise.all([mine.closeWrite(), mine.closeWrite()]);
      await mine.closeWrite();
      expect(await theirs.read()).toBe(null);
    });

    it("makes further writes fail with WRITE_AFTER_END, and nothing else", async ({
      client,
      server,
    }) => {
      const [mine, theirs] = await connectedStream(client, server);
      await mine.closeWrite();
      const expected = { code: "WRITE_AFTER_END", scope: "stream", origin: "local" };
      expect(await failureOf(mine.write(new Uint8Array(1)))).toMatchObject(expected);
      expect(thrownBy(() => mine.offer(new Uint8Array(1)))).toMatchObject(expected);
      expect(mine.error).toBe(undefined);
      await theirs.write(new Uint8Array([1]));
      expect(await mine.read()).toEqual(new Uint8Array([1]));
    });

    it("from both sides ends the stream without an error", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      await Promise.all([mine.closeWrite(), theirs.closeWrite()]);
      expect(await mine.read()).toBe(null);
      expect(await theirs.read()).toBe(null);
      expect(mine.error ?? theirs.error).toBe(undefined);
      expect(client.stats().openStreams + server.stats().openStreams).toBe(0);
    });
  });
}
