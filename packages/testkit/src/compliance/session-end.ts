// Ends that are not a drain, and the reports of both sides about them.

import { MuxadoError } from "@muxado/core";
import { describe, expect } from "vitest";
import { patterned } from "../bytes.ts";
import {
  aMoment,
  connectedStream,
  failsToOpen,
  failureOf,
  thrownBy,
  until,
} from "./applications.ts";
import type { Harness } from "./harness.ts";

const KIB = 1024;
/** Milliseconds of silence. */
const SHORT = 20;
const NO_ERRORS = { localError: undefined, remoteError: undefined };

export function describeSessionEnd(harness: Harness): void {
  describeDestroy(harness);
  describeGoAway(harness);
  describeAfterEnd(harness);
}

function describeDestroy({ it }: Harness): void {
  describe("destroy", () => {
    it("ends everything at once, with the reason as the cause", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const cause = new Error("out of cheese");
      const waiting = [mine.read(), mine.write(patterned(1024 * KIB)), client.accept()].map(
        failureOf,
      );
      const atPeer = failureOf(theirs.read());
      client.destroy(cause);
      for (const error of await Promise.all(waiting)) {
        expect(error).toMatchObject({ code: "SESSION_CLOSED", scope: "session", origin: "local" });
      }
      expect((await waiting[0])!.cause).toBe(cause);
      expect(await client.closed).toMatchObject({
        localError: { code: "SESSION_CLOSED", origin: "local", cause },
        remoteError: undefined,
      });
      expect(await atPeer).toMatchObject({ scope: "session", origin: "remote" });
    });

    it("with an error about the session gives everything the code of that error", async ({
      client,
      server,
    }) => {
      const [mine] = await connectedStream(client, server);
      const waiting = [mine.read(), client.accept()].map(failureOf);
      const cause = new MuxadoError({
        code: "HEARTBEAT_TIMEOUT",
        scope: "session",
        origin: "remote",
      });
      client.destroy(cause);
      const story = { code: "HEARTBEAT_TIMEOUT", scope: "session", origin: "remote", cause };
      for (const error of await Promise.all(waiting)) expect(error).toMatchObject(story);
      expect(thrownBy(() => client.open())).toMatchObject({ code: "HEARTBEAT_TIMEOUT" });
      expect(await client.closed).toMatchObject({ localError: story });
    });

    it("tells the peer that there was an error, but not which", async ({ client, server }) => {
      client.destroy(new Error("a secret"));
      const { remoteError, remoteDebug } = await server.closed;
      expect(remoteError).toMatchObject({
        code: "INTERNAL_ERROR",
        scope: "session",
        origin: "remote",
      });
      expect(new TextDecoder().decode(remoteDebug)).not.toContain("secret");
    });

    it("tells the peer so behind all that waits, while that goes on sending", async ({
      client,
      server,
    }) => {
      const failures: Promise<MuxadoError>[] = [];
      for (let count = 0; count < 8; count++) {
        const [mine, theirs] = await connectedStream(client, server);
        for (const stream of [mine, theirs]) {
          failures.push(failureOf(stream.write(patterned(1024 * KIB))));
        }
      }
      await until(() => server.stats().bytesSent > 512 * KIB);
      client.destroy(new Error("out of cheese"));
      for (const [index, failure] of failures.entries()) {
        expect(await failure).toMatchObject({ origin: index % 2 === 0 ? "local" : "remote" });
      }
      expect(await server.closed).toMatchObject({
        localError: undefined,
        remoteError: { code: "INTERNAL_ERROR", origin: "remote" },
      });
      expect(await client.closed).toMatchObject({
        localError: { code: "SESSION_CLOSED", origin: "local" },
        remoteError: undefined,
      });
    });

    it("without a reason is no error for the peer", async ({ client, server }) => {
      client.destroy();
      expect(await server.closed).toMatchObject(NO_ERRORS);
    });

    it("is harmless when repeated, and after a graceful end", async ({ client, server }) => {
      await client.close();
      client.destroy(new Error("too late"));
      expect(await client.closed).toMatchObject(NO_ERRORS);
      server.destroy();
      server.destroy();
      await server.closed;
    });

    it("ends a drain that would take too long", async ({ client, server }) => {
      await connectedStream(client, server);
      const closing = client.close({ timeout: Infinity });
      await aMoment();
      client.destroy();
      await closing;
      expect(await client.closed).toMatchObject({ localError: { code: "SESSION_CLOSED" } });
    });
  });
}

function describeGoAway({ it, goAwayHasDebug, goAwayHasAnyCode }: Harness): void {
  describe("goAway", () => {
    it("refuses the peer's new streams and leaves everything else as it is", async ({
      client,
      server,
    }) => {
      const [mine, theirs] = await connectedStream(client, server);
      server.goAway();
      await until(() => failsToOpen(client));
      expect(thrownBy(() => client.open())).toMatchObject({
        code: "REMOTE_GONE_AWAY",
        scope: "session",
        origin: "remote",
        retry: "safe",
      });
      await mine.write(new Uint8Array([1]));
      expect(await theirs.read()).toEqual(new Uint8Array([1]));
      const [another] = await connectedStream(server, client);
      expect(another.error).toBe(undefined);
    });

    it(
      "leaves an open stream alone, however long that is silent",
      async ({ client, server }) => {
        const [mine, theirs] = await connectedStream(client, server);
        const [theirOwn, atClient] = await connectedStream(server, client);
        server.goAway();
        await until(() => failsToOpen(client));
        await aMoment(3 * SHORT);
        for (const [from, to] of [
          [mine, theirs],
          [theirs, mine],
          [theirOwn, atClient],
          [atClient, theirOwn],
        ] as const) {
          await from.write(new Uint8Array([1]));
          expect(await to.read()).toEqual(new Uint8Array([1]));
        }
      },
      { client: { goAwayTimeout: SHORT }, server: { goAwayTimeout: SHORT } },
    );

    it(
      "ends the peer's session by itself once nothing is open and nothing comes",
      async ({ client, server }) => {
        const [mine, theirs] = await connectedStream(client, server);
        server.goAway();
        await until(() => failsToOpen(client));
        await Promise.all([mine.closeWrite(), theirs.closeWrite()]);
        expect(await client.closed).toMatchObject(NO_ERRORS);
        expect(await server.closed).toMatchObject(NO_ERRORS);
        expect(mine.error ?? theirs.error).toBeUndefined();
      },
      { client: { goAwayTimeout: SHORT } },
    );

    it("gives a reason, and the peer can read it in its description of the end", async ({
      client,
      server,
    }) => {
      const debug = goAwayHasDebug ? "too many questions" : "";
      server.goAway("ENHANCE_YOUR_CALM", debug);
      await until(() => failsToOpen(client));
      await server.close();
      const { localError, remoteError, remoteDebug } = await client.closed;
      expect(localError).toBe(undefined);
      const code = goAwayHasAnyCode ? "ENHANCE_YOUR_CALM" : "PROTOCOL_ERROR";
      expect(remoteError).toMatchObject({ code, origin: "remote" });
      expect(remoteError!.message).toContain(debug);
      expect(new TextDecoder().decode(remoteDebug)).toBe(debug);
    });

    it("fails streams that the peer never took, and they are safe to retry", async ({
      client,
      server,
    }) => {
      await connectedStream(client, server);
      server.goAway();
      const late = client.open();
      expect(await failureOf(late.read())).toMatchObject({
        scope: "stream",
        origin: "remote",
        retry: "safe",
      });
    });

    it("takes no code and no debug data that do not fit", async ({ client }) => {
      expect(() => client.goAway(-1)).toThrow(RangeError);
      expect(() => client.goAway(2 ** 32)).toThrow(RangeError);
      expect(() => client.goAway("NO_ERROR", "x".repeat(1025))).toThrow(RangeError);
    });
  });
}

function describeAfterEnd({ it }: Harness): void {
  describe("a session that is over", () => {
    it("opens and accepts nothing, says why, and leaves no operation waiting", async ({
      client,
      server,
    }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const accepts = [client.accept(), server.accept()].map(failureOf);
      client.destroy();
      await Promise.all([client.closed, server.closed]);
      for (const session of [client, server]) {
        const expected = { code: "SESSION_CLOSED", scope: "session", retry: "safe" };
        expect(thrownBy(() => session.open())).toMatchObject(expected);
        expect(await failureOf(session.accept())).toMatchObject(expected);
        expect(session.stats().openStreams).toBe(0);
        session.goAway();
        await session.close();
      }
      await Promise.all(accepts);
      for (const stream of [mine, theirs]) {
        expect(await failureOf(stream.read())).toBe(stream.error);
        expect(await failureOf(stream.write(new Uint8Array(1)))).toBe(stream.error);
        expect(await failureOf(stream.closeWrite())).toBe(stream.error);
        await stream.close();
        stream.reset();
      }
    });

    it("still gives out what had arrived", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const { bytesReceived } = theirs.stats();
      await mine.write(new Uint8Array([1, 2, 3]));
      await until(() => theirs.stats().bytesReceived === bytesReceived + 3);
      client.destroy();
      await server.closed;
      expect(await theirs.read()).toEqual(new Uint8Array([1, 2, 3]));
      expect(await failureOf(theirs.read())).toBe(theirs.error);
    });

    it("still gives out streams that had arrived before the end", async ({ client, server }) => {
      const { id } = client.open();
      await until(() => server.stats().streamsReceived === 1);
      client.destroy();
      await server.closed;
      expect((await server.accept()).id).toBe(id);
      await failureOf(server.accept());
    });
  });
}
