// The three ways in which a stream ends: half-close, close, reset.

import { describe, expect } from "vitest";
import { patterned } from "../bytes.ts";
import {
  connectedStream,
  failureOf,
  readAll,
  readBytes,
  stillWaits,
  thrownBy,
  until,
  writeAll,
  writeUntilFailure,
} from "./applications.ts";
import type { Harness } from "./harness.ts";

const KIB = 1024;

export function describeEnding(harness: Harness): void {
  describeHalfClose(harness);
  describeClose(harness);
  describeReset(harness);
}

function describeHalfClose({ it }: Harness): void {
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

function describeClose({ it }: Harness): void {
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

function describeReset({ it, resetHasCode }: Harness): void {
  describe("reset", () => {
    it("tells the peer why", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      mine.reset("INTERNAL_ERROR");
      const error = await failureOf(theirs.read());
      expect(error).toMatchObject({ scope: "stream", origin: "remote", streamId: mine.id });
      if (resetHasCode) expect(error).toMatchObject({ code: "INTERNAL_ERROR", wireCode: 2 });
      expect(theirs.error).toBe(error);
    });

    it("is a cancellation by default, here too", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      mine.reset();
      const expected = { code: "STREAM_CANCELLED", scope: "stream", origin: "local" };
      expect(await failureOf(mine.read())).toMatchObject(expected);
      expect(await failureOf(mine.write(new Uint8Array(1)))).toMatchObject(expected);
      expect(thrownBy(() => mine.take())).toMatchObject(expected);
      expect(mine.error).toMatchObject(expected);
      const error = await failureOf(theirs.read());
      if (resetHasCode) expect(error.code).toBe("STREAM_CANCELLED");
    });

    it("may carry a number of the application's own, but never 0", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      for (const code of [0, -1, 1.5, 2 ** 32, Number.NaN]) {
        expect(() => mine.reset(code)).toThrow(RangeError);
      }
      expect(mine.error).toBe(undefined);
      mine.reset(1000);
      const error = await failureOf(theirs.read());
      if (resetHasCode) expect(error).toMatchObject({ code: "UNKNOWN_CODE", wireCode: 1000 });
    });

    it("leaves what had arrived before it readable", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      await mine.write(patterned(10 * KIB));
      await until(() => server.stats().bytesReceived >= 10 * KIB);
      mine.reset();
      await until(() => theirs.error !== undefined);
      expect(await readBytes(theirs, 10 * KIB)).toEqual(patterned(10 * KIB));
      expect(await failureOf(theirs.read())).toBe(theirs.error);
    });

    it("settles everything that waits, on both sides", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const big = new Uint8Array(1024 * KIB);
      const waiting = [mine, theirs].flatMap((stream) => [
        failureOf(stream.read()),
        failureOf(stream.write(big)),
        failureOf(stream.closeWrite()),
      ]);
      mine.reset();
      const origins = (await Promise.all(waiting)).map((error) => error.origin);
      expect(origins).toEqual(["local", "local", "local", "remote", "remote", "remote"]);
      expect(client.stats().openStreams + server.stats().openStreams).toBe(0);
    });

    it("before anything was sent is no news for the peer", async ({ client, server }) => {
      client.open().reset();
      const [next] = await connectedStream(client, server);
      expect(server.stats().streamsReceived).toBe(1);
      expect(next.error).toBe(undefined);
    });

    it("is harmless on a stream that has ended, and repeated", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      await Promise.all([writeAll(mine, new Uint8Array([1])), theirs.closeWrite()]);
      expect(await mine.read()).toBe(null);
      mine.reset();
      mine.reset();
      expect(await readAll(theirs)).toEqual(new Uint8Array([1]));
    });

    it("leaves the other streams alone", async ({ client, server }) => {
      const [one, other] = [
        await connectedStream(client, server),
        await connectedStream(client, server),
      ];
      one[0].reset();
      await failureOf(one[1].read());
      await other[0].write(new Uint8Array([1]));
      expect(await other[1].read()).toEqual(new Uint8Array([1]));
    });
  });
}
