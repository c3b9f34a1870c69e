// HTTP over a session, as most tests use it: a server on one side, an agent on the other, and requests.

import { once } from "node:events";
import * as http from "node:http";
import { text } from "node:stream/consumers";
import type { Session } from "@muxado/core";
import { serveHttp, SessionAgent } from "@muxado/node";
import { onTestFinished } from "vitest";
import { sessionPair } from "../connections.ts";

/** A listener, which may be asynchronous. */
type Handler = (
  request: http.IncomingMessage,
  response: http.ServerResponse<http.IncomingMessage>,
) => unknown;

export function serverOf(handler: Handler): http.Server {
  return http.createServer((request, response) => void handler(request, response));
}

/** Returns an agent whose requests `handler` answers on the other side of a session. */
export function serving(
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

/** Sends a whole request, and waits for the head of the answer. */
export async function send(
  agent: http.Agent,
  options: http.RequestOptions = {},
  body?: string | Uint8Array,
): Promise<http.IncomingMessage> {
  const request = http.request({ agent, host: "app.test", ...options });
  request.end(body);
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  return response;
}

/** Sends a request. Returns the body of the answer. */
export async function get(agent: http.Agent, options: http.RequestOptions = {}): Promise<string> {
  return text(await send(agent, options));
}
