// Closing a session gracefully: open streams end when they want, or at the deadline.

import { describe, expect } from "vitest";
import { concatenated, firstDifference, patterned } from "../bytes.ts";
import {
  aMoment,
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

/** No drain depends on this value: it is for other ends. */
const NO_LINGER = { lingerTimeout: 0 };

/** Milliseconds of silence: every stream of a test is silent for longer. */
const SHORT = 20;

export function describeDraining({ it }: Harness): void {
  describe("close", () => {
    it(
      "loses nothing, however late and slowly the peer reads",
      async ({ client, server }) => {
        const [mine, theirs] = await connectedStream(client, server);
        await theirs.closeWrite();
        const bytes = patterned(200 * KIB);
        await mine.write(bytes);
        await mine.close();
        const closing = client.close();
        await aMoment(30);
        const read: Uint8Array[] = [];
        for (let chunk = await theirs.read(); chunk !== null; chunk = await theirs.read()) {
          read.push(chunk);
          await aMoment();
        }
        expect(firstDifference(concatenated(read), bytes)).toBe(-1);
        await closing;
        expect(await client.closed).toMatchObject(NO_ERRORS);
        expect(await server.closed).toMatchObject(NO_ERRORS);
      },
      { client: NO_LINGER, server: NO_LINGER },
    );

    it(
      "drops what the peer goes on sending, which is no error on either side",
      async ({ client, server }) => {
        const [mine, theirs] = await connectedStream(client, server);
        mine.unref();
        const failures = [failureOf(theirs.write(patterned(1024 * KIB)))];
        await until(() => server.stats().bytesSent > 200 * KIB);
        const closing = client.close();
        const refusal = failureOf(
          (async () => {
            for (;;) {
              const late = server.open();
              const asking = writeAll(late, patterned(100 * KIB)).then(() => late.read());
              failures.push(failureOf(asking));
              await aMoment(1);
            }
          })(),
        );
        await closing;
        expect(await refusal).toMatchObject({ scope: "session", retry: "safe" });
        for (const failure of failures) expect(await failure).toMatchObject({ origin: "remote" });
        expect(await client.closed).toMatchObject(NO_ERRORS);
        expect(await server.closed).toMatchObject(NO_ERRORS);
      },
      // The peer needs time for the bytes that it is writing when the close arrives.
      { client: NO_LINGER },
    );

    it(
      "waits for a stream that is silent for long, on both sides",
      async ({ client, server }) => {
        const [mine, theirs] = await connectedStream(client, server);
        const answer = mine.read();
        const closing = server.close();
        await aMoment(3 * SHORT);
        await theirs.write(new Uint8Array([7]));
        expect(await answer).toEqual(new Uint8Array([7]));
        await Promise.all([theirs.closeWrite(), mine.closeWrite()]);
        await closing;
        expect(mine.error ?? theirs.error).toBeUndefined();
        expect(await client.closed).toMatchObject(NO_ERRORS);
        expect(await server.closed).toMatchObject(NO_ERRORS);
      },
      { client: { goAwayTimeout: SHORT }, server: { goAwayTimeout: SHORT } },
    );

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
      // Streams that are on their way count as much as streams that have arrived.
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
