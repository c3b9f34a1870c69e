// undici fetches over the streams of a session.

import { randomBytes } from "node:crypto";
import type { Session } from "@muxado/core";
import { connector, StreamDuplex } from "@muxado/node";
import { Agent, fetch, request as undiciRequest } from "undici";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { nothingOpen, sessionPair } from "../connections.ts";
import { deferred, ignore } from "../peers.ts";
import { leaveNothingOpen } from "../resources.ts";
import { digest, LARGE, source } from "./bodies.ts";
import { serving } from "./serving.ts";

leaveNothingOpen();

describe("undici", () => {
  function dispatcherOf(session: Session, options: Agent.Options = {}): Agent {
    const dispatcher = new Agent({ ...options, connect: connector(session) });
    onTestFinished(() => dispatcher.destroy());
    return dispatcher;
  }

  test("a connector calls back once its call is over, with a stream or why there is none", async () => {
    const [client] = sessionPair();
    const called = vi.fn();
    const call = (): Promise<void> =>
      new Promise((done) => {
        connector(client)({}, (error, stream) => {
          stream?.on("error", ignore);
          called(error, stream);
          done();
        });
      });
    const first = call();
    expect(called).not.toHaveBeenCalled();
    await first;
    expect(called.mock.calls).toEqual([[null, expect.any(StreamDuplex)]]);
    await client.close({ timeout: 0 });
    const second = call();
    expect(called).toHaveBeenCalledTimes(1);
    await second;
    const cause = expect.objectContaining({ scope: "session" });
    expect(called.mock.calls[1]).toEqual([
      expect.objectContaining({ code: "ECONNREFUSED", cause }),
      null,
    ]);
  });

  test("undici fetches, with bodies both ways", async () => {
    const { sessions } = serving((request, response) => request.pipe(response));
    const dispatcher = dispatcherOf(sessions[0]);
    const body = randomBytes(300_000);
    const response = await fetch("http://app.test/", { method: "POST", body, dispatcher });
    expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
    await dispatcher.close();
    await nothingOpen(sessions);
  });

  test("undici fetches many at once, with a stream each, or as many as it may have", async () => {
    const { sessions } = serving((request, response) => response.end(request.url));
    for (const options of [{}, { connections: 2 }, { pipelining: 10 }]) {
      const dispatcher = dispatcherOf(sessions[0], options);
      const paths = Array.from({ length: 30 }, (_, index) => `/${index}`);
      const answers = paths.map(async (path) => {
        const { body } = await undiciRequest(`http://app.test${path}`, { dispatcher });
        return body.text();
      });
      expect(await Promise.all(answers)).toEqual(paths);
      await dispatcher.close();
    }
    await nothingOpen(sessions);
  });

  test("undici streams large bodies as they are", async () => {
    const { sessions } = serving((request, response) => request.pipe(response));
    const dispatcher = dispatcherOf(sessions[0]);
    const { body: sent, sum } = source(LARGE);
    const { body } = await undiciRequest("http://app.test/", {
      method: "POST",
      body: sent,
      dispatcher,
    });
    expect(await digest(body)).toEqual({ length: LARGE, sha256: sum.digest("hex") });
  });

  test("undici aborts a fetch", async () => {
    const closed = deferred<boolean>();
    const { sessions } = serving((_request, response) => {
      response.write("half");
      response.on("close", () => closed.resolve(response.writableFinished));
    });
    const aborting = new AbortController();
    const dispatcher = dispatcherOf(sessions[0]);
    const { signal } = aborting;
    const response = await fetch("http://app.test/", { dispatcher, signal });
    aborting.abort();
    await expect(response.text()).rejects.toMatchObject({ name: "AbortError" });
    expect(await closed.promise).toBe(false);
    await nothingOpen(sessions);
  });

  test("undici learns why there is no stream", async () => {
    const { sessions } = serving(() => expect.unreachable());
    await sessions[0].close();
    const failure = await fetch("http://app.test/", {
      dispatcher: dispatcherOf(sessions[0]),
    }).catch((error: unknown) => error);
    expect((failure as Error).cause).toMatchObject({
      code: "ECONNREFUSED",
      cause: { name: "MuxadoError", scope: "session" },
    });
  });

  test("undici learns that a request was cut off", async () => {
    const { sessions } = serving((request) => void request.socket.destroy());
    const failure = await fetch("http://app.test/", {
      dispatcher: dispatcherOf(sessions[0]),
    }).catch((error: unknown) => error);
    expect((failure as Error).cause).toBeInstanceOf(Error);
    await nothingOpen(sessions);
  });
});
