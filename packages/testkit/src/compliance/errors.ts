// The content of an error, from which an application can decide its reaction.

import { MuxadoError } from "@muxado/core";
import { describe, expect } from "vitest";
import { connectedStream, failureOf, readAll, thrownBy, until } from "./applications.ts";
import type { Harness } from "./harness.ts";

export function describeErrors({ it, openWrites, resetHasCode }: Harness): void {
  describe("an error", () => {
    it("is a MuxadoError, with the stream it is about", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      mine.reset();
      const error = await failureOf(theirs.read());
      expect(error).toBeInstanceOf(Error);
      expect(error).toBeInstanceOf(MuxadoError);
      expect(error.name).toBe("MuxadoError");
      expect(error.streamId).toBe(mine.id);
      expect(error.message).toContain(`stream ${mine.id}`);
    });

    it("is the same one wherever the stream reports it", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const waiting = failureOf(theirs.read());
      mine.reset();
      const error = await waiting;
      expect(theirs.error).toBe(error);
      expect(await failureOf(theirs.write(new Uint8Array(1)))).toBe(error);
      expect(await failureOf(theirs.closeWrite())).toBe(error);
      expect(thrownBy(() => theirs.take())).toBe(error);
    });

    it("of work that the peer cannot have seen is safe to retry", async ({ client }) => {
      const unsent = client.open();
      client.destroy();
      expect(unsent.error).toMatchObject({ retry: openWrites ? "unknown" : "safe" });
      expect(thrownBy(() => client.open())).toMatchObject({ retry: "safe" });
    });

    it("of work that the peer has answered is unsafe to retry", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      await theirs.write(new Uint8Array([1]));
      await mine.read();
      theirs.reset("STREAM_REFUSED");
      expect(await failureOf(mine.read())).toMatchObject({ retry: "unsafe" });
    });

    it("of work that the peer may have seen leaves that open", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      theirs.reset("INTERNAL_ERROR");
      expect(await failureOf(mine.read())).toMatchObject({ retry: "unknown" });
      expect(theirs.error).toMatchObject({ retry: "unknown" });
    });
  });

  describe("stats", () => {
    it("count streams and bytes", async ({ client, server }) => {
      expect(client.stats()).toEqual({
        openStreams: 0,
        streamsOpened: 0,
        streamsReceived: 0,
        waitingForAccept: 0,
        bytesReceived: 0,
        bytesSent: 0,
        bytesWritten: 0,
        bytesToSend: 0,
        bytesReturned: 0,
        framesReceived: 0,
        framesSent: 0,
        resetsReceived: {},
        resetsSent: {},
        memoryUnread: 0,
        memoryUnsent: 0,
        roundTrip: undefined,
      });
      const [mine] = await connectedStream(client, server);
      await connectedStream(server, client);
      await mine.write(new Uint8Array(1000));
      expect(client.stats()).toMatchObject({
        openStreams: 2,
        streamsOpened: 1,
        streamsReceived: 1,
      });
      expect(client.stats().bytesToSend).toBeGreaterThanOrEqual(1000);
      server.open();
      server.open();
      await client.accept();
      expect(client.stats().waitingForAccept).toBeLessThanOrEqual(1);
      expect(client.stats().bytesSent).toBeGreaterThan(1000);
      await until(() => client.stats().bytesReceived === server.stats().bytesSent);
    });

    it("count resets by their code, and what waits in memory", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const [other, itsPeer] = await connectedStream(client, server);
      await mine.write(new Uint8Array(1000));
      await until(() => theirs.stats().bytesUnread === 1000);
      expect(server.stats().memoryUnread).toBeGreaterThanOrEqual(1000);
      other.reset("INTERNAL_ERROR");
      await until(() => itsPeer.error !== undefined);
      if (resetHasCode) {
        expect(client.stats().resetsSent).toEqual({ INTERNAL_ERROR: 1 });
        expect(server.stats().resetsReceived).toEqual({ INTERNAL_ERROR: 1 });
      }
      await until(() => theirs.take() === undefined && theirs.stats().bytesReceived > 1000);
      expect(server.stats().memoryUnread).toBe(0);
    });

    it("of a stream tell its bytes, and that a write waits for the peer's window", async ({
      client,
      server,
    }) => {
      const [mine, theirs] = await connectedStream(client, server);
      expect(mine.stats()).toMatchObject({ writeBlockedBy: undefined, readBlocked: false });
      const reading = mine.read();
      expect(mine.stats()).toMatchObject({ readBlocked: true, silentFor: undefined });
      const writing = mine.write(new Uint8Array(1_000_000));
      await until(() => mine.stats().writeBlockedBy === "window");
      const { bytesUnsent, writeBlockedFor, credit } = mine.stats();
      expect(credit).toBeLessThan(1024);
      expect(bytesUnsent).toBeGreaterThan(500_000);
      expect(writeBlockedFor).toBeGreaterThanOrEqual(0);
      expect(client.stats().memoryUnsent).toBe(64 * 1024);
      const drained = readAll(theirs);
      await writing;
      await mine.closeWrite();
      expect(await drained).toHaveLength(1_000_000);
      expect(client.stats().memoryUnsent).toBe(0);
      await theirs.write(new Uint8Array(1));
      expect(await reading).toHaveLength(1);
      expect(mine.stats().bytesReceived).toBe(1);
      expect(mine.stats().silentFor).toBeGreaterThanOrEqual(0);
    });
  });
}
