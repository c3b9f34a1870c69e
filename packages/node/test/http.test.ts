// HTTP over the streams of a session, in both directions: Node's own client and server, and those that programs
// already have: Express, Fastify, undici, HTTP/2, WebSockets.

import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import * as http from "node:http";
import * as http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { type Duplex, Readable } from "node:stream";
import { buffer, json, text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type { Session } from "@muxado/core";
import {
  connector,
  type ConnectionServer,
  serveHttp,
  SessionAgent,
  StreamDuplex,
  toDuplex,
} from "@muxado/node";
import express from "express";
import fastify from "fastify";
import { Agent, fetch, request as undiciRequest } from "undici";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { nothingOpen, sessionPair, tcpSessions } from "./connections.ts";
import { deferred, ignore } from "./peers.ts";
import { leaveNothingOpen } from "./resources.ts";

leaveNothingOpen();

/** Bytes of a large body: 100 MiB in the full run. */
const LARGE = Number(process.env.MUXADO_HTTP_MIB ?? 20) * 1024 * 1024;

/** A listener that may take its time. */
type Handler = (
  request: http.IncomingMessage,
  response: http.ServerResponse<http.IncomingMessage>,
) => unknown;

function serverOf(handler: Handler): http.Server {
  return http.createServer((request, response) => void handler(request, response));
}

/** An agent whose requests `handler` answers at the other side of a session. */
function serving(
  handler: Handler | http.Server,
  options: http.AgentOptions = {},
): { agent: SessionAgent; server: http.Server; sessions: [Session, Session] } {
  const sessions = sessionPair();
  const server = typeof handler === "function" ? serverOf(handler) : handler;
  void serveHttp(sessions[1], server);
  const agent = new SessionAgent(sessions[0], options);
  onTestFinished(() => agent.destroy());
  return { agent, server, sessions };
}

/** Sends a request, whole, and waits for the head of the answer. */
async function send(
  agent: http.Agent,
  options: http.RequestOptions = {},
  body?: string | Uint8Array,
): Promise<http.IncomingMessage> {
  const request = http.request({ agent, host: "app.test", ...options });
  request.end(body);
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  return response;
}

/** Sends a request, and gives back the body of the answer. */
async function get(agent: http.Agent, options: http.RequestOptions = {}): Promise<string> {
  return text(await send(agent, options));
}

function sha256(): ReturnType<typeof createHash> {
  return createHash("sha256");
}

/** `length` bytes that cannot be guessed, in pieces, and their checksum when they have all been read. */
function source(length: number): { body: Readable; sum: ReturnType<typeof createHash> } {
  const sum = sha256();
  const block = randomBytes(64 * 1024);
  let left = length;
  const body = new Readable({
    read() {
      const chunk = block.subarray(0, Math.min(left, block.length));
      left -= chunk.length;
      sum.update(chunk);
      this.push(chunk.length === 0 ? null : chunk);
    },
  });
  return { body, sum };
}

/** All of `body`, whose last piece waits for `event`. */
async function* heldUntil(event: Promise<unknown>, body: Readable): AsyncGenerator<unknown> {
  let last: unknown;
  for await (const chunk of body) {
    if (last !== undefined) yield last;
    last = chunk;
  }
  await event;
  yield last;
}

async function digest(body: AsyncIterable<unknown>): Promise<{ length: number; sha256: string }> {
  const sum = sha256();
  let length = 0;
  for await (const chunk of body) {
    length += (chunk as Buffer).length;
    sum.update(chunk as Buffer);
  }
  return { length, sha256: sum.digest("hex") };
}

describe("an agent over a session", () => {
  test("opens a stream for each request, which ends with it", async () => {
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

  test("lets no request wait for another", async () => {
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

  test("keeps streams for later requests, if it is told to", async () => {
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

  test("has as many streams at once as `maxSockets` allows", async () => {
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

  test("does not keep a stream that the server wants closed", async () => {
    const { agent, sessions } = serving(
      (_request, response) => response.setHeader("Connection", "close").end("bye"),
      { keepAlive: true },
    );
    expect(await get(agent)).toBe("bye");
    await nothingOpen(sessions);
    expect(Object.keys(agent.freeSockets)).toHaveLength(0);
  });

  test("does not keep a stream that the client wants closed", async () => {
    const { agent, sessions } = serving((_request, response) => response.end("bye"), {
      keepAlive: true,
    });
    expect(await get(agent, { headers: { Connection: "close" } })).toBe("bye");
    await nothingOpen(sessions);
    expect(Object.keys(agent.freeSockets)).toHaveLength(0);
  });

  test("takes another stream when the server has given up the one it kept", async () => {
    const server = http.createServer((request, response) => {
      response.end(String((request.socket as unknown as StreamDuplex).stream.id));
    });
    server.keepAliveTimeout = 1;
    const { agent, sessions } = serving(server, { keepAlive: true });
    const first = await get(agent);
    await nothingOpen(sessions);
    expect(await get(agent)).not.toBe(first);
  });

  test("takes another stream when a server has ended the one it kept, and no more than that", async () => {
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

  test("finds its session anew for each stream", async () => {
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
  ] as const)("hands on why there is no session, when its function %s", async (_, find) => {
    const reason = new Error("offline");
    const agent = new SessionAgent(() => find(reason));
    for (let count = 0; count < 2; count++) {
      const error: unknown = await get(agent).catch((failure: unknown) => failure);
      expect(error).toMatchObject({ code: "ECONNREFUSED", message: "ECONNREFUSED: offline" });
      expect((error as Error).cause).toBe(reason);
    }
  });

  test("says so when its session is over", async () => {
    const { agent, sessions } = serving((_request, response) => response.end("ok"));
    await sessions[0].close();
    await expect(get(agent)).rejects.toMatchObject({
      code: "ECONNREFUSED",
      cause: { name: "MuxadoError", scope: "session" },
    });
  });

  test("fails the requests that are under way when its session ends", async () => {
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

  test("tells of silence after the `timeout` of its own options", async () => {
    const silence: http.AgentOptions = { timeout: 5 };
    const { agent, sessions } = serving(() => {}, silence);
    const request = http.get({ agent }).on("error", ignore);
    await once(request, "timeout");
    request.destroy();
    await nothingOpen(sessions);
  });

  test("gives up a stream that nobody waits for any more when it comes", async () => {
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

describe("a server over a session", () => {
  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["an application of Express's, which is no server yet", express()],
    ["what cannot be told of a connection", {}],
  ])("is refused if it is %s", async (_, server) => {
    const { sessions } = serving(() => {});
    await expect(serveHttp(sessions[1], server as ConnectionServer)).rejects.toThrow(TypeError);
  });

  test("answers bodies of a given length and chunked ones", async () => {
    const { agent } = serving((request, response) => {
      response.writeHead(201, { "X-Transfer": request.headers["transfer-encoding"] ?? "" });
      request.pipe(response);
    });
    const fixed = await send(agent, { method: "POST", headers: { "Content-Length": 5 } }, "fixed");
    expect([fixed.statusCode, fixed.headers["x-transfer"], await text(fixed)]).toEqual([
      201,
      "",
      "fixed",
    ]);
    const chunked = http.request({ agent, method: "POST" });
    chunked.write("in ");
    chunked.end("chunks");
    const [answer] = (await once(chunked, "response")) as [http.IncomingMessage];
    expect([answer.headers["x-transfer"], await text(answer)]).toEqual(["chunked", "in chunks"]);
  });

  test.each(["chunked", "of a given length"])(
    "takes and gives large bodies as they are, %s",
    async (form) => {
      const received = deferred<{ length: number; sha256: string }>();
      const there = source(LARGE);
      const back = source(LARGE);
      const headers = form === "chunked" ? {} : { "Content-Length": LARGE };
      const { agent, sessions } = serving(async (request, response) => {
        const reading = digest(request);
        response.writeHead(200, headers);
        // An answer that is complete may end the connection, and the request with it.
        await pipeline(heldUntil(reading, back.body), response);
        received.resolve(await reading);
      });
      const request = http.request({ agent, method: "POST", headers });
      const answered = once(request, "response") as Promise<[http.IncomingMessage]>;
      const sending = pipeline(there.body, request);
      const [response] = await answered;
      const got = await digest(response);
      await sending;
      expect(await received.promise).toEqual({ length: LARGE, sha256: there.sum.digest("hex") });
      expect(got).toEqual({ length: LARGE, sha256: back.sum.digest("hex") });
      await nothingOpen(sessions);
    },
  );

  test("is held back by a client that reads slowly, and serves others meanwhile", async () => {
    const sent = { bytes: 0, ended: false };
    const { agent, sessions } = serving(async (request, response) => {
      if (request.url === "/small") return void response.end("small");
      const { body } = source(LARGE);
      body.on("data", (chunk: Buffer) => (sent.bytes += chunk.length));
      await pipeline(body, response).then(() => (sent.ended = true), ignore);
    });
    const response = await send(agent, { path: "/large" });
    await vi.waitFor(() => {
      const stats = sessions[1].stats();
      expect(stats.openStreams).toBe(1);
      expect(response.readableLength).toBeGreaterThan(0);
    });
    for (let count = 0; count < 20; count++)
      expect(await get(agent, { path: "/small" })).toBe("small");
    expect(sent.ended).toBe(false);
    // The window, and what HTTP and both streams hold.
    expect(sent.bytes).toBeLessThan(2 * 1024 * 1024);
    response.destroy();
    await nothingOpen(sessions);
  });

  test("hears of a client that aborts while it sends", async () => {
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

  test("hears of a client that aborts while it waits, and while it reads", async () => {
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

  test("that aborts in the middle of an answer is not taken for one that has ended", async () => {
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
    "that aborts right behind the beginning of an answer has still given that, %s",
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

  test("that hangs up without an answer says why", async () => {
    const { agent, sessions } = serving((request) => void request.socket.destroy());
    await expect(get(agent)).rejects.toMatchObject({
      code: "ECONNRESET",
      cause: { code: "STREAM_CANCELLED", origin: "remote" },
    });
    await nothingOpen(sessions);
  });

  test("is asked before a body is sent", async () => {
    const server = http.createServer((request, response) => request.pipe(response));
    server.on("checkContinue", (request, response) => {
      if (request.headers["x-large"] !== undefined) return void response.writeHead(417).end();
      response.writeContinue();
      server.emit("request", request, response);
    });
    const { agent } = serving(server);
    const request = http.request({ agent, method: "POST", headers: { Expect: "100-continue" } });
    request.flushHeaders();
    await once(request, "continue");
    request.end("now");
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    expect(await text(response)).toBe("now");
    const headers = { Expect: "100-continue", "X-Large": "1" };
    const refused = http.request({ agent, method: "POST", headers });
    refused.flushHeaders();
    const [refusal] = (await once(refused, "response")) as [http.IncomingMessage];
    expect(refusal.resume().statusCode).toBe(417);
    refused.destroy();
  });

  test("gives early hints and trailers, and takes trailers", async () => {
    const { agent } = serving(async (request, response) => {
      await buffer(request);
      response.writeEarlyHints({ link: "</style.css>; rel=preload; as=style" });
      response.writeHead(200, { Trailer: "X-Sum" });
      response.write("body");
      response.addTrailers({ "X-Sum": `${request.trailers["x-sum"]}, too` });
      response.end();
    });
    const request = http.request({ agent, method: "POST", headers: { Trailer: "X-Sum" } });
    const hinted = once(request, "information");
    request.write("body");
    request.addTrailers({ "X-Sum": "42" });
    request.end();
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    expect((await hinted)[0]).toMatchObject({ statusCode: 103 });
    expect(await text(response)).toBe("body");
    expect(response.trailers).toEqual({ "x-sum": "42, too" });
  });

  test("answers requests in a pipeline, in order", async () => {
    const { sessions } = serving((request, response) => {
      setImmediate(() => response.end(request.url));
    });
    const duplex = toDuplex(sessions[0].open());
    for (const path of ["/1", "/2"]) duplex.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    duplex.write("GET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const answers = await text(duplex);
    expect(answers.match(/^\/\d/gm)).toEqual(["/1", "/2", "/3"]);
    expect(answers.match(/HTTP\/1.1 200 OK/g)).toHaveLength(3);
  });

  test("answers nonsense as it does on a socket", async () => {
    const { sessions } = serving(() => expect.unreachable());
    const duplex = toDuplex(sessions[0].open());
    const chunks: unknown[] = [];
    duplex.on("data", (chunk) => chunks.push(chunk)).on("error", ignore);
    duplex.write("nonsense\r\n\r\n");
    await new Promise((done) => duplex.once("close", done));
    expect(chunks.join("")).toMatch(/^HTTP\/1.1 400 Bad Request/);
    await nothingOpen(sessions);
  });

  test("gives up a request that its own timeout ends", async () => {
    const { agent, sessions } = serving(() => {});
    const request = http.get({ agent, timeout: 5 });
    await once(request, "timeout");
    request.destroy(new Error("too slow"));
    await expect(once(request, "response")).rejects.toThrow("too slow");
    await nothingOpen(sessions);
  });

  test("gives up connections that its own timeout ends", async () => {
    const server = http.createServer(() => {});
    server.setTimeout(5);
    const { agent, sessions } = serving(server);
    await expect(get(agent)).rejects.toMatchObject({
      code: "ECONNRESET",
      cause: { code: "STREAM_CANCELLED", origin: "remote" },
    });
    await nothingOpen(sessions);
  });

  test("tells what its connections are", async () => {
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

  test("takes tunnels: CONNECT gives both sides a bare stream", async () => {
    const server = http.createServer();
    server.on("connect", (request, socket: Duplex, head: Buffer) => {
      expect(request.url).toBe("far.test:443");
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.write(head);
      socket.pipe(socket);
    });
    const { agent, sessions } = serving(server);
    const request = http.request({ agent, method: "CONNECT", path: "far.test:443" }).end();
    const [, tunnel] = (await once(request, "connect")) as [unknown, Duplex];
    expect(tunnel).toBeInstanceOf(StreamDuplex);
    tunnel.end("through");
    expect(await text(tunnel)).toBe("through");
    await nothingOpen(sessions);
  });

  test("takes WebSockets, which stay open beside requests", async () => {
    const server = http.createServer((_request, response) => response.end("plain"));
    const sockets = new WebSocketServer({ noServer: true });
    server.on("upgrade", (request, socket, head) => {
      sockets.handleUpgrade(request, socket, head, (peer) => {
        peer.on("message", (data, isBinary) => peer.send(data, { binary: isBinary }));
      });
    });
    const { agent, sessions } = serving(server);
    const createConnection = (): Duplex => toDuplex(sessions[0].open());
    // `ws` wants the type of a socket, and uses no more than a Duplex has.
    const options = { createConnection } as unknown as http.ClientRequestArgs;
    for (const given of [options, { agent }]) {
      const client = new WebSocket("ws://app.test/chat", given);
      await once(client, "open");
      expect(await get(agent)).toBe("plain");
      for (const message of ["hello", "x".repeat(500_000)]) {
        client.send(message);
        const [data] = (await once(client, "message")) as [Buffer];
        expect(String(data) === message).toBe(true);
      }
      const binary = randomBytes(100_000);
      client.send(binary);
      expect(((await once(client, "message")) as [Buffer])[0].equals(binary)).toBe(true);
      client.close(4_000, "done");
      expect(await once(client, "close")).toEqual([4_000, Buffer.from("done")]);
    }
    await nothingOpen(sessions);
  });

  test("hears of a WebSocket whose session ends", async () => {
    const server = http.createServer();
    const sockets = new WebSocketServer({ noServer: true });
    const ended = deferred<number>();
    server.on("upgrade", (request, socket, head) => {
      sockets.handleUpgrade(request, socket, head, (peer) => {
        peer.on("error", ignore).on("close", ended.resolve);
      });
    });
    const { agent, sessions } = serving(server);
    const client = new WebSocket("ws://app.test/", { agent });
    client.on("error", ignore);
    await once(client, "open");
    const closed = once(client, "close");
    sessions[0].destroy();
    expect((await closed)[0]).toBe(1006);
    expect(await ended.promise).toBe(1006);
  });
});

describe("serveHttp", () => {
  test("takes no more streams when its signal aborts, and goes on with those it has", async () => {
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

  test("is done when its session is, however that ends", async () => {
    for (const end of ["close", "destroy"] as const) {
      const [client, far] = sessionPair();
      const done = serveHttp(far, http.createServer());
      await client[end]();
      expect(await done).toBeUndefined();
    }
  });

  test("lets a session close gracefully, once requests under way are answered", async () => {
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

  test("gives a server streams of several sessions", async () => {
    const server = http.createServer((_request, response) => response.end("shared"));
    const agents = Array.from({ length: 3 }, () => {
      const [client, far] = sessionPair();
      void serveHttp(far, server);
      return new SessionAgent(client);
    });
    expect(await Promise.all(agents.map((agent) => get(agent)))).toEqual(Array(3).fill("shared"));
  });

  test("works in both directions over one session at the same time", async () => {
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

  test("gives streams to whatever server takes connections, typed ones too", async () => {
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

describe("frameworks", () => {
  test("Express 5: routes, JSON, streams, errors and addresses", async () => {
    const app = express();
    app.use(express.json());
    app.get("/items/:id", (request, response) => {
      response.json({ id: request.params.id, secure: request.secure, ip: request.ip });
    });
    app.post("/sum", (request, response) => {
      response.send(String((request.body as number[]).reduce((sum, one) => sum + one, 0)));
    });
    app.get("/stream", (_request, response) => void source(1_000_000).body.pipe(response));
    app.get("/fails", () => Promise.reject(new Error("on purpose")));
    app.use(((_error, _request, response, _next) => {
      response.status(500).send("failed");
    }) as express.ErrorRequestHandler);
    const sessions = await tcpSessions();
    void serveHttp(sessions[1], http.createServer(app));
    const agent = new SessionAgent(sessions[0]);
    expect(JSON.parse(await get(agent, { path: "/items/7" }))).toEqual({
      id: "7",
      secure: false,
      ip: "127.0.0.1",
    });
    const headers = { "Content-Type": "application/json" };
    const sum = await send(agent, { method: "POST", path: "/sum", headers }, "[1,2,3]");
    expect(await text(sum)).toBe("6");
    expect((await digest(await send(agent, { path: "/stream" }))).length).toBe(1_000_000);
    expect((await send(agent, { path: "/fails" })).resume().statusCode).toBe(500);
    expect((await send(agent, { path: "/missing" })).resume().statusCode).toBe(404);
    await nothingOpen(sessions);
  });

  test("Fastify 5: routes, validation, streams, and its own close", async () => {
    const app = fastify();
    app.get("/items/:id", (request) => ({ id: (request.params as { id: string }).id }));
    app.get("/stream", (_request, reply) => reply.send(source(1_000_000).body));
    const schema = { body: { type: "object", required: ["name"] } };
    app.post("/named", { schema }, (request) => request.body);
    await app.ready();
    onTestFinished(() => app.close());
    const { agent, sessions } = serving(app.server);
    expect(await get(agent, { path: "/items/7" })).toBe('{"id":"7"}');
    expect((await digest(await send(agent, { path: "/stream" }))).length).toBe(1_000_000);
    const headers = { "Content-Type": "application/json" };
    const post = { method: "POST", path: "/named", headers };
    expect((await send(agent, post, "{}")).resume().statusCode).toBe(400);
    expect(await text(await send(agent, post, '{"name":"x"}'))).toBe('{"name":"x"}');
    await nothingOpen(sessions);
  });

  describe("undici", () => {
    function dispatcherOf(session: Session, options: Agent.Options = {}): Agent {
      const dispatcher = new Agent({ ...options, connect: connector(session) });
      onTestFinished(() => dispatcher.destroy());
      return dispatcher;
    }

    test("is called back once its call is over, with a stream or why there is none", async () => {
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

    test("fetches, with bodies both ways", async () => {
      const { sessions } = serving((request, response) => request.pipe(response));
      const dispatcher = dispatcherOf(sessions[0]);
      const body = randomBytes(300_000);
      const response = await fetch("http://app.test/", { method: "POST", body, dispatcher });
      expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
      await dispatcher.close();
      await nothingOpen(sessions);
    });

    test("fetches many at once, with a stream each, or as many as it may have", async () => {
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

    test("streams large bodies as they are", async () => {
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

    test("aborts", async () => {
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

    test("hears why there is no stream", async () => {
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

    test("hears that a request was cut off", async () => {
      const { sessions } = serving((request) => void request.socket.destroy());
      const failure = await fetch("http://app.test/", {
        dispatcher: dispatcherOf(sessions[0]),
      }).catch((error: unknown) => error);
      expect((failure as Error).cause).toBeInstanceOf(Error);
      await nothingOpen(sessions);
    });
  });

  describe("HTTP/2", () => {
    test("over a stream, with streams of its own", async () => {
      const [client, far] = sessionPair();
      const server = http2.createServer((request, response) => {
        response.setHeader("x-method", request.method);
        request.pipe(response);
      });
      void serveHttp(far, server);
      const connection = http2.connect("http://app.test", {
        createConnection: () => toDuplex(client.open()),
      });
      const bodies = Array.from({ length: 10 }, () => randomBytes(200_000));
      const answers = bodies.map(async (body) => {
        const request = connection.request({ ":method": "POST" });
        request.end(body);
        const [headers] = (await once(request, "response")) as [http2.IncomingHttpHeaders];
        expect(headers["x-method"]).toBe("POST");
        return buffer(request);
      });
      const got = await Promise.all(answers);
      expect(got.every((body, index) => body.equals(bodies[index]!))).toBe(true);
      expect(client.stats().streamsOpened).toBe(1);
      connection.close();
      await nothingOpen([client, far]);
    });

    test("in both directions over one session", async () => {
      const sides = sessionPair();
      for (const [index, session] of sides.entries()) {
        void serveHttp(
          session,
          http2.createServer((_request, response) => response.end(`side ${index}`)),
        );
      }
      const answers = sides.map(async (session) => {
        const connection = http2.connect("http://app.test", {
          createConnection: () => toDuplex(session.open()),
        });
        const body = await text(connection.request({ ":path": "/" }));
        connection.close();
        return body;
      });
      expect(await Promise.all(answers)).toEqual(["side 1", "side 0"]);
      await nothingOpen(sides);
    });

    test("is cut off with its stream", async () => {
      const [client, far] = sessionPair();
      const server = http2.createServer(() => {});
      void serveHttp(far, server);
      const connection = http2.connect("http://app.test", {
        createConnection: () => toDuplex(client.open()),
      });
      connection.on("error", ignore);
      const request = connection.request({ ":path": "/" });
      const failed = once(request, "error").then(
        ([error]) => error as unknown,
        (error: unknown) => error,
      );
      const closed = once(connection, "close").catch(ignore);
      await once(server, "request");
      client.destroy();
      expect(await failed).toBeInstanceOf(Error);
      await closed;
    });
  });
});

test("a program that listens as well serves both", async () => {
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
