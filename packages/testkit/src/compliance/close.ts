// Closing a stream: earlier writes still arrive, and no more bytes are wanted.

import { describe, expect } from "vitest";
import { patterned } from "../bytes.ts";
import {
  connectedStream,
  failureOf,
  readAll,
  readBytes,
  stillWaits,
  until,
  writeUntilFailure,
} from "./applications.ts";
import type { Harness } from "./harness.ts";

const KIB = 1024;

export function describeClose({ it }: Harness): void {
  describe("close", () => {
    it("delivers everything written before it", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const bytes = patterned(600 * KIB);
      const writing = [mine.write(bytes), mine.close()];
      expect(await readAll(theirs)).toHaveLength(bytes.length);
      await Promise.all(writing);
    });

    it("makes reading fail with STREAM_CLOSED, also a read that waits", async ({
      client,
      server,
    }) => {
      const [mine] = await connectedStream(client, server);
      const waiting = failureOf(mine.read());
      await mine.close();
      const expected = { code: "STREAM_CLOSED", scope: "stream", origin: "local" };
      expect(await waiting).toMatchObject(expected);
      expect(await failureOf(mine.read())).toMatchObject(expected);
    });

    it("refuses what the peer still writes, which keeps what it has received", async ({
      client,
      server,
    }) => {
      const [mine, theirs] = await connectedStream(client, server);
      await mine.write(new Uint8Array([1, 2, 3]));
      await mine.close();
      const error = await writeUntilFailure(theirs);
      expect(error).toMatchObject({ code: "STREAM_CLOSED", scope: "stream", origin: "remote" });
      expect(await readBytes(theirs, 3)).toEqual(new Uint8Array([1, 2, 3]));
      expect(await theirs.read()).toBe(null);
    });

    it("frees the stream once the peer has ended too", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      await mine.close();
      await theirs.close();
      await until(() => client.stats().openStreams + server.stats().openStreams === 0);
    });

    it("ends a peer that has filled the window and cannot send any more", async ({
      client,
      server,
    }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const blocked = failureOf(theirs.write(new Uint8Array(1024 * KIB)));
      expect(await stillWaits(blocked)).toBe(true);
      await mine.close();
      expect(await blocked).toMatchObject({ scope: "stream", origin: "remote" });
    });

    it("is what asyncDispose does, and harmless on a stream that has failed", async ({
      client,
      server,
    }) => {
      const [mine, theirs] = await connectedStream(client, server);
      await mine[Symbol.asyncDispose]();
      expect(await theirs.read()).toBe(null);
      theirs.reset();
      await theirs.close();
      await theirs[Symbol.asyncDispose]();
    });
  });
}
