// The damage that strangers and visitors can do to a relay: they can harm only themselves.

import { once } from "node:events";
import * as http from "node:http";
import * as net from "node:net";
import { text } from "node:stream/consumers";
import type { Session } from "@muxado/core";
import { connect, createServer, toDuplex } from "@muxado/node";
import { TypedSession, type TypedStream } from "@muxado/typed";
import { expect, onTestFinished, test, vi } from "vitest";
import { agentLimits, Gate } from "./gate.ts";
import { HELLO, receive, send, VISIT } from "./protocol.ts";
import { Visitors } from "./visitors.ts";

vi.spyOn(console, "log").mockImplementation(() => {});

const TOKEN = "secret";
const HOST = "127.0.0.1";
const hello = { token: TOKEN, instance: "one", name: "app" };

/** Returns a relay's gate. Connection number `count` appears to come from `addressOf(count)`. */
async function door(addressOf: (count: number) => string): Promise<{ gate: Gate; port: number }> {
  const gate = new Gate(TOKEN);
  let count = 0;
  const server = createServer(agentLimits, async (connection) => {
    await gate.pass(connection, addressOf(count++), async () => ({})).catch(() => {});
  });
  onTestFinished(() => server.close({ timeout: 0 }));
  await server.listen({ host: HOST, port: 0 });
  return { gate, port: server.port! };
}

async function dial(port: number): Promise<Session> {
  const session = await connect({ host: HOST, port });
  onTestFinished(() => session.destroy());
  return session;
}

/** Sends the hello. Resolves with the answer. */
async function enter(session: Session): Promise<object> {
  const signal = AbortSignal.timeout(90_000);
  const stream = new TypedSession(session).open({ type: HELLO });
  await send(stream, hello, signal);
  return receive(stream, signal);
}

test("silent connections keep no agent out: the oldest is closed", async () => {
  const { port } = await door((count) => `192.0.2.${count}`);
  const silent: Session[] = [];
  for (let count = 0; count < 65; count++) silent.push(await dial(port));
  await silent[0]!.closed;
  expect(await enter(await dial(port))).toEqual({});
});

test("one address can have eight connections without a token", async () => {
  const { port } = await door((count) => (count < 9 ? "192.0.2.1" : "192.0.2.2"));
  const silent: Session[] = [];
  for (let count = 0; count < 9; count++) silent.push(await dial(port));
  await silent[8]!.closed;
  await expect(enter(silent[8]!)).rejects.toThrow();
  expect(await enter(silent[0]!)).toEqual({});
  expect(await enter(await dial(port))).toEqual({});
});

/** Starts a relay with one agent, which calls `serve` with each visitor. */
async function relay(
  serve: (visitor: TypedStream) => void,
): Promise<{ named: number; port: number }> {
  const free = await freePort();
  const visitors = new Visitors([free, free], HOST);
  const named = await visitors.listen(0);
  let admitted: (welcome: object) => void;
  const welcome = new Promise((resolve) => (admitted = resolve));
  const server = createServer({ maxOutboundStreams: 1000 }, async (connection) => {
    const session = new TypedSession(connection);
    admitted(await visitors.admit(session, { ...hello, port: free }));
    await session.closed;
  });
  await server.listen({ host: HOST, port: 0 });
  const agent = new TypedSession(await connect({ host: HOST, port: server.port }));
  onTestFinished(async () => {
    agent.destroy();
    await server.close({ timeout: 0 });
    await visitors.stop();
  });
  void agent.serve({ [VISIT]: serve });
  await welcome;
  return { named, port: free };
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, HOST);
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  return port;
}

/** A service that answers with the head of the request. */
function echoHead(stream: TypedStream): void {
  const visitor = toDuplex(stream, { allowHalfOpen: true });
  visitor
    .on("error", () => {})
    .once("data", (head: Buffer) => {
      visitor.end(
        `HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${head.length}\r\n\r\n${head.toString()}`,
      );
    });
}

async function ask(
  port: number,
  headers: http.OutgoingHttpHeaders,
  options: http.RequestOptions = {},
): Promise<http.IncomingMessage> {
  const request = http
    .request({ ...options, host: HOST, port, agent: false, headers: { Host: "app", ...headers } })
    .end();
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  return response;
}

test("a thousand idle visitors of a port leave room for requests by name", async () => {
  const { named, port } = await relay(echoHead);
  const idle = Array.from({ length: 1000 }, () => net.connect(port, HOST).on("error", () => {}));
  onTestFinished(() => idle.forEach((socket) => socket.destroy()));
  // The relay turns away the visitors beyond the port's share.
  await vi.waitFor(() => expect(idle.filter(({ destroyed }) => destroyed)).toHaveLength(500));
  const response = await ask(named, {});
  expect(response.statusCode).toBe(200);
  await text(response);
});

test("visitors by name and by port learn that the service is not there", async () => {
  const { named, port } = await relay((visitor) => visitor.reset("STREAM_REFUSED"));
  const response = await ask(named, {});
  expect(response.statusCode).toBe(502);
  expect(await text(response)).toBe("the local service is not there\n");
  const socket = net.connect(port, HOST).resume();
  onTestFinished(() => void socket.destroy());
  const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
  expect(error.code).toBe("ECONNRESET");
});

test("requests that change nothing reuse a stream; each other request has its own", async () => {
  let streams = 0;
  const service = http.createServer((request, response) => response.end(request.method));
  const { named } = await relay((stream) => {
    streams++;
    service.emit("connection", toDuplex(stream, { allowHalfOpen: true }));
  });
  for (let count = 0; count < 3; count++) expect(await text(await ask(named, {}))).toBe("GET");
  expect(streams).toBe(1);
  for (let count = 0; count < 2; count++) {
    expect(await text(await ask(named, {}, { method: "POST" }))).toBe("POST");
  }
  expect(streams).toBe(3);
});

test("a request is sent again if the service closes the reused connection, but a POST is not", async () => {
  const answered = new WeakSet<object>();
  const asked: string[] = [];
  const service = http.createServer((request, response) => {
    asked.push(request.method!);
    if (request.method === "POST" || answered.has(request.socket)) request.socket.destroy();
    else response.end(request.method);
    answered.add(request.socket);
  });
  const { named } = await relay((stream) => {
    service.emit("connection", toDuplex(stream, { allowHalfOpen: true }));
  });
  for (let count = 0; count < 2; count++) expect(await text(await ask(named, {}))).toBe("GET");
  expect(asked).toEqual(["GET", "GET", "GET"]);
  const response = await ask(named, {}, { method: "POST" });
  expect(response.statusCode).toBe(502);
  expect(asked).toEqual(["GET", "GET", "GET", "POST"]);
});

test.each([
  ["a request", {}],
  ["an upgrade", { Connection: "Upgrade", Upgrade: "websocket" }],
])("%s tells the service the visitor's address, whatever visitors claim", async (_, headers) => {
  const { named } = await relay(echoHead);
  const lies = {
    "X-Forwarded-For": "203.0.113.9",
    "x-real-ip": "203.0.113.9",
    Forwarded: "for=203.0.113.9",
  };
  const head = await text(await ask(named, { ...headers, ...lies }));
  expect(head).toMatch(new RegExp(`^x-forwarded-for: ${HOST}\r?$`, "im"));
  expect(head).not.toContain("203.0.113.9");
  expect(head.match(/forwarded/gi)).toHaveLength(1);
});
