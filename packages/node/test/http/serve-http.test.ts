// serveHttp gives a server the streams of sessions as its connections, until the session ends or its signal aborts.

import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { buffer, json, text } from "node:stream/consumers";
import { type ConnectionServer, serveHttp, SessionAgent, StreamDuplex } from "@muxado/node";
import express from "express";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { nothingOpen, sessionPair, tcpSessions } from "../connections.ts";
import { deferred, ignore } from "../peers.ts";
import { leaveNothingOpen } from "../resources.ts";
import { get, send, serverOf, serving } from "./serving.ts";

leaveNothingOpen();

describe("a server over a session", () => {
  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["an application of Express's, which is no server yet", express()],
    ["an object that cannot be told of a connection", {}],
  ])("serveHttp refuses a server that is %s", async (_, server) => {
    const { sessions } = serving(() => {});
    await expect(serveHttp(sessions[1], server as ConnectionServer)).rejects.toThrow(TypeError);
  });

  test("a server has the addresses of its connections", async () => {
    const sessions = await tcpSessions();
    const server = http.createServer((request, response) => {
      const { remoteAddress, remotePort } = request.socket;
      response.end(JSON.stringify({ remoteAddress, remotePort }));
    });
    void serveHttp(sessions[1], server);
    const agent = new SessionAgent(sessions[0]);
    const request = http.get({ agent });
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    const { localAddress, localPort } = request.socket!;
    expect(await json(response)).toEqual({ remoteAddress: localAddress, remotePort: localPort });
  });
});

describe("serveHttp", () => {
  test("serveHttp takes no more streams when its signal aborts, and goes on with those it has", async () => {
    const [client, far] = sessionPair();
    const asked = deferred();
    const held = deferred();
    const server = serverOf(async (_request, response) => {
      asked.resolve();
      await held.promise;
      response.end("late");
    });
    const aborting = new AbortController();
    const serving = serveHttp(far, server, { signal: aborting.signal });
    const agent = new SessionAgent(client);
    const outcome = get(agent);
    await asked.promise;
    aborting.abort();
    await serving;
    const next = client.open();
    expect((await far.accept()).session).toBe(far);
    held.resolve();
    expect(await outcome).toBe("late");
    next.reset();
  });

  test("serveHttp is done when its session is, however that ends", async () => {
    for (const end of ["close", "destroy"] as const) {
      const [client, far] = sessionPair();
      const done = serveHttp(far, http.createServer());
      await client[end]();
      expect(await done).toBeUndefined();
    }
  });

  test("serveHttp lets a session close gracefully, once requests under way are answered", async () => {
    const asked = deferred();
    const { agent, sessions } = serving((_request, response) => {
      asked.resolve();
      setImmediate(() => response.end("still answered"));
    });
    const outcome = get(agent);
    await asked.promise;
    const closing = sessions[1].close();
    expect(await outcome).toBe("still answered");
    await closing;
    expect((await sessions[1].closed).localError).toBeUndefined();
  });

  test("serveHttp gives a server streams of several sessions", async () => {
    const server = http.createServer((_request, response) => response.end("shared"));
    const agents = Array.from({ length: 3 }, () => {
      const [client, far] = sessionPair();
      void serveHttp(far, server);
      return new SessionAgent(client);
    });
    expect(await Promise.all(agents.map((agent) => get(agent)))).toEqual(Array(3).fill("shared"));
  });

  test("serveHttp works in both directions over one session at the same time", async () => {
    const [left, right] = await tcpSessions();
    const sides = [
      [left, "left"],
      [right, "right"],
    ] as const;
    for (const [session, name] of sides) {
      const app = serverOf(async (request, response) => {
        const { length } = await buffer(request);
        response.end(`${name} got ${length}`);
      });
      void serveHttp(session, app);
    }
    const [fromLeft, fromRight] = [new SessionAgent(left), new SessionAgent(right)];
    const ask = async (agent: http.Agent, size: number): Promise<string> =>
      text(await send(agent, { method: "POST" }, Buffer.alloc(size)));
    const sizes = [0, 1, 70_000, 300_000];
    const answers = await Promise.all(
      sizes.flatMap((size) => [ask(fromLeft, size), ask(fromRight, size)]),
    );
    expect(answers).toEqual(sizes.flatMap((size) => [`right got ${size}`, `left got ${size}`]));
    await nothingOpen([left, right]);
  });

  test("serveHttp gives streams to any server that takes connections, typed ones too", async () => {
    const given: unknown[] = [];
    const [client, far] = sessionPair();
    const server = {
      emit: (_event: string, duplex: Duplex) => given.push(duplex.on("error", ignore)) > 0,
    };
    void serveHttp(far, server);
    client.open();
    await vi.waitFor(() => expect(given).toHaveLength(1));
    expect(given[0]).toBeInstanceOf(StreamDuplex);
  });
});

test("a server that listens as well serves both", async () => {
  const server = http.createServer((_request, response) => response.end("the same app"));
  const { agent } = serving(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const direct = new http.Agent();
  expect(await get(agent)).toBe("the same app");
  expect(await text(await send(direct, { host: "127.0.0.1", port }))).toBe("the same app");
});
