// Learning of an end without reading: of a stream by its signal and `closed`, of a session by `draining` and `state`.

import { needsNewSession } from "@muxado/core";
import { describe, expect } from "vitest";
import { patterned } from "../bytes.ts";
import { connectedStream, readAll, thrownBy, until, writeAll } from "./applications.ts";
import type { Harness } from "./harness.ts";

const NO_ERRORS = { localError: undefined, remoteError: undefined };

/** Resolves when `signal` has aborted, with its reason. */
function aborted(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    signal.addEventListener("abort", () => resolve(signal.reason));
  });
}

export function describeKnowingTheEnd(harness: Harness): void {
  const { it, goAwayHasAnyCode, goAwayHasDebug } = harness;

  describe("the signal of a stream", () => {
    it("aborts with the stream's error when the peer resets it, without a read", async ({
      client,
      server,
    }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const reason = aborted(theirs.signal);
      mine.reset();
      expect(await reason).toBe(theirs.error);
      expect(theirs.error).toMatchObject({ scope: "stream", origin: "remote" });
    });

    it("aborts when the session is lost, on both sides", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const reasons = [aborted(mine.signal), aborted(theirs.signal)];
      client.destroy();
      expect(await reasons[0]).toMatchObject({ scope: "session", origin: "local" });
      expect(await reasons[1]).toMatchObject({ scope: "session", origin: "remote" });
    });

    it("aborts beside the Web Streams, also if nobody reads them", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      expect(theirs.readable.locked).toBe(false);
      const writing = theirs.writable.getWriter();
      const reason = aborted(theirs.signal);
      mine.reset();
      expect(await reason).toBe(theirs.error);
      await expect(writing.closed).rejects.toBe(theirs.error);
    });

    it("has aborted if it is first asked for after the failure", async ({ client, server }) => {
      const [mine] = await connectedStream(client, server);
      mine.reset();
      expect(mine.signal).toMatchObject({ aborted: true, reason: mine.error });
      expect(mine.signal).toBe(mine.signal);
    });

    it("does not abort when the stream ends in the ordinary way, or after that", async ({
      client,
      server,
    }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const { signal } = mine;
      await Promise.all([writeAll(mine, patterned(1_000)), writeAll(theirs, patterned(1_000))]);
      await Promise.all([readAll(mine), readAll(theirs)]);
      await mine.closed;
      client.destroy();
      await client.closed;
      expect([signal.aborted, theirs.signal.aborted]).toEqual([false, false]);
    });
  });

  describe("`closed` of a stream", () => {
    it("resolves when both directions have ended, also with bytes unread", async ({
      client,
      server,
    }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const ends = [mine.closed, theirs.closed];
      await Promise.all([writeAll(mine, patterned(1_000)), writeAll(theirs, patterned(1_000))]);
      expect(await Promise.all(ends)).toEqual([{ error: undefined }, { error: undefined }]);
      expect(await readAll(theirs)).toHaveLength(1_000);
      expect(await theirs.closed).toEqual({ error: undefined });
    });

    it("resolves with the error of a failure, whenever it is asked for", async ({
      client,
      server,
    }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const before = theirs.closed;
      mine.reset();
      expect(await mine.closed).toEqual({ error: mine.error });
      expect(await before).toEqual({ error: theirs.error });
      expect(await theirs.closed).toEqual({ error: theirs.error });
      expect(theirs.error).toBeDefined();
    });
  });

  describe("a close that is announced", () => {
    it("tells the peer at once, while open streams finish", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      expect([client.state, server.state]).toEqual(["open", "open"]);
      const closing = server.close({ announce: true });
      expect(server.state).toBe("draining");
      expect(await client.draining).toMatchObject({ code: "NO_ERROR", wireCode: 0 });
      expect([client.state, needsNewSession(client)]).toEqual(["draining", true]);
      const refusal = thrownBy(() => client.open());
      expect(refusal).toMatchObject({ code: "REMOTE_GONE_AWAY", retry: "safe" });
      expect(needsNewSession(refusal)).toBe(true);
      const bytes = patterned(300 * 1024);
      const exchange = [
        readAll(theirs),
        readAll(mine),
        writeAll(mine, bytes),
        writeAll(theirs, bytes),
      ];
      const [atServer, atClient] = await Promise.all(exchange);
      expect([atServer, atClient]).toEqual([bytes, bytes]);
      await closing;
      expect(await client.closed).toMatchObject(NO_ERRORS);
      expect(await server.closed).toMatchObject(NO_ERRORS);
      expect([client.state, server.state]).toEqual(["ended", "ended"]);
    });

    it("without open streams is over at once", async ({ client, server }) => {
      await server.close({ announce: true });
      expect(await client.draining).toMatchObject({ code: "NO_ERROR" });
      expect(await client.closed).toMatchObject(NO_ERRORS);
    });

    it("may follow a silent one", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const closing = server.close();
      void server.close({ announce: true });
      await client.draining;
      await Promise.all([mine.closeWrite(), theirs.closeWrite()]);
      await closing;
    });
  });

  describe("the state of a session", () => {
    it("stays open after its own goAway, which makes the peer drain", async ({
      client,
      server,
    }) => {
      server.goAway(
        goAwayHasAnyCode ? "ENHANCE_YOUR_CALM" : "INTERNAL_ERROR",
        goAwayHasDebug ? "go" : "",
      );
      const { code, debug } = await client.draining;
      expect(code).toBe(goAwayHasAnyCode ? "ENHANCE_YOUR_CALM" : "INTERNAL_ERROR");
      expect(new TextDecoder().decode(debug)).toBe(goAwayHasDebug ? "go" : "");
      expect([client.state, server.state]).toEqual(["draining", "open"]);
    });

    it("is over once the peer is gone, without an announcement", async ({ client, server }) => {
      client.destroy();
      expect([client.state, needsNewSession(client)]).toEqual(["ended", true]);
      await until(() => server.state === "ended");
      expect(needsNewSession(server)).toBe(true);
    });
  });
}
