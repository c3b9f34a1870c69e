// Existing frameworks can serve over a session: Express and Fastify.

import * as http from "node:http";
import { text } from "node:stream/consumers";
import { serveHttp, SessionAgent } from "@muxado/node";
import express from "express";
import fastify from "fastify";
import { describe, expect, onTestFinished, test } from "vitest";
import { nothingOpen, tcpSessions } from "../connections.ts";
import { leaveNothingOpen } from "../resources.ts";
import { digest, source } from "./bodies.ts";
import { get, send, serving } from "./serving.ts";

leaveNothingOpen();

describe("frameworks", () => {
  test("Express 5 serves over a session: routes, JSON, streams, errors and addresses", async () => {
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

  test("Fastify 5 serves over a session: routes, validation, streams, and its own close", async () => {
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
});
