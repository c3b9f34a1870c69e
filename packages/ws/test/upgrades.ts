// Upgrades for tests, from clients that send any headers.

import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import * as net from "node:net";
import { onTestFinished } from "vitest";
import { HOST, ignore } from "./peers.ts";

/** The headers that every client sends. */
const UPGRADE = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Protocol": "muxado",
};

/** Returns the server's answer to an upgrade, as the status, the headers and the body; 101 has no body. */
export async function answerTo(
  port: number,
  headers: Record<string, string | undefined>,
  { path = "/", method = "GET" } = {},
): Promise<{ status: number; headers: IncomingMessage["headers"]; body: string }> {
  const given = Object.entries({ ...UPGRADE, ...headers }).filter(
    ([, value]) => value !== undefined,
  );
  const asked = request({
    host: HOST,
    port,
    path,
    method,
    headers: Object.fromEntries(given) as Record<string, string>,
  }).end();
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    asked
      .on("response", resolve)
      .on("upgrade", (response, socket) => {
        socket.destroy();
        resolve(response);
      })
      .on("error", reject);
  });
  let body = "";
  if (answer.statusCode !== 101) for await (const text of answer.setEncoding("utf8")) body += text;
  return { status: answer.statusCode!, headers: answer.headers, body };
}

/** Returns a bare connection that has asked for an upgrade. */
export async function upgradeTo(
  port: number,
  { path = "/", allowHalfOpen = false } = {},
): Promise<net.Socket> {
  const socket = net.connect({ port, host: HOST, allowHalfOpen }).on("error", ignore);
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  const lines = Object.entries(UPGRADE).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n${lines.join("")}\r\n`);
  return socket;
}

/** Starts an HTTP server that has a page. */
export async function serveHttp(): Promise<{ http: Server; port: number }> {
  const http = createServer((_request, response) => response.end("a page"));
  onTestFinished(() => {
    http.close();
    http.closeAllConnections();
  });
  http.listen(0, HOST);
  await once(http, "listening");
  return { http, port: (http.address() as net.AddressInfo).port };
}
