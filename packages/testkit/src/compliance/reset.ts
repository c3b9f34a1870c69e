// Resetting a stream: both directions end at once, and the peer learns the reason.

import { describe, expect } from "vitest";
import { patterned } from "../bytes.ts";
import {
  connectedStream,
  failureOf,
  readAll,
  readBytes,
  thrownBy,
  until,
  writeAll,
} from "./applications.ts";
import type { Harness } from "./harness.ts";

const KIB = 1024;

export function describeReset({ it, resetHasCode, openWrites }: Harness): void {
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

    it("may carry a number of the application, but never 0", async ({ client, server }) => {
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
      const { bytesReceived } = theirs.stats();
      await mine.write(patterned(10 * KIB));
      await until(() => theirs.stats().bytesReceived === bytesReceived + 10 * KIB);
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

    if (!openWrites) {
      it("before anything was sent is not reported to the peer", async ({ client, server }) => {
        client.open().reset();
        const [next] = await connectedStream(client, server);
        expect(server.stats().streamsReceived).toBe(1);
        expect(next.error).toBe(undefined);
      });
    }

    it("that refuses a stream tells the peer that it may try again", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      theirs.refuse();
      theirs.refuse();
      const error = await failureOf(mine.read());
      if (resetHasCode) expect(error).toMatchObject({ code: "STREAM_REFUSED", retry: "safe" });
      expect(theirs.error).toMatchObject({ origin: "local" });
      expect(() => theirs.refuse(0)).toThrow(RangeError);
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
