// Closing a session gracefully: streams in flight end in their own time, or at the deadline.

import { describe, expect } from "vitest";
import { patterned } from "../bytes.ts";
import {
  connectedStream,
  echo,
  failureOf,
  readAll,
  stillWaits,
  thrownBy,
  until,
  writeAll,
} from "./applications.ts";
import type { Harness } from "./harness.ts";

const KIB = 1024;
const NO_ERRORS = { localError: undefined, remoteError: undefined };

export function describeDraining({ it }: Harness): void {
  describe("close", () => {
    it("ends an idle session on both sides, without an error on either", async ({
      client,
      server,
    }) => {
      await client.close();
      expect(await client.closed).toMatchObject(NO_ERRORS);
      expect(await server.closed).toMatchObject(NO_ERRORS);
    });

    it("waits for the streams in flight, and loses nothing of them", async ({ client, server }) => {
      void echo(server);
      void echo(client);
      const bytes = patterned(100 * KIB);
      const exchanges = Array.from({ length: 40 }, async (_, count) => {
        const stream = (count % 2 === 0 ? client : server).open();
        const [answer] = await Promise.all([readAll(stream), writeAll(stream, bytes)]);
        return answer.length;
      });
      // What is open on its way counts as much as what has arrived.
      await until(
        () => client.stats().streamsReceived === 20 && server.stats().streamsReceived === 20,
      );
      await Promise.all([client.close(), server.close()]);
      expect(new Set(await Promise.all(exchanges))).toEqual(new Set([bytes.length]));
      expect(await client.closed).toMatchObject(NO_ERRORS);
      expect(await server.closed).toMatchObject(NO_ERRORS);
    });

    it("sends the last words of a stream that has just ended", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      await theirs.closeWrite();
      await mine.read();
      const writing = writeAll(mine, patterned(200 * KIB));
      const closing = client.close();
      expect(await readAll(theirs)).toHaveLength(200 * KIB);
      await Promise.all([writing, closing]);
    });

    it("does not wait for streams that ask not to be waited for, and resets them", async ({
      client,
      server,
    }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const [atServer, atClient] = await connectedStream(server, client);
      const [awaited, itsPeer] = await connectedStream(client, server);
      mine.unref();
      atClient.unref();
      const failures = [mine, theirs, atServer, atClient].map((stream) => failureOf(stream.read()));
      const closing = client.close();
      await itsPeer.close();
      expect(await stillWaits(closing)).toBe(true);
      await awaited.close();
      await closing;
      const here = { code: "SESSION_CLOSED", scope: "session", origin: "local" };
      const there = { origin: "remote" };
      for (const [index, story] of [here, there, there, here].entries()) {
        expect(await failures[index]).toMatchObject(story);
      }
      expect(await client.closed).toMatchObject(NO_ERRORS);
      expect(await server.closed).toMatchObject(NO_ERRORS);
    });

    it("goes on once the last stream that it waits for says not to", async ({ client, server }) => {
      const [mine] = await connectedStream(client, server);
      const closing = client.close();
      expect(await stillWaits(closing)).toBe(true);
      mine.unref();
      mine.unref();
      await closing;
      expect(await client.closed).toMatchObject(NO_ERRORS);
    });

    it("counts right when a stream that it does not wait for has ended before", async ({
      client,
      server,
    }) => {
      const [mine] = await connectedStream(client, server);
      mine.unref();
      mine.reset();
      mine.unref();
      const [awaited] = await connectedStream(client, server);
      const closing = client.close();
      expect(await stillWaits(closing)).toBe(true);
      awaited.reset();
      await closing;
    });

    it("refuses new streams meanwhile, on both sides", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const closing = client.close();
      const refusal = { scope: "session", origin: "local", retry: "safe" };
      expect(thrownBy(() => client.open())).toMatchObject({ ...refusal, code: "SESSION_CLOSED" });
      const late = server.open();
      expect(await failureOf(late.read())).toMatchObject({ origin: "remote", retry: "safe" });
      await Promise.all([mine.closeWrite(), theirs.closeWrite()]);
      await closing;
    });

    it("may be asked for again, from both sides, and resolves for all", async ({
      client,
      server,
    }) => {
      await Promise.all([client.close(), server.close(), client.close()]);
      await client.close();
      expect(await server.closed).toMatchObject(NO_ERRORS);
    });

    it("is what asyncDispose does", async ({ client, server }) => {
      await client[Symbol.asyncDispose]();
      expect(await server.closed).toMatchObject(NO_ERRORS);
    });

    it("resets what is still open at the deadline", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const reading = [failureOf(mine.read()), failureOf(theirs.read())];
      await client.close({ timeout: 30 });
      expect(await client.closed).toMatchObject({
        localError: { code: "DRAIN_TIMEOUT", origin: "local" },
      });
      expect(await reading[0]).toMatchObject({
        code: "DRAIN_TIMEOUT",
        scope: "session",
        origin: "local",
      });
      expect(await reading[1]).toMatchObject({ origin: "remote" });
      expect(await server.closed).toMatchObject({ localError: undefined });
    });

    it("resets what is still open when its signal aborts", async ({ client, server }) => {
      const [mine] = await connectedStream(client, server);
      const reading = failureOf(mine.read());
      const controller = new AbortController();
      const closing = client.close({ signal: controller.signal });
      expect(await stillWaits(closing)).toBe(true);
      controller.abort();
      await closing;
      expect(await reading).toMatchObject({ code: "DRAIN_TIMEOUT" });
    });

    it("does not take a deadline that is none", async ({ client }) => {
      for (const timeout of [-1, 0.5, Number.NaN]) {
        expect(() => client.close({ timeout })).toThrow(RangeError);
      }
    });
  });
}
