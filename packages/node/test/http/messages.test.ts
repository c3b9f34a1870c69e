// A server over a session reads and writes messages as over a socket: bodies of any length, hints, trailers, pipelines.

import { once } from "node:events";
import * as http from "node:http";
import { buffer, text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { toDuplex } from "@muxado/node";
import { describe, expect, test, vi } from "vitest";
import { nothingOpen } from "../connections.ts";
import { deferred, ignore } from "../peers.ts";
import { leaveNothingOpen } from "../resources.ts";
import { digest, heldUntil, LARGE, source } from "./bodies.ts";
import { get, send, serving } from "./serving.ts";

leaveNothingOpen();

describe("messages to and from a server over a session", () => {
  test("a server answers bodies of a given length and chunked ones", async () => {
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
    "a server takes and gives large bodies as they are, %s",
    async (form) => {
      const received = deferred<{ length: number; sha256: string }>();
      const there = source(LARGE);
      const back = source(LARGE);
      const headers = form === "chunked" ? {} : { "Content-Length": LARGE };
      const { agent, sessions } = serving(async (request, response) => {
        const reading = digest(request);
        response.writeHead(200, headers);
        // A complete answer may end the connection, and with it the request.
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

  test("a server is held back by a client that reads slowly, and serves others meanwhile", async () => {
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
    // The window, and the bytes that HTTP and both streams hold.
    expect(sent.bytes).toBeLessThan(2 * 1024 * 1024);
    response.destroy();
    await nothingOpen(sessions);
  });

  test("a client asks its server before it sends a body", async () => {
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

  test("a server gives early hints and trailers, and takes trailers", async () => {
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

  test("a server answers requests in a pipeline, in order", async () => {
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

  test("a server answers nonsense as it does on a socket", async () => {
    const { sessions } = serving(() => expect.unreachable());
    const duplex = toDuplex(sessions[0].open());
    const chunks: unknown[] = [];
    duplex.on("data", (chunk) => chunks.push(chunk)).on("error", ignore);
    duplex.write("nonsense\r\n\r\n");
    await new Promise((done) => duplex.once("close", done));
    expect(chunks.join("")).toMatch(/^HTTP\/1.1 400 Bad Request/);
    await nothingOpen(sessions);
  });
});
