// An agent gives each request a stream of its session, keeps the stream only if it is told to, and reports why there is
// none.

import { once } from "node:events";
import * as http from "node:http";
import type { Session } from "@muxado/core";
import { serveHttp, SessionAgent, type StreamDuplex } from "@muxado/node";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { nothingOpen, sessionPair } from "../connections.ts";
import { deferred, ignore } from "../peers.ts";
import { leaveNothingOpen } from "../resources.ts";
import { get, serving } from "./serving.ts";

leaveNothingOpen();

describe("an agent over a session", () => {
  test("an agent opens a stream for each request, which ends with it", async () => {
    const opened = vi.fn();
    const { agent, sessions } = serving((request, response) => {
      opened((request.socket as unknown as StreamDuplex).stream.id);
      response.end(`${request.method} ${request.url} of ${request.headers.host}`);
    });
    expect(await get(agent, { path: "/a" })).toBe("GET /a of app.test");
    expect(await get(agent, { path: "/b" })).toBe("GET /b of app.test");
    expect(opened).toHaveBeenCalledTimes(2);
    expect(opened.mock.calls[0]).not.toEqual(opened.mock.calls[1]);
    await nothingOpen(sessions);
  });

  test("an agent lets no request wait for another", async () => {
    const all = deferred();
    let waiting = 0;
    const { agent } = serving(async (_request, response) => {
      if (++waiting === 50) all.resolve();
      await all.promise;
      response.end("together");
    });
    const answers = await Promise.all(Array.from({ length: 50 }, () => get(agent)));
    expect(answers).toEqual(Array(50).fill("together"));
  });

  test("an agent keeps streams for later requests, if it is told to", async () => {
    const ids = new Set<number>();
    const { agent, sessions } = serving(
      (request, response) => {
        ids.add((request.socket as unknown as StreamDuplex).stream.id);
        response.end("ok");
      },
      { keepAlive: true },
    );
    for (let count = 0; count < 5; count++) expect(await get(agent)).toBe("ok");
    expect(ids.size).toBe(1);
    expect(Object.keys(agent.freeSockets)).toHaveLength(1);
    agent.destroy();
    await nothingOpen(sessions);
  });

  test("an agent has as many streams at once as `maxSockets` allows", async () => {
    let now = 0;
    let most = 0;
    const { agent } = serving(
      (_request, response) => {
        most = Math.max(most, ++now);
        setImmediate(() => {
          now--;
          response.end("ok");
        });
      },
      { maxSockets: 2, keepAlive: true },
    );
    await Promise.all(Array.from({ length: 10 }, () => get(agent)));
    expect(most).toBe(2);
  });

  test("an agent does not keep a stream that the server wants closed", async () => {
    const { agent, sessions } = serving(
      (_request, response) => response.setHeader("Connection", "close").end("bye"),
      { keepAlive: true },
    );
    expect(await get(agent)).toBe("bye");
    await nothingOpen(sessions);
    expect(Object.keys(agent.freeSockets)).toHaveLength(0);
  });

  test("an agent does not keep a stream that the client wants closed", async () => {
    const { agent, sessions } = serving((_request, response) => response.end("bye"), {
      keepAlive: true,
    });
    expect(await get(agent, { headers: { Connection: "close" } })).toBe("bye");
    await nothingOpen(sessions);
    expect(Object.keys(agent.freeSockets)).toHaveLength(0);
  });

  test("an agent takes another stream when the server has given up the one it kept", async () => {
    const server = http.createServer((request, response) => {
      response.end(String((request.socket as unknown as StreamDuplex).stream.id));
    });
    server.keepAliveTimeout = 1;
    const { agent, sessions } = serving(server, { keepAlive: true });
    const first = await get(agent);
    await nothingOpen(sessions);
    expect(await get(agent)).not.toBe(first);
  });

  test("an agent takes another stream when a server has ended the one it kept, and no more than that", async () => {
    const [client, server] = sessionPair();
    const agent = new SessionAgent(client, { keepAlive: true });
    onTestFinished(() => agent.destroy());
    void (async () => {
      for await (const stream of server) {
        await stream.read();
        await stream.write(Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
        await stream.closeWrite();
      }
    })();
    for (let count = 0; count < 2; count++) {
      expect(await get(agent)).toBe("ok");
      await vi.waitFor(() => expect(Object.keys(agent.freeSockets)).toHaveLength(0));
    }
  });

  test("an agent finds its session anew for each stream", async () => {
    const { server, sessions } = serving((_request, response) => response.end("one"));
    const others = sessionPair();
    void serveHttp(others[1], server);
    const sources = [() => sessions[0], () => Promise.resolve(others[0]), async () => sessions[0]];
    let turn = 0;
    const agent = new SessionAgent(() => sources[turn++ % sources.length]!());
    for (let count = 0; count < 6; count++) expect(await get(agent)).toBe("one");
    expect(sessions[0].stats().streamsOpened).toBe(4);
    expect(others[0].stats().streamsOpened).toBe(2);
  });

  test.each([
    ["rejects", (reason: Error) => Promise.reject(reason)],
    [
      "throws",
      (reason: Error) => {
        throw reason;
      },
    ],
  ] as const)(
    "an agent hands on why there is no session, when its function %s",
    async (_, find) => {
      const reason = new Error("offline");
      const agent = new SessionAgent(() => find(reason));
      for (let count = 0; count < 2; count++) {
        const error: unknown = await get(agent).catch((failure: unknown) => failure);
        expect(error).toMatchObject({ code: "ECONNREFUSED", message: "ECONNREFUSED: offline" });
        expect((error as Error).cause).toBe(reason);
      }
    },
  );

  test("an agent reports that its session is over", async () => {
    const { agent, sessions } = serving((_request, response) => response.end("ok"));
    await sessions[0].close();
    await expect(get(agent)).rejects.toMatchObject({
      code: "ECONNREFUSED",
      cause: { name: "MuxadoError", scope: "session" },
    });
  });

  test("an agent fails the requests that are under way when its session ends", async () => {
    const asked = deferred();
    const { agent, sessions } = serving(() => asked.resolve());
    const outcome = get(agent).catch((error: unknown) => error);
    await asked.promise;
    sessions[0].destroy();
    expect(await outcome).toMatchObject({
      code: "ECONNRESET",
      cause: { name: "MuxadoError", code: "SESSION_CLOSED", scope: "session" },
    });
  });

  test("an agent emits `timeout` after the silence in its own options", async () => {
    const silence: http.AgentOptions = { timeout: 5 };
    const { agent, sessions } = serving(() => {}, silence);
    const request = http.get({ agent }).on("error", ignore);
    await once(request, "timeout");
    request.destroy();
    await nothingOpen(sessions);
  });

  test("an agent resets a stream that nobody waits for any more when it comes", async () => {
    const { sessions } = serving((_request, response) => response.end("ok"));
    const found = deferred<Session>();
    const agent = new SessionAgent(() => found.promise);
    const request = http.get({ agent }).on("error", ignore);
    request.destroy();
    found.resolve(sessions[0]);
    await vi.waitFor(() => expect(sessions[0].stats().streamsOpened).toBe(1));
    await nothingOpen(sessions);
  });
});
