// Over a session, a server and its client notice each other's aborts, which never look like an end, and notice
// timeouts.

import { once } from "node:events";
import * as http from "node:http";
import { text } from "node:stream/consumers";
import { serveHttp, SessionAgent } from "@muxado/node";
import { describe, expect, test, vi } from "vitest";
import { nothingOpen, sessionPair, tcpSessions } from "../connections.ts";
import { deferred, ignore } from "../peers.ts";
import { leaveNothingOpen } from "../resources.ts";
import { get, send, serving } from "./serving.ts";

leaveNothingOpen();

describe("hang-ups of a server over a session and its client", () => {
  test("a server notices a client that aborts while it sends", async () => {
    const aborted = deferred<unknown>();
    const { agent, sessions } = serving((request) => {
      request.on("error", aborted.resolve).resume();
    });
    const request = http.request({ agent, method: "POST" }).on("error", ignore);
    request.write("half");
    await vi.waitFor(() => expect(sessions[1].stats().openStreams).toBe(1));
    request.destroy();
    expect(await aborted.promise).toMatchObject({ code: "ECONNRESET" });
    await nothingOpen(sessions);
  });

  test("a server notices a client that aborts while it waits, and while it reads", async () => {
    const closings: Promise<unknown>[] = [];
    const asked = deferred();
    const { agent, sessions } = serving((request, response) => {
      closings.push(once(response, "close").then(() => response.writableFinished));
      if (request.url === "/reads") response.write("half");
      asked.resolve();
    });
    const waits = http.get({ agent, path: "/waits" }).on("error", ignore);
    await asked.promise;
    waits.destroy();
    const reads = await send(agent, { path: "/reads" });
    reads.on("error", ignore).destroy();
    await vi.waitFor(() => expect(closings).toHaveLength(2));
    expect(await Promise.all(closings)).toEqual([false, false]);
    await nothingOpen(sessions);
  });

  test("a server that aborts in the middle of an answer is not taken for one that has ended", async () => {
    const begun = deferred();
    const { agent, sessions } = serving(async (_request, response) => {
      response.write("half");
      await begun.promise;
      response.destroy(new Error("broken"));
    });
    const request = http.get({ agent });
    const failed = vi.fn();
    request.on("error", failed);
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    begun.resolve();
    await expect(text(response)).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(response.complete).toBe(false);
    await nothingOpen(sessions);
    const cause = expect.objectContaining({ code: "INTERNAL_ERROR" });
    expect(failed.mock.calls).toEqual([[expect.objectContaining({ code: "ECONNRESET", cause })]]);
  });

  test.each([
    ["in one process", sessionPair],
    ["over TCP", tcpSessions],
  ] as const)(
    "a server that aborts right behind the beginning of an answer has still given that, %s",
    async (_, make) => {
      const sessions = await make();
      const server = http.createServer((_request, response) => {
        response.write("half");
        setImmediate(() => response.destroy());
      });
      void serveHttp(sessions[1], server);
      const agent = new SessionAgent(sessions[0]);
      const heard: unknown[] = [];
      const request = http.get({ agent }).on("error", ignore);
      const closed = new Promise((done) => {
        request.on("response", (response) => {
          response.on("data", (chunk: Buffer) => heard.push(String(chunk)));
          response.on("error", ignore).on("close", done);
        });
      });
      await closed;
      expect(heard).toEqual(["half"]);
      await nothingOpen(sessions);
    },
  );

  test("a client learns why a server ended its connection without an answer", async () => {
    const { agent, sessions } = serving((request) => void request.socket.destroy());
    await expect(get(agent)).rejects.toMatchObject({
      code: "ECONNRESET",
      cause: { code: "STREAM_CANCELLED", origin: "remote" },
    });
    await nothingOpen(sessions);
  });

  test("a client gives up a request that its own timeout ends", async () => {
    const { agent, sessions } = serving(() => {});
    const request = http.get({ agent, timeout: 5 });
    await once(request, "timeout");
    request.destroy(new Error("too slow"));
    await expect(once(request, "response")).rejects.toThrow("too slow");
    await nothingOpen(sessions);
  });

  test("a server gives up connections that its own timeout ends", async () => {
    const server = http.createServer(() => {});
    server.setTimeout(5);
    const { agent, sessions } = serving(server);
    await expect(get(agent)).rejects.toMatchObject({
      code: "ECONNRESET",
      cause: { code: "STREAM_CANCELLED", origin: "remote" },
    });
    await nothingOpen(sessions);
  });
});
